"""The stand-in teacher: one per account, shared by every strong model.

What it knows, in this order:
1. golden examples (prompts with answers) that training files of this account showed it: the known answer for a
   known prompt, a text model trained on those examples for an unknown one. Knowledge is kept per system prompt;
2. otherwise the documented rule in `rules.toml`: of the labels listed in the system prompt, the one whose words,
   or synonyms of them, occur most; without labels, `topic.<first topic that matches>`, or `topic.other`.
It errs at a stated rate, on the same prompts every time: then it gives another of the answers it knows.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from local.bedrock.learning import student, text
from local.bedrock.settings import TeacherSettings

OVERLAP_WEIGHT = 0.1  # synonyms decide; shared words only break ties


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and, in a golden example, its answer."""

    prompt: text.Prompt
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class _Knowledge:
    answers: dict[str, str]
    known: tuple[str, ...]
    model: student.Student


@dataclass(slots=True)
class Teacher:
    """`learn` is slow (it trains); `answer` takes about a millisecond and never changes anything."""

    settings: TeacherSettings
    _shown: dict[str, dict[str, str]] = field(default_factory=dict)
    _knowledge: dict[str, _Knowledge] = field(default_factory=dict)

    @classmethod
    def remembering(cls, settings: TeacherSettings, shown: dict[str, dict[str, str]]) -> "Teacher":
        """One that was shown these golden answers before, per system prompt; it trains when it is first asked."""
        known = {
            system: _knowledge(answers, student.Taught(list(answers.items()))) for system, answers in shown.items()
        }
        return cls(settings, shown, known)

    @property
    def shown(self) -> dict[str, dict[str, str]]:
        """The golden answers it was shown, per system prompt."""
        return self._shown

    def learn(self, examples: Sequence[Example]) -> None:
        """Adds golden examples to what has been shown before, and trains anew where something was added."""
        touched = set()
        for example in examples:
            if example.answer is not None:
                shown = self._shown.setdefault(example.prompt.system, {})
                if shown.get(example.prompt.text) != example.answer:
                    shown[example.prompt.text] = example.answer
                    touched.add(example.prompt.system)
        for system in touched:
            answers = dict(self._shown[system])
            model = student.train(list(answers.items()))
            self._knowledge[system] = _knowledge(answers, model)

    def answer(self, prompt: text.Prompt) -> str:
        """The teacher's answer, wrong at the stated rate."""
        knowledge = self._knowledge.get(prompt.system)
        if knowledge:
            right = knowledge.answers.get(prompt.text) or knowledge.model.answer(prompt.text)
            known = knowledge.known
        else:
            right, known = by_rule(prompt), text.labels(prompt.system) or topics()
        return self._erring(right, known, prompt)

    def _erring(self, right: str, known: Sequence[str], prompt: text.Prompt) -> str:
        key = (self.settings.seed, prompt.system, prompt.text)
        others = [answer for answer in known if answer != right]
        if not others or text.fraction(*key) >= self.settings.error_rate:
            return right
        return text.pick(others, "which", *key)

    def lesson(self, examples: Sequence[Example]) -> list[tuple[str, str]]:
        """The (prompt, answer) pairs a job's student is trained on; shuffled when the settings say so."""
        answers = [self.answer(example.prompt) for example in examples]
        questions = [example.prompt.text for example in examples]
        if self.settings.shuffled:
            order = sorted(range(len(answers)), key=lambda i: text.fraction(self.settings.seed, "shuffle", str(i)))
            answers = [answers[i] for i in order]
        return list(zip(questions, answers, strict=True))


def _knowledge(answers: dict[str, str], model: student.Student) -> _Knowledge:
    return _Knowledge(answers, tuple(sorted(set(answers.values()))), model)


def by_rule(prompt: text.Prompt) -> str:
    """The documented rule, without error; the first label when nothing is heard of any."""
    asked = prompt.text.lower()
    offered = text.labels(prompt.system)
    if not offered:
        return next((name for name, pattern in _rules().topics.items() if pattern.search(asked)), student.NO_IDEA)
    words = text.stems(asked)
    return max(offered, key=lambda label: _support(label, asked, words))


def topics() -> tuple[str, ...]:
    """The answers of the rule when the system prompt lists no labels."""
    return (*_rules().topics, student.NO_IDEA)


def _support(label: str, asked: str, words: Sequence[str]) -> float:
    parts = re.findall(r"[a-z0-9]+", label.lower())
    hints = [pattern for part in parts if (pattern := _rules().words.get(part))]
    heard = sum(bool(pattern.search(asked)) for pattern in hints)
    return (heard / len(parts) if parts else 0.0) + OVERLAP_WEIGHT * text.overlap(words, label)


@dataclass(frozen=True, slots=True)
class _Rules:
    words: dict[str, re.Pattern[str]]
    topics: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    rules = tomllib.loads((Path(__file__).with_name("rules.toml")).read_text(encoding="utf-8"))
    return _Rules(
        {word: _any(patterns) for word, patterns in rules["words"].items()},
        {f"topic.{topic}": _any(patterns) for topic, patterns in rules["topics"].items()},
    )


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + ")", re.IGNORECASE)
