"""The fast path of validation: accepts lines that break no rule, many at a time, in compiled code (msgspec).

Nearly all lines take this path. It explains nothing: a line that is not clearly good is left to `explain`. Every line
that is accepted here, `explain` accepts too, with the same content (tested with generated lines).

The record types are as strict as the schema and AWS's own validator: no additional fields, one text block each, and
roles by their tag. What a type cannot express, such as that a text is more than white space, is checked in addition.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Literal, NamedTuple, TypeAlias, TypeVar

from msgspec import UNSET, Meta, MsgspecError, Struct, UnsetType
from msgspec.json import Decoder

from distillery.core.conversation import ROLES, Prompt
from distillery.core.limits import MAX_LINE_BYTES, SCHEMA_VERSION
from distillery.core.tokens import token_weight

NEEDS_EXPLAIN = ("\0", "\x85", "\u2028", "\u2029")
"""Characters that cause a warning, or that make the line longer once they are escaped (`conversation.to_line`)."""

PromptTexts: TypeAlias = tuple[str | None, ...]
"""The system prompt or None, then the texts of the messages in turn, from the first user message to the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """Limits on lines that depend on the student.

    multi_turn: whether the student accepts dialogues; None if no student is named. context: tokens of prompt and answer
    that the student is trained on; None if unknown. answer: maximum tokens of an answer. as_job_input: a job reads the
    line as it is; the pipeline writes it anew.

    Tokens are estimated by script (`core.tokens`) with an upper bound: one token per byte of the line, because a
    byte-level tokenizer never produces more (Llama's is one; UNVERIFIED for Nova, no source describes its tokenizer).
    Within the limit of 16 KB per line, a context of 32,000 tokens can therefore not be exceeded.
    """

    multi_turn: bool | None = None
    context: int | None = None
    answer: int = 0
    line_bytes: int = MAX_LINE_BYTES
    as_job_input: bool = False

    @property
    def safe_bytes(self) -> int:
        """Length up to which no line can exceed a limit, whatever it contains."""
        return self.line_bytes if self.context is None else min(self.line_bytes, self.context - self.answer)


class Block(Struct, forbid_unknown_fields=True, gc=False):
    text: Annotated[str, Meta(min_length=1)]
    type: Literal["text"] | UnsetType = UNSET


class User(Struct, forbid_unknown_fields=True, tag_field="role", tag="user", gc=False):
    content: tuple[Block]


class Assistant(Struct, forbid_unknown_fields=True, tag_field="role", tag="assistant", gc=False):
    content: tuple[Block]


Message: TypeAlias = User | Assistant


class OnlyUser(Struct, forbid_unknown_fields=True, gc=False):
    """Like User, where only that role is allowed: msgspec makes the tag of a type optional outside a union."""

    role: Literal["user"]
    content: tuple[Block]


class OnlyAssistant(Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["assistant"]
    content: tuple[Block]


class ConversationRecord(Struct, forbid_unknown_fields=True, gc=False):
    """Any conversation. The type cannot express that roles alternate."""

    schemaVersion: Literal[SCHEMA_VERSION]  # type: ignore[valid-type]  # noqa: N815  # a constant; the schema's name
    messages: Annotated[tuple[Message, ...], Meta(min_length=1)]
    system: tuple[Block] | UnsetType = UNSET

    @property
    def blocks(self) -> list[Block]:
        own = [] if self.system is UNSET else self.system
        return [*own, *(block for message in self.messages for block in message.content)]


class LabelledRecord(ConversationRecord, forbid_unknown_fields=True, gc=False):
    """A single prompt with its reference answer."""

    messages: tuple[OnlyUser, OnlyAssistant]  # type: ignore[assignment]


class UnlabelledRecord(ConversationRecord, forbid_unknown_fields=True, gc=False):
    """A single prompt without a reference answer."""

    messages: tuple[OnlyUser]  # type: ignore[assignment]


R = TypeVar("R", bound=ConversationRecord)


class AcceptedLines(NamedTuple):
    """By line: the prompt, and its reference answer if any. token_weight: of all prompts."""

    prompts: list[PromptTexts]
    answers: list[str | None]
    token_weight: int = 0


def accept_lines(raw: bytes, lines: Sequence[bytes], limits: LineLimits) -> AcceptedLines | None:
    """Decodes lines, or returns None if one of them needs a closer look.

    A file's lines are nearly always all labelled or all unlabelled; a wrong guess fails at the first line.

    Args:
        raw: The lines with their line ends, as they are in the file.
        lines: The same lines without line ends.
        limits: The student's limits.
    """
    if max(map(len, lines), default=0) > limits.safe_bytes:
        return None
    if labelled := _decode_all(_decode_labelled, lines):
        return _checked(raw, labelled, _from_labelled(labelled), limits)
    if unlabelled := _decode_all(_decode_unlabelled, lines):
        return _checked(raw, unlabelled, _from_unlabelled(unlabelled), limits)
    mixed = _decode_all(_decode_any, lines)
    if mixed and _roles_alternate(mixed, multi_turn=bool(limits.multi_turn)):
        return _checked(raw, mixed, _from_any(mixed), limits)
    return None


_decode_labelled, _decode_unlabelled = Decoder(LabelledRecord).decode, Decoder(UnlabelledRecord).decode
_decode_any = Decoder(ConversationRecord).decode


def _decode_all(decode: Callable[[bytes], R], lines: Sequence[bytes]) -> list[R] | None:
    try:
        return list(map(decode, lines))
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _from_labelled(records: Sequence[LabelledRecord]) -> AcceptedLines:
    prompts: list[PromptTexts] = [
        (None if record.system is UNSET else record.system[0].text, record.messages[0].content[0].text)
        for record in records
    ]
    return AcceptedLines(prompts, [record.messages[1].content[0].text for record in records])


def _from_unlabelled(records: Sequence[UnlabelledRecord]) -> AcceptedLines:
    prompts: list[PromptTexts] = [
        (None if record.system is UNSET else record.system[0].text, record.messages[0].content[0].text)
        for record in records
    ]
    return AcceptedLines(prompts, [None] * len(records))


def _from_any(records: Sequence[ConversationRecord]) -> AcceptedLines:
    found = AcceptedLines([], [])
    for record in records:
        texts = [message.content[0].text for message in record.messages]
        found.answers.append(None if len(texts) % 2 else texts.pop())
        found.prompts.append((None if record.system is UNSET else record.system[0].text, *texts))
    return found


def _roles_alternate(records: Sequence[ConversationRecord], *, multi_turn: bool) -> bool:
    """Checks each distinct pattern of roles once; a file has few."""
    patterns = {tuple(map(type, record.messages)) for record in records}
    return all(map(_alternates, patterns)) and (multi_turn or max(map(len, patterns)) <= 2)


def _alternates(roles: tuple[type, ...]) -> bool:
    return all(role is (User, Assistant)[index % 2] for index, role in enumerate(roles))


def _checked(
    raw: bytes, records: Sequence[ConversationRecord], found: AcceptedLines, limits: LineLimits
) -> AcceptedLines | None:
    if limits.as_job_input and b'"type"' in raw and any(map(_has_typed_system, records)):
        return None
    texts = [text for text in chain(chain.from_iterable(found.prompts), found.answers) if text is not None]
    joined = "".join(texts)
    if any(map(str.isspace, texts)) or any(map(joined.__contains__, NEEDS_EXPLAIN)):
        return None
    if not _keys_are_unique(raw, records, joined, len(texts)):
        return None
    return found._replace(token_weight=token_weight(joined) - token_weight("".join(filter(None, found.answers))))


def _has_typed_system(record: ConversationRecord) -> bool:
    return record.system is not UNSET and record.system[0].type is not UNSET


def _keys_are_unique(raw: bytes, records: Sequence[ConversationRecord], joined: str, texts: int) -> bool:
    """Checks that no object has a key twice; the decoder would silently keep the last value.

    Every colon of the lines either follows a key or is part of a text. The decoder accepts only the schema's keys, so
    the number of keys follows from the records: two per record, one per text block, two per message, one per system
    prompt, and each `type` that is present. A duplicate key makes the number of colons larger. An escaped colon in a
    text would make it smaller, so lines with that escape are not accepted here. The counts are therefore equal exactly
    if every key is unique.
    """
    if b"\\" in raw and (b"\\u003a" in raw or b"\\u003A" in raw):
        return False
    systems = sum(record.system is not UNSET for record in records)
    keys = 2 * len(records) + systems + texts + 2 * (texts - systems)
    more = raw.count(b":") - joined.count(":") - keys
    if more and b'"type"' in raw:
        more -= sum(block.type is not UNSET for record in records for block in record.blocks)
    return not more


def to_prompt(texts: PromptTexts, answer: str | None) -> Prompt:
    """Builds the prompt of an accepted line."""
    system, *messages = texts
    return Prompt(
        system=system,
        messages=tuple((ROLES[index % 2], str(text)) for index, text in enumerate(messages)),
        reference=answer,
    )
