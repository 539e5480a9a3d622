"""The rules by which the stand-in teacher answers unknown prompts: `rules.toml` beside this module, or another file.

[words] has patterns for words of labels: of the labels that a system prompt lists, the one whose patterns match most
wins. [topics] has patterns for prompts without labels: the first match is the answer, as `topic.NAME`, or `topic.other`
if none matches, unless the prompt asks for a text of a number of words. Patterns are regular expressions that match
from the start of a word.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bedrock_simulator.models import text, untrained
from bedrock_simulator.models.learners import objects
from bedrock_simulator.models.learners.kinds import Kind

DEFAULT = Path(__file__).with_name("rules.toml")
OVERLAP_WEIGHT = 0.1  # patterns decide; shared words only break ties


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of one file."""

    words: Mapping[str, re.Pattern[str]]
    topics: Mapping[str, re.Pattern[str]]

    def answer(self, prompt: text.Prompt) -> str:
        """The answer by the rules; the first label if no pattern matches."""
        question = prompt.text.lower()
        if (formed := untrained.in_form(prompt)) is not None:
            return formed
        labels = text.labels(prompt.system)
        if not labels:
            topics = (name for name, pattern in self.topics.items() if pattern.search(question))
            return text.filler_text(prompt.text) or next(topics, untrained.UNKNOWN_LABEL)
        words = text.stems(question)
        return max(labels, key=lambda label: self._support(label, question, words))

    def known(self, prompt: text.Prompt) -> tuple[str, ...]:
        """All possible answers; none for a prompt that asks for free text."""
        if untrained.in_form(prompt) is not None:
            return ()
        topics = () if text.filler_text(prompt.text) else (*self.topics, untrained.UNKNOWN_LABEL)
        return text.labels(prompt.system) or topics

    def _support(self, label: str, question: str, words: Sequence[str]) -> float:
        parts = re.findall(r"[a-z0-9]+", label.lower())
        hints = [pattern for part in parts if (pattern := self.words.get(part))]
        matched = sum(bool(pattern.search(question)) for pattern in hints)
        return (matched / len(parts) if parts else 0.0) + OVERLAP_WEIGHT * text.overlap(words, label)


def kind(prompt: text.Prompt) -> Kind:
    """The kind of an answer by the rules."""
    formed = untrained.in_form(prompt)
    if formed is None:
        return Kind.LABEL
    return Kind.QUOTATION if objects.parse(formed) is None else Kind.OBJECT


@lru_cache(maxsize=8)
def load(path: Path = DEFAULT) -> Rules:
    """Loads the rules of a file. Raises OSError, or ValueError with one sentence."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := found.keys() - {"words", "topics"}:
        raise ValueError(f"{path} has {', '.join(sorted(unknown))}; allowed are [words] and [topics]")
    words, topics = (_patterns(path, found.get(table, {})) for table in ("words", "topics"))
    return Rules(words, {f"topic.{topic}": pattern for topic, pattern in topics.items()})


def _patterns(path: Path, table: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    found = {}
    for name, patterns in table.items():
        if not isinstance(patterns, list) or not patterns or not all(isinstance(each, str) for each in patterns):
            raise ValueError(f"{name} of {path} must be a list of patterns")
        try:
            found[name] = re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)
        except re.error as why:
            raise ValueError(f"{name} of {path} is not a pattern: {why}") from None
    return found
