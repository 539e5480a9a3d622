"""Prompts as text: words, the labels in a system prompt, a rough count of tokens, filler text.

Stand-ins return filler text to a prompt that asks for a number of words, so that the pace of long answers can be
measured.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

_WORD = re.compile(r"[a-z0-9']+")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_./&?-]*(?: [A-Za-z0-9_./&?-]+){0,4}")
_LABEL_LINE = re.compile(r"[A-Za-z][A-Za-z0-9_./&?-]*")
_HEADER = r"<\|start_header_id\|>"
_TEMPLATED = re.compile(_HEADER + r"(\w+)<\|end_header_id\|>(.*?)(?=<\|eot_id\|>|" + _HEADER + r"|\Z)", re.S)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*")
# fmt: off
_STOP = frozenset({
    "a", "an", "the", "i", "my", "me", "you", "your", "it", "is", "are", "was", "be", "to", "of", "in",
    "on", "for", "with", "and", "or", "do", "does", "did", "can", "could", "how", "what", "why", "when",
    "this", "that", "not", "no", "have", "has", "had", "if", "at", "from", "by",
})
# fmt: on
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of a model: the system text and the conversation's text."""

    system: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt; a golden example has its answer too."""

    prompt: Prompt
    answer: str | None = None


def parse_llama_prompt(text: str) -> Prompt:
    """Parses a prompt in Llama's template of special tokens, or one without."""
    turns = [(role, content.strip()) for role, content in _TEMPLATED.findall(text)]
    if not turns:
        return Prompt("", text.strip())
    system = " ".join(content for role, content in turns if role == "system")
    return Prompt(system, "\n".join(content for role, content in turns if role != "system" and content))


def tokens(text: str) -> int:
    """Estimates the number of tokens as a quarter of the characters."""
    return -(-len(text) // CHARACTERS_PER_TOKEN) if text else 0


def stems(text: str) -> list[str]:
    """Returns the lower-case words without stop words and common English endings."""
    words = _WORD.findall(text.lower().replace("_", " ").replace(".", " ").replace("-", " "))
    return [_stem(word) for word in words if word not in _STOP]


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def labels(system: str) -> tuple[str, ...]:
    """Returns the labels that a system prompt lists: one per line, or separated by commas (after a colon)."""
    lines = _lines(system)
    listed = max((_commas(line) for line in system.splitlines()), key=len, default=[])
    return tuple(dict.fromkeys(lines if len(lines) > len(listed) else listed))


def _lines(system: str) -> list[str]:
    found = [_BULLET.sub("", line).strip(" `\"'.,;") for line in system.splitlines()]
    found_labels = [line for line in found if _LABEL_LINE.fullmatch(line)]
    return found_labels if len(found_labels) >= 2 else []


def _commas(line: str) -> list[str]:
    starts = [match.end() for match in re.finditer(":", line)]
    lists = [_items(line[start:]) for start in starts]
    bare = _items(line)
    if len(bare) >= 3 and all(_LABEL_LINE.fullmatch(item) for item in bare):
        lists.append(bare)
    return max(lists, key=len, default=[])


def _items(text: str) -> list[str]:
    sentence = re.split(r"[.;](?:\s|$)", text, maxsplit=1)[0]
    items = [_clean(item) for item in re.split(r",|\s+or\s+", sentence) if item.strip()]
    return items if len(items) >= 2 and all(_LABEL.fullmatch(item) for item in items) else []


def _clean(item: str) -> str:
    bare = item.strip(" `\"'.;()[]\t")
    return re.sub(r"^(?:or|and) ", "", bare).strip(" `\"'")


def fraction(*parts: str) -> float:
    """Returns a number in [0, 1) that depends on the arguments only."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def pick(options: Sequence[str], *parts: str) -> str:
    """Returns one of the options, which depends on the other arguments only."""
    return options[int(fraction(*parts) * len(options))]


def overlap(words: Iterable[str], label: str) -> float:
    """The share of the label's words that occur among `words` (both stemmed)."""
    label_stems = set(stems(label))
    return len(label_stems & set(words)) / len(label_stems) if label_stems else 0.0


_WORD_COUNT = re.compile(r"\b([1-9]\d{0,3}) words\b")
_FILLER = "This is the text of a stand-in, which says nothing and only has as many words as were asked for."


def filler_text(prompt: str) -> str | None:
    """Returns as many words as the prompt asks for (`in about 80 words`), None if it does not."""
    found = _WORD_COUNT.search(prompt)
    return " ".join(islice(cycle(_FILLER.split()), int(found[1]))) if found else None
