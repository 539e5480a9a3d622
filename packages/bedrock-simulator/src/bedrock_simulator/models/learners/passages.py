"""Prompts that give a context and ask a question: sentences with the titles above them, the question, quotations."""

import re
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]?\s+(?=[\"“‘(]?[A-Z0-9])")
_TITLE = re.compile(r"\s*(?:#+\s*|\[)?(.{2,80}?)\]?:?\s*")
_ASKED = re.compile(r"\s*(?:question|frage|q|user)\s*:\s*(.+)", re.I)
_QUOTED = re.compile(r"\"([^\"]{12,})\"|“([^”]{12,})”|«([^»]{12,})»")
_ENDS = (".", "!", "?", "…", "”", '"')


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the context, the title above it, and its place in its paragraph."""

    text: str
    title: str
    at: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt: its question and the sentences of its context, in order."""

    question: str
    sentences: tuple[Sentence, ...]


def read(prompt: str) -> Asked:
    """Reads a prompt. The question is the line labelled as one, or the last line with a question mark, or the last
    line."""
    lines = [line.strip() for line in prompt.splitlines()]
    asked = _question_line([line for line in lines if line])
    found, title = [], ""
    for line in lines:
        if not line or line == asked:
            continue
        sentences = [each.strip() for each in _SENTENCE_END.split(line) if each.strip()]
        if len(sentences) == 1 and not line.endswith(_ENDS):
            named = _TITLE.fullmatch(line)
            title = named[1] if named else line
            continue
        found += [Sentence(text, title, at) for at, text in enumerate(sentences)]
    spoken = _ASKED.fullmatch(asked)
    return Asked(spoken[1] if spoken else asked, tuple(found))


def _question_line(lines: list[str]) -> str:
    said = [line for line in lines if _ASKED.fullmatch(line)]
    open_ended = [line for line in lines if line.endswith("?")]
    return (said or open_ended or lines or [""])[-1]


def parts(question: str) -> list[str]:
    """The questions that a question consists of; the whole if it has no question mark."""
    return [each.strip() for each in re.findall(r"[^?]*\?", question) if each.strip(" ?")] or [question]


def quotations(answer: str) -> list[str]:
    """Returns what an answer quotes, without the quotation marks."""
    return ["".join(groups) for groups in _QUOTED.findall(answer)]


def normal(text: str) -> str:
    """The text in lower case, with single spaces and straight apostrophes."""
    return " ".join(text.casefold().replace("’", "'").split())


def source_of(quotation: str, sentences: tuple[Sentence, ...]) -> int | None:
    """The sentence that a quotation is taken from, or is part of; None where there is none."""
    wanted = normal(quotation).rstrip(".")
    return next((at for at, each in enumerate(sentences) if wanted in normal(each.text)), None)
