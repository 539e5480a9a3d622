"""E-mail addresses, also internationalised ones (RFC 6531): letters of every script before and after the at sign."""

import re
import unicodedata
from collections.abc import Iterator

_MARKS = "".join(chr(code) for code in range(0x300, 0x1AC0) if unicodedata.category(chr(code)).startswith("M"))
_JOINERS = "\u200c\u200d"
"""Marks and joiners are parts of words in many scripts, but not for `\\w`."""
_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_LETTER = rf"\w{_MARKS}{_JOINERS}"
_LABEL = rf"[{_LETTER}-]"
_DOMAIN = (
    rf"(?!\d+x\.)"  # `icon@2x.png` is a file
    rf"(?:\[[0-9A-Fa-f:.]+\]"
    rf"|(?:(?![-_]){_LABEL}{{1,63}}\.)+(?:xn--[A-Za-z0-9-]{{2,59}}|[{_LATIN}]{{2,63}}|(?:(?![{_LATIN}\d_])[{_LETTER}]){{2,63}})"
    rf"(?![A-Za-z0-9]))"
)
_SIGNS = {sign: re.compile(sign + _DOMAIN) for sign in ("@", "%40")}
"""The second one stands for the first in the query of a URL."""
_LOCAL = re.compile(rf"[{_LETTER}.+%'-]")
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts in which a word before an address need not be followed by a space; most write such addresses in Latin."""
_MAX_LOCAL = 64
_QUOTED = re.compile(r'"[^"\n]{1,62}"$')


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Yields e-mail addresses."""
    for sign, domain in _SIGNS.items():
        if sign in text:
            for match in domain.finditer(text):
                start, stop = _local_start(text, match.start()), match.end()
                start += text.startswith("_", start) and text.startswith("_", stop)  # emphasis in Markdown
                if start < match.start():
                    yield start, stop


def _local_start(text: str, at: int) -> int:
    """The position at which the local part begins; `at` if there is none."""
    if quoted := _QUOTED.search(text, max(0, at - _MAX_LOCAL), at):
        return quoted.start()
    start, has_latin = at, False
    while start and at - start < _MAX_LOCAL and _LOCAL.match(text[start - 1]):
        if has_latin and _WITHOUT_SPACES.match(text[start - 1]):
            break
        start -= 1
        has_latin = has_latin or (text[start].isascii() and text[start].isalpha())
    while start < at and text[start] in ".+%'-":
        start += 1
    return start
