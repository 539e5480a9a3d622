"""What was asked and what was said, read out of the bodies that an invocation log keeps.

Bodies are those of Converse, of Amazon Nova (the same), of Claude's messages and of Llama's prompts, whole or as the
events of a stream; a log keeps what was sent, so nothing is checked here but that it can be read.
"""

from typing import Any

from bedrock_simulator.models import text
from bedrock_simulator.models.storage import Rejected
from bedrock_simulator.models.text import Prompt


def asked(body: Any) -> tuple[Prompt, int]:
    """The prompt and its number of user messages; Rejected when there is no text to be found."""
    if not isinstance(body, dict):
        raise Rejected("its input is not a JSON object.")
    if isinstance(body.get("prompt"), str):
        return text.templated(body["prompt"]), 1
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Rejected("its input has neither messages nor a prompt.")
    if messages[-1].get("role") != "user":
        raise Rejected("its last message is not the user's.")
    turns = [_text(message.get("content")) for message in messages]
    users = sum(message.get("role") == "user" for message in messages)
    return Prompt(_text(body.get("system", ""), " "), "\n".join(turns)), users


def said(body: Any) -> str:
    """The text of a response; Rejected when there is none."""
    found = "".join(_delta(event) for event in body) if isinstance(body, list) else _answer(body)
    if not found.strip():
        raise Rejected("its output has no text.")
    return found


def _answer(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    for name in ("generation", "completion"):
        if isinstance(body.get(name), str):
            return str(body[name])
    message = (body.get("output") or {}).get("message") or body
    return _text(message.get("content", ""))


def _delta(event: Any) -> str:
    if not isinstance(event, dict):
        return ""
    delta = event.get("contentBlockDelta", event).get("delta") or {}
    return str(delta.get("text") or event.get("generation") or "")


def _text(content: Any, between: str = "\n") -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    if any(isinstance(block, dict) and {"image", "document", "video", "toolResult"} & set(block) for block in blocks):
        raise Rejected("it has content other than text.")
    texts = [block.get("text") for block in blocks if isinstance(block, dict)]
    return between.join(each for each in texts if isinstance(each, str))
