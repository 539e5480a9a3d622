"""What the stand-in teacher says of what it was never shown: rules in a file, `rules.toml` beside this one or another.

[words] has, for a word of a label, what people say in its place; of the labels that a system prompt lists, the one wins
whose words are heard most. [topics] are for prompts without labels: the first that is heard is the answer, as
`topic.NAME`, or `topic.other`, unless a text of so many words is asked for. Patterns are regular expressions that begin
at a word's beginning.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bedrock_simulator.models import student, text

DEFAULT = Path(__file__).with_name("rules.toml")
OVERLAP_WEIGHT = 0.1  # synonyms decide; shared words only break ties


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of one file."""

    words: Mapping[str, re.Pattern[str]]
    topics: Mapping[str, re.Pattern[str]]

    def answer(self, prompt: text.Prompt) -> str:
        """The rule's answer; the first label when nothing is heard of any."""
        asked = prompt.text.lower()
        offered = text.labels(prompt.system)
        if not offered:
            topics = (name for name, pattern in self.topics.items() if pattern.search(asked))
            return text.filler_text(prompt.text) or next(topics, student.UNKNOWN_LABEL)
        words = text.stems(asked)
        return max(offered, key=lambda label: self._support(label, asked, words))

    def known(self, prompt: text.Prompt) -> tuple[str, ...]:
        """Every answer that there could be; of free texts there is none to be mistaken for."""
        topics = () if text.filler_text(prompt.text) else (*self.topics, student.UNKNOWN_LABEL)
        return text.labels(prompt.system) or topics

    def _support(self, label: str, asked: str, words: Sequence[str]) -> float:
        parts = re.findall(r"[a-z0-9]+", label.lower())
        hints = [pattern for part in parts if (pattern := self.words.get(part))]
        heard = sum(bool(pattern.search(asked)) for pattern in hints)
        return (heard / len(parts) if parts else 0.0) + OVERLAP_WEIGHT * text.overlap(words, label)


@lru_cache(maxsize=8)
def load(path: Path = DEFAULT) -> Rules:
    """The rules of a file. Raises OSError, or ValueError with one sentence."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    if strange := found.keys() - {"words", "topics"}:
        raise ValueError(f"{path} has {', '.join(sorted(strange))}: it may have [words] and [topics]")
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
            raise ValueError(f"{name} of {path} is no pattern: {why}") from None
    return found
