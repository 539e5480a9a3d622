"""One line of a data set in Bedrock's schema `bedrock-conversation-2024`, as a `Prompt` and back.

    {"schemaVersion": "bedrock-conversation-2024",
     "system": [{"text": "Classify the ticket."}],                                  optional
     "messages": [{"role": "user", "content": [{"text": "My card was charged twice."}]},
                  {"role": "assistant", "content": [{"text": "billing.duplicate"}]}]}  the reference, optional

Source: UG distillation-data-prep-option-1, and AWS's own validator (aws-samples/amazon-bedrock-samples,
custom-models/model_distillation/dataset-validation), which is as strict: one text each, no other fields.
"""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambdas.shared import names
from lambdas.shared.errors import BadRequest
from lambdas.shared.limits import SCHEMA_VERSION

Message = tuple[str, str]
ROLES = ("user", "assistant")


class NotAConversation(BadRequest):
    """A line that is not of the schema. The message says what is wrong and never quotes the text of a prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """messages: (role, text), from the first user's to the last user's; reference: the answer that is held right."""

    system: str | None
    messages: tuple[Message, ...]
    reference: str | None

    @property
    def digest(self) -> str:
        """What is asked, as a SHA-256: of system and messages, so that the reference makes no difference."""
        return names.digest([self.system, [list(message) for message in self.messages]])

    @property
    def folded_digest(self) -> str:
        """The same for prompts that differ in letter case, white space or Unicode form alone."""
        return names.digest([_fold(self.system or ""), [[role, _fold(text)] for role, text in self.messages]])

    @property
    def characters(self) -> int:
        """Of what is asked, without the reference."""
        return len(self.system or "") + sum(len(text) for _, text in self.messages)

    @property
    def turns(self) -> int:
        """How often the user speaks."""
        return sum(role == "user" for role, _ in self.messages)


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def converse_request(prompt: Prompt) -> dict[str, Any]:
    """`messages`, and `system` if there is one, as Converse takes them; never the reference."""
    messages = {"messages": [_message(role, text) for role, text in prompt.messages]}
    return messages if prompt.system is None else {"system": [{"text": prompt.system}], **messages}


def to_line(prompt: Prompt, *, reference: bool = True) -> str:
    """The prompt in the schema's canonical form, without the line's end; with its reference if wanted.

    Characters that some readers take for a line's end are escaped, so that one line stays one line.
    """
    answer = [_message("assistant", prompt.reference)] if reference and prompt.reference is not None else []
    request = converse_request(prompt)
    line = {"schemaVersion": SCHEMA_VERSION, **request, "messages": request["messages"] + answer}
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def parse(line: str) -> Prompt:
    """The prompt that a line spells. Raises `NotAConversation`."""
    try:
        record = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant)
    except NotAConversation:
        raise
    except (ValueError, RecursionError) as error:
        raise NotAConversation("is not JSON; write one object per line, in double quotes") from error
    return _prompt(_object(record, "the line", required={"schemaVersion", "messages"}, optional={"system"}))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotAConversation("names a field twice in one object; keep one")
    return found


def _no_constant(name: str) -> Any:
    raise NotAConversation(f"holds {name}, which is not JSON")


def _prompt(record: dict[str, Any]) -> Prompt:
    if record["schemaVersion"] != SCHEMA_VERSION:
        raise NotAConversation(f"has another schemaVersion than {SCHEMA_VERSION!r}; write that")
    system = _text(record["system"], "system") if "system" in record else None
    messages = tuple(
        _turn(message, ROLES[i % 2], f"messages[{i}]")
        for i, message in enumerate(_list(record["messages"], "messages"))
    )
    answered = messages[-1][0] == "assistant"
    asked = messages[:-1] if answered else messages
    return Prompt(system=system, messages=asked, reference=messages[-1][1] if answered else None)


def _turn(message: Any, role: str, where: str) -> Message:
    fields = _object(message, where, required={"role", "content"})
    if fields["role"] != role:
        raise NotAConversation(f"{where}.role is not {role!r}; roles alternate and begin with 'user'")
    return role, _text(fields["content"], f"{where}.content")


def _text(blocks: Any, where: str) -> str:
    if len(_list(blocks, where)) != 1:
        raise NotAConversation(f"{where} has {len(blocks)} blocks; exactly one text is allowed")
    block = _object(blocks[0], f"{where}[0]", required={"text"}, optional={"type"})
    if block.get("type", "text") != "text":
        raise NotAConversation(f"{where}[0].type is not 'text'; distillation takes text alone")
    return _not_empty(block["text"], f"{where}[0].text")


def _not_empty(text: Any, where: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise NotAConversation(f"{where} is {'empty' if isinstance(text, str) else 'no text'}; write the text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotAConversation(f"{where} holds half a surrogate pair; write the whole character") from error
    return text


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise NotAConversation(f"{where} is {_kind(value)}; a list that is not empty is needed")
    return value


def _object(
    value: Any, where: str, *, required: set[str], optional: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotAConversation(f"{where} is {_kind(value)}; an object is needed")
    if missing := required - value.keys():
        raise NotAConversation(f"{where} lacks {sorted(missing)}")
    if unknown := value.keys() - required - optional:
        raise NotAConversation(f"{where} has {len(unknown)} unknown field(s); allowed: {sorted(required | optional)}")
    return value


def _kind(value: Any) -> str:
    kinds: tuple[tuple[Callable[[Any], bool], str], ...] = (
        (lambda v: v is None, "null"),
        (lambda v: v == [], "an empty list"),
        (lambda v: isinstance(v, list), "a list"),
        (lambda v: isinstance(v, dict), "an object"),
        (lambda v: isinstance(v, str), "a text"),
    )
    return next((name for fits, name in kinds if fits(value)), "a number or a truth value")
