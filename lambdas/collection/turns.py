"""What was asked, as a prompt to learn from: text alone, in the shapes in which callers ask.

Converse and ConverseStream are logged with `messages` and `system` as they were sent, and so is InvokeModel for Nova;
Anthropic's own requests may have plain text where those have blocks. A request of a model's own template (`prompt`) is
passed over: nobody can tell its turns.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.conversation import ROLES, Message, Prompt

WHOLE = ("end_turn", "stop_sequence", "stop")
"""Why a model stopped, where its answer is whole."""


class Unusable(Exception):
    """A call that nothing can be learnt from. The message is a class of reasons, and quotes nothing."""


def prompt_of(body: Any, *, reference: str | None = None) -> Prompt:
    """Raises Unusable."""
    if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Unusable("no conversation is logged")
    if body.get("toolConfig") or body.get("tools"):
        raise Unusable("tools were offered")
    messages = tuple(_turn(turn, ROLES[i % 2]) for i, turn in enumerate(body["messages"]))
    if messages[-1][0] != "user":
        raise Unusable("the answer was begun for the assistant")
    system = body.get("system")
    return Prompt(system=_text(system) if system else None, messages=messages, reference=reference)


def answer_of(body: Any) -> str:
    """The text of a whole answer. Raises Unusable."""
    if not isinstance(body, Mapping):
        raise Unusable("no answer is logged")
    if (body.get("stopReason") or body.get("stop_reason")) not in WHOLE:
        raise Unusable("the answer is cut off")
    output = body.get("output")
    message = output.get("message") if isinstance(output, Mapping) else body
    blocks = message.get("content") if isinstance(message, Mapping) else None
    texts = [block.get("text") for block in blocks or () if isinstance(block, Mapping)]
    text = "".join(one for one in texts if isinstance(one, str))
    if not text.strip():
        raise Unusable("the answer is no text")
    return _whole(text)


def _turn(turn: Any, role: str) -> Message:
    if not isinstance(turn, Mapping) or turn.get("role") != role:
        raise Unusable("turns do not alternate")
    return role, _text(turn.get("content"))


def _text(content: Any) -> str:
    """Of one block alone: several would have to be joined, in a way that the model was not asked in."""
    if isinstance(content, list):
        if len(content) != 1:
            raise Unusable("a turn has several blocks")
        block = content[0]
        if not isinstance(block, Mapping) or block.keys() - {"type"} != {"text"}:
            raise Unusable("a turn holds more than text")
        content = block["text"]
    if not isinstance(content, str) or not content.strip():
        raise Unusable("a turn is empty")
    return _whole(content)


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unusable("a text holds half a surrogate pair") from error
    return text
