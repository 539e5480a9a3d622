"""Escapes untrusted text (from files, callers, models, AWS and parameters) before a person sees it.

A terminal executes control characters (OSC 52 writes to the clipboard, OSC 8 makes links). Bidi controls reorder a
line, a line break can forge a new line, and invisible characters hide text. All of these are escaped, as `\\x1b` or
`\\u202e`. Characters that writing needs stay: accents, every script, variation selectors after a character, and the
joiners U+200C and U+200D between letters or emoji (Hindi, Persian, and emoji of several people need them). Escaping is
idempotent.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

LINE_MAX = 2000
NAME_MAX = 80
ADDRESS_MAX = 300
CUT = "…"

_JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f"
_IDEOGRAPHIC = "\U000e0100-\U000e01ef"
_HIDDEN = (
    "\x00-\x1f\x7f-\x9f"  # C0, C1
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0"  # nothing is seen of them
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # bidi, separators, other format characters
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters at all
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SUSPECT = re.compile(f"[{_HIDDEN}{_SELECTORS}]")
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in name) + "\U000e007f"
    for name in ("gbeng", "gbsct", "gbwls")
)
"""The flags of England, Scotland and Wales: the emoji that consist of tag characters."""
_FLAG_OR_SUSPECT = re.compile(f"{_FLAGS}|{_SUSPECT.pattern}")
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]+")
_SELECTOR, _VARIANT = re.compile(f"[{_SELECTORS}]"), re.compile(f"[{_IDEOGRAPHIC}]")
_NO_PART = re.compile(r"[^\w/:.!*'()=+@,~%-]")
"""The characters of a URI that are percent-encoded."""
_EMOJI = ("So", "Sk", "Cn")
"""Categories that may stand beside a joiner: symbols, skin tones, and emoji that this Python does not know yet."""


def one_line(text: object, most: int = LINE_MAX) -> str:
    """The text on one line of at most `most` characters; line breaks and tabs become spaces."""
    line = _escaped(_BREAKS.sub(" ", str(text)), _spelled)
    return line if len(line) <= most else line[: most - 1].rstrip(_JOINERS) + CUT


def lines(text: object) -> str:
    """The text with its line breaks and tabs; every other control character is escaped."""
    return "\n".join(
        "\t".join(_escaped(part, _spelled) for part in line.split("\t"))
        for line in str(text).replace("\r\n", "\n").split("\n")
    )


def quoted(value: object, most: int = NAME_MAX) -> str:
    """A value from outside, in quotes and shortened, for use in a sentence."""
    return one_line(repr(value), most)


def address(uri: object, most: int = ADDRESS_MAX) -> str:
    """A URI from outside, such as an upload's key. All but letters, digits and the characters that join them in a URI
    is percent-encoded, so it cannot look like a sentence."""
    return one_line(_NO_PART.sub(lambda found: quote(found[0], errors="replace"), str(uri)), most)


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Equivalent JSON that writes every deceptive character as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "\n".join(_escaped(line, _spelled_in_json) for line in text.split("\n"))


def _escaped(text: str, spell: Callable[[str], str]) -> str:
    """The text with each suspect character escaped, unless the writing system needs it where it stands."""
    if text.isascii() and text.isprintable():
        return text
    parts: list[str] = []
    before, after = "", 0
    for found in _FLAG_OR_SUSPECT.finditer(text):
        parts.append(text[after : found.start()])
        after = found.end()
        before = parts[-1][-1:] or before
        char = found[0]
        needed = len(char) > 1 or _is_needed(char, before, text[after : after + 1])
        parts.append(char if needed else spell(char))
        before = char[-1] if needed else ""
    return "".join((*parts, text[after:]))


def _is_needed(char: str, before: str, behind: str) -> bool:
    """Whether a suspect character is legitimate between these two. `before` is empty after an escaped character."""
    if char in _JOINERS:
        return _is_joined(before) and _is_joined(behind) and not _SUSPECT.fullmatch(behind)
    if not before or before in _JOINERS or _SELECTOR.fullmatch(before) or _VARIANT.fullmatch(before):
        return False
    kind = unicodedata.category(before)
    return kind == "Lo" if _VARIANT.fullmatch(char) else bool(_SELECTOR.fullmatch(char)) and kind[0] in "LNPS"


def _is_joined(char: str) -> bool:
    """Whether a joiner may stand beside the character."""
    return bool(char) and (unicodedata.category(char)[0] in "LM" or unicodedata.category(char) in _EMOJI)


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _spelled_in_json(char: str) -> str:
    return json.dumps(char)[1:-1] if char != "\x7f" else "\\u007f"
