"""JSON values and the words of a prompt that state them: the forms in which a text writes a string, number or date."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|\w+(?:[-'’./:@+&]\w+)*|\S")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: count for count, word in enumerate(_COUNTED, start=1)} | {"a": 1, "an": 1, "both": 2}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MOST_DATE_TOKENS = 5


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt in tokens. `spans` are their first and last offsets, `year` is the first year that the prompt names."""

    text: str
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    year: int

    def between(self, first: int, end: int) -> str:
        """The text of the tokens from `first` to before `end`, in one line."""
        return " ".join(self.text[self.spans[first][0] : self.spans[end - 1][1]].split())


def read(text: str) -> Text:
    """Splits a prompt into tokens."""
    found = [*_TOKEN.finditer(text)]
    year = _YEAR.search(text)
    return Text(text, tuple(m[0] for m in found), tuple(m.span() for m in found), int(year[0]) if year else 0)


def _integer(text: str, _year: int) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = _decimal(text, 0)
    return int(number) if number is not None and number == int(number) else None


def _decimal(text: str, _year: int) -> Any:
    bare = text.strip("£$€x× ")
    return float(bare.replace(",", "")) if _NUMBER.fullmatch(bare) else None


def _date(text: str, year: int) -> Any:
    """Reads 2026-03-05, 5 March 2026, March 5th, 05/03/2026; a date without a year is in the prompt's first year."""
    if iso := _ISO.fullmatch(text):
        return _iso(*map(int, iso.groups()))
    parts = [part for part in re.split(r"[\s,./]+", text.lower()) if part not in ("", "of", "the")]
    months = [at for at, part in enumerate(parts) if part.isalpha() and part[:3] in _MONTHS]
    if not 2 <= len(parts) <= 3:
        return None
    if months == [0] or months == [1]:
        month = _MONTHS.index(parts.pop(months[0])[:3]) + 1
        day = _ORDINAL.fullmatch(parts[0])
        stated = parts[1] if len(parts) == 2 else str(year)
        return _iso(int(stated), month, int(day[1])) if day and stated.isdigit() else None
    if len(parts) == 3 and all(part.isdigit() for part in parts) and "/" in text + text.replace(".", "/"):
        return _iso(int(parts[2]), int(parts[1]), int(parts[0]))
    return None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def same_value(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal and of one type."""
    return type(left) is type(right) and bool(left == right)


def positions(text: Text, value: Any) -> list[tuple[int, int]]:
    """Where the prompt states a value: the first token and the one after the last of each place."""
    if isinstance(value, bool) or value in (None, ""):
        return []
    if isinstance(value, int | float):
        return [(at, at + 1) for at, word in enumerate(text.words) if _states(word, value)]
    if not isinstance(value, str):
        return []
    if _ISO.fullmatch(value) and (dated := _dates(text, value)):
        return dated
    wanted = [word.casefold() for word in read(value).words]
    words = [word.casefold() for word in text.words]
    length = len(wanted)
    return [
        (at, at + length)
        for at in range(len(words) - length + 1)
        if words[at : at + length - 1] == wanted[:-1] and wanted[-1:] and _is_form(words[at + length - 1], wanted[-1])
    ]


def _is_form(word: str, wanted: str) -> bool:
    """Whether a word is the one that is wanted, or its plural."""
    return word == wanted or wanted in _singulars(word)


def _singulars(word: str) -> tuple[str, ...]:
    """The singular forms that an English word may have, the likeliest first."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y", word[:-1]
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2], word[:-1]
    return (word[:-1],) if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else ()


def _singular(text: str, _year: int) -> str:
    *before, last = text.split()
    return " ".join([*before, (_singulars(last.lower()) or (last,))[0]])


def _states(word: str, value: float) -> bool:
    number = _integer(word, 0)
    return bool((_decimal(word, 0) if number is None else number) == value)


def _dates(text: Text, value: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at in range(len(text.words)):
        for end in range(min(at + MOST_DATE_TOKENS, len(text.words)), at, -1):
            if _date(text.between(at, end), text.year) == value:
                found.append((at, end))
                break
    return [place for place in found if not any(_inside(place, other) for other in found)]


def _inside(place: tuple[int, int], other: tuple[int, int]) -> bool:
    return place != other and other[0] <= place[0] and place[1] <= other[1]


FORMS: Mapping[str, Callable[[str, int], Any]] = {
    "text": lambda text, _: text,
    "lower": lambda text, _: text.lower(),
    "upper": lambda text, _: text.upper(),
    "singular": _singular,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
}


def form_of(stated: Sequence[tuple[str, int, Any]]) -> str:
    """The form that turns most texts into their values: `stated` has texts, the years of their prompts, and values."""
    return max(FORMS, key=lambda name: sum(same_value(FORMS[name](text, year), value) for text, year, value in stated))
