"""Lines that are good in every respect, many at a time: the way that nearly all lines go.

Nothing is explained here. Whatever is not plainly good gives None, and is looked at closely by `explain`; what is
accepted here `explain` accepts too, with the same content (proved by tests over generated lines). This module is
written for speed: the work of a line is done in compiled code wherever it can be.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias, TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder

from distillery.datasets.validation.record import UNSET, Assistant, Bare, Labelled, Record, User
from distillery.datasets.validation.rules import Rules

Asked: TypeAlias = tuple[str | None, ...]
"""The system prompt or None, then the messages' texts in turns, from the first user's to the last user's."""

UNWELCOME = ("\0", "\x85", "\u2028", "\u2029")
"""In a text: told of, or longer once it is escaped for the line (`conversation.to_line`)."""

R = TypeVar("R", bound=Record)


class Good(NamedTuple):
    """By line: what is asked, and the reference answer if there is one; characters: of all that is asked."""

    asked: list[Asked]
    answers: list[str | None]
    characters: int = 0


def good(raw: bytes, lines: Sequence[bytes], rules: Rules) -> Good | None:
    """What the lines ask, or None if one of them needs a closer look. raw: the same lines with their ends.

    A file is nearly always labelled throughout or bare throughout; a wrong guess ends at the first line.
    """
    if max(map(len, lines), default=0) > rules.sure_bytes:
        return None
    if labelled := _decoded(_labelled, lines):
        return _checked(raw, labelled, _of_labelled(labelled))
    if bare := _decoded(_bare, lines):
        return _checked(raw, bare, _of_bare(bare))
    mixed = _decoded(_any, lines)
    if mixed and _roles_are_right(mixed, multi_turn=bool(rules.multi_turn)):
        return _checked(raw, mixed, _of_any(mixed))
    return None


_labelled, _bare, _any = Decoder(Labelled).decode, Decoder(Bare).decode, Decoder(Record).decode


def _decoded(decode: Callable[[bytes], R], lines: Sequence[bytes]) -> list[R] | None:
    try:
        return list(map(decode, lines))
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _of_labelled(records: Sequence[Labelled]) -> Good:
    asked: list[Asked] = [
        (None if record.system is UNSET else record.system[0].text, record.messages[0].content[0].text)
        for record in records
    ]
    return Good(asked, [record.messages[1].content[0].text for record in records])


def _of_bare(records: Sequence[Bare]) -> Good:
    asked: list[Asked] = [
        (None if record.system is UNSET else record.system[0].text, record.messages[0].content[0].text)
        for record in records
    ]
    return Good(asked, [None] * len(records))


def _of_any(records: Sequence[Record]) -> Good:
    found = Good([], [])
    for record in records:
        texts = [message.content[0].text for message in record.messages]
        found.answers.append(None if len(texts) % 2 else texts.pop())
        found.asked.append((None if record.system is UNSET else record.system[0].text, *texts))
    return found


def _roles_are_right(records: Sequence[Record], *, multi_turn: bool) -> bool:
    """In turns, the user first. A file has few patterns of roles, so each is looked at once."""
    patterns = {tuple(map(type, record.messages)) for record in records}
    return all(map(_in_turns, patterns)) and (multi_turn or max(map(len, patterns)) <= 2)


def _in_turns(roles: tuple[type, ...]) -> bool:
    return all(role is (User, Assistant)[place % 2] for place, role in enumerate(roles))


def _checked(raw: bytes, records: Sequence[Record], found: Good) -> Good | None:
    texts = [text for text in chain(chain.from_iterable(found.asked), found.answers) if text is not None]
    joined = "".join(texts)
    if any(map(str.isspace, texts)) or any(map(joined.__contains__, UNWELCOME)):
        return None
    if not _every_key_once(raw, records, joined, len(texts)):
        return None
    return found._replace(characters=len(joined) - sum(map(len, filter(None, found.answers))))


def _every_key_once(raw: bytes, records: Sequence[Record], joined: str, texts: int) -> bool:
    """Whether no object of these lines names a key twice, of which the decoder would keep the last without a word.

    Every colon of the lines either follows a key or stands in a text. The decoder takes the schema's keys alone, so
    the keys that it kept are counted from what they hold: two of each record, one of each block of text, two of each
    message, one for each system prompt, and `type` where it is given. A key too many makes the lines' count larger. A
    colon that a text escapes would make it smaller; so lines with that escape are not taken. Then both counts are equal
    exactly where every key stands once.
    """
    if b"\\" in raw and (b"\\u003a" in raw or b"\\u003A" in raw):
        return False
    systems = sum(record.system is not UNSET for record in records)
    keys = 2 * len(records) + systems + texts + 2 * (texts - systems)
    more = raw.count(b":") - joined.count(":") - keys
    if more and b'"type"' in raw:
        more -= sum(block.type is not UNSET for record in records for block in record.blocks)
    return not more
