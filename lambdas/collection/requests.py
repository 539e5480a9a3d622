"""The prompt in a request body.

Converse and ConverseStream are logged with `messages` and `system` as they were sent, and so is InvokeModel for Nova.
Requests in Anthropic's own format may have plain text in place of content blocks. A request for Llama is one text in
the template of its model, `prompt` (AWS's example of a log for distillation is one).

A *cache point* marks where a prefix of the prompt ends that the service may cache: a block of its own (`cachePoint`,
Converse), or a key of the block before it (`cachePoint`, Nova; `cache_control`, Anthropic). It is not part of the
prompt. A caller who marks one has to cut a text in two, so the texts on its sides are one text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core.conversation import ROLES, Message, Prompt
from lambdas.collection.reasons import Reason, UnusableCall

CACHE_MARKS = {"cachePoint", "cache_control"}

LLAMA_TURN = re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>")
"""The header of a turn in the template of Llama 3 (Meta's model card; UG model-parameters-meta)."""
LLAMA_BEGIN, LLAMA_END_OF_TURN, LLAMA_TOKEN = "<|begin_of_text|>", "<|eot_id|>", "<|"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFormat:
    """Which requests are accepted beyond those whose text is clear.

    Attributes:
        single_block: only user messages of a single block `{"text": …}`, as AWS's validation of logs requires them
            (amazon-bedrock-samples, model_distillation/dataset-validation).
        any_template: also texts in an unknown template, as they are.
    """

    single_block: bool = False
    any_template: bool = False


ANY = RequestFormat()


def prompt_of(body: Any, *, reference: str | None = None, form: RequestFormat = ANY) -> Prompt:
    """Return the prompt of a request body. Raises UnusableCall."""
    if not isinstance(body, Mapping):
        raise UnusableCall(Reason.NO_CONVERSATION)
    if "messages" not in body and isinstance(body.get("prompt"), str):
        return _of_template(body["prompt"], reference, form)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise UnusableCall(Reason.NO_CONVERSATION)
    turns = tuple(_turn(turn, ROLES[i % 2], form) for i, turn in enumerate(messages))
    if turns[-1][0] != "user":
        raise UnusableCall(Reason.PREFILLED)
    system = body.get("system")
    return Prompt(system=_text(system) if system else None, messages=turns, reference=reference)


def offers_tools(body: Any) -> bool:
    """Whether the model could call tools, so that its answer depends on more than the prompt."""
    return isinstance(body, Mapping) and bool(body.get("toolConfig") or body.get("tools"))


def encodable(text: str) -> str:
    """Return the text. Raises UnusableCall if it is not valid Unicode."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnusableCall(Reason.SURROGATE) from error
    return text


def _turn(turn: Any, role: str, form: RequestFormat) -> Message:
    if not isinstance(turn, Mapping) or turn.get("role") != role:
        raise UnusableCall(Reason.NOT_ALTERNATING)
    content = turn.get("content")
    if form.single_block and role == "user" and not _is_single_block(content):
        raise UnusableCall(Reason.BLOCKS_DIRECT)
    return role, _text(content)


def _is_single_block(content: Any) -> bool:
    return isinstance(content, list) and len(content) == 1 and isinstance(content[0], Mapping) and "text" in content[0]


def _text(content: Any) -> str:
    """The text of a turn. Joining several blocks would create a prompt that the model was not asked, except at a cache
    point."""
    if isinstance(content, list):
        content = _joined(content)
    if not isinstance(content, str) or not content.strip():
        raise UnusableCall(Reason.EMPTY)
    return encodable(content)


def _joined(blocks: list[Any]) -> str:
    texts: list[str] = []
    may_follow = True
    for block in blocks:
        if not isinstance(block, Mapping):
            raise UnusableCall(Reason.MORE_THAN_TEXT)
        marked = bool(block.keys() & CACHE_MARKS)
        text = _block_text(block)
        if text is not None:
            if not may_follow:
                raise UnusableCall(Reason.SEVERAL_BLOCKS)
            texts.append(text)
            may_follow = False
        may_follow = may_follow or marked
    return "".join(texts)


def _block_text(block: Mapping[str, Any]) -> str | None:
    """The text of a block, or None for a cache point. What a guardrail is to look at (`guardContent`) is text too."""
    ignored = CACHE_MARKS | {"type", *(key for key, value in block.items() if value is None and key != "text")}
    content = {key: value for key, value in block.items() if key not in ignored}
    if not content and block.keys() & CACHE_MARKS:
        return None
    if content.keys() == {"guardContent"}:
        guarded = content["guardContent"]
        text = guarded.get("text") if isinstance(guarded, Mapping) else None
        content = {"text": text.get("text")} if isinstance(text, Mapping) else {}
    if content.keys() != {"text"}:
        raise UnusableCall(Reason.MORE_THAN_TEXT)
    if not isinstance(content["text"], str):
        raise UnusableCall(Reason.EMPTY)
    return content["text"]


def _of_template(prompt: str, reference: str | None, form: RequestFormat) -> Prompt:
    """The conversation in a text of Llama's template, which ends where the answer begins."""
    begin, *parts = LLAMA_TURN.split(prompt)
    turns = [
        (role, text.strip().removesuffix(LLAMA_END_OF_TURN).strip())
        for role, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    system = turns.pop(0)[1] if turns and turns[0][0] == "system" else None
    roles = [role for role, _ in turns]
    whole = bool(turns) and roles == [ROLES[i % 2] for i in range(len(turns))]
    if not whole or begin.strip() not in {"", LLAMA_BEGIN} or any(LLAMA_TOKEN in text for _, text in turns):
        if form.any_template and prompt.strip():
            return Prompt(system=None, messages=(("user", encodable(prompt)),), reference=reference)
        raise UnusableCall(Reason.UNKNOWN_TEMPLATE)
    if roles[-1] == "assistant" and not turns.pop()[1]:
        messages = tuple((role, _text(text)) for role, text in turns)
        return Prompt(system=_text(system) if system else None, messages=messages, reference=reference)
    raise UnusableCall(Reason.PREFILLED)
