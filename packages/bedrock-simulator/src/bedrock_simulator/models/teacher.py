"""The stand-in teacher: one per account, shared by all strong models.

Its sources, in this order:
1. golden examples (prompts with answers) from the labelled file of its settings or from training files of the account:
   the known answer for a known prompt, a text model trained on the examples for an unknown one, for each system prompt;
2. rules (`rules`).

Each model gives wrong answers (`mistakes`) at a rate and with a seed of its own, to the same prompts every time: models
know the same, and err on different prompts. If the settings have the URL of a real model, that model answers in the
place of all (`chat_completions`).
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bedrock_simulator.models import chat_completions, mistakes, rules, student, text, training_data
from bedrock_simulator.models.learners.kinds import Kind, kind_of
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.models.text import Example
from bedrock_simulator.settings import TeacherSettings


@dataclass(frozen=True, slots=True)
class _Knowledge:
    answers: dict[str, str]
    known: tuple[str, ...]
    kind: Kind
    model: student.Student


@dataclass(slots=True)
class Teacher:
    """`add_examples` is slow because it trains; `answer` takes about a millisecond, unless it calls a real model."""

    settings: TeacherSettings
    _golden_answers: dict[str, dict[str, str]] = field(default_factory=dict)
    _knowledge: dict[str, _Knowledge] = field(default_factory=dict)

    @classmethod
    def from_golden_answers(cls, settings: TeacherSettings, golden_answers: dict[str, dict[str, str]]) -> "Teacher":
        """Creates a teacher that knows these golden answers per system prompt; it trains when first called."""
        known = {
            system: _knowledge({**answers}, student.LazyStudent(list(answers.items())))
            for system, answers in golden_answers.items()
        }
        return cls(settings, golden_answers, known)

    @property
    def golden_answers(self) -> dict[str, dict[str, str]]:
        """The golden answers that it knows, per system prompt."""
        return self._golden_answers

    def add_examples(self, examples: Sequence[Example]) -> None:
        """Adds golden examples, and trains again where one is new."""
        for system in add_golden_answers(self._golden_answers, examples):
            answers = dict(self._golden_answers[system])
            model = student.trained(tuple(answers.items()))
            self._knowledge[system] = _knowledge(answers, model)

    def answer(self, prompt: text.Prompt, model: str = "") -> str:
        """Returns a model's answer, wrong at its rate. Raises a ServiceError if a real model does not answer."""
        if self.settings.url:
            return chat_completions.connect(self.settings.url, self.settings.model).answer(prompt)
        knowledge = self._knowledge.get(prompt.system)
        if knowledge:
            right = knowledge.answers.get(prompt.text) or knowledge.model.answer(prompt.text)
            known, kind = knowledge.known, knowledge.kind
        else:
            own_rules = rules.load(Path(self.settings.rules)) if self.settings.rules else rules.load()
            right, known = own_rules.answer(prompt), own_rules.known(prompt)
            kind = rules.kind(prompt)
        rate, seed = self.settings.errors_of(model)
        key = (seed, prompt.system, prompt.text)
        return mistakes.wrong_answer(right, known, kind, *key) if text.fraction(*key) < rate else right

    def training_pairs(self, examples: Sequence[Example], model: str = "") -> list[tuple[str, str]]:
        """Returns the (prompt, model's answer) pairs to train a student on, shuffled if the settings say so."""
        answers = self._answers([example.prompt for example in examples], model)
        questions = [example.prompt.text for example in examples]
        if self.settings.shuffled:
            order = sorted(range(len(answers)), key=lambda i: text.fraction(self.settings.seed, "shuffle", str(i)))
            answers = [answers[i] for i in order]
        return list(zip(questions, answers, strict=True))

    def _answers(self, prompts: Sequence[text.Prompt], model: str) -> list[str]:
        if not self.settings.url:
            return [self.answer(prompt, model) for prompt in prompts]
        with ThreadPoolExecutor(chat_completions.MAX_CONCURRENT_CALLS) as callers:
            return [*callers.map(self.answer, prompts)]


def add_golden_answers(golden_answers: dict[str, dict[str, str]], examples: Iterable[Example]) -> set[str]:
    """Adds golden answers per system prompt; returns the system prompts that got new ones."""
    touched = set()
    for example in examples:
        if example.answer is not None:
            answers = golden_answers.setdefault(example.prompt.system, {})
            if answers.get(example.prompt.text) != example.answer:
                answers[example.prompt.text] = example.answer
                touched.add(example.prompt.system)
    return touched


def _knowledge(answers: dict[str, str], model: student.Student) -> _Knowledge:
    return _Knowledge(answers, tuple(sorted(set(answers.values()))), kind_of([*answers.items()]), model)


GoldenAnswers = dict[str, dict[str, str]]


def create_teacher(settings: TeacherSettings, golden_answers: GoldenAnswers | None = None) -> Teacher:
    """Creates the teacher of an account, with the golden answers that it knew before."""
    known: GoldenAnswers = {}
    if settings.labelled:
        add_golden_answers(known, read_labelled(Path(settings.labelled)))
    for system, answers in (golden_answers or {}).items():
        known.setdefault(system, {}).update(answers)
    return Teacher.from_golden_answers(settings, known)


@lru_cache(maxsize=8)
def read_labelled(path: Path) -> tuple[Example, ...]:
    """Reads the golden examples of a training file; cached. Raises OSError or JobInputError."""
    found = tuple(
        each
        for each in training_data.parse_conversations(path.read_bytes(), multi_turn=True)
        if each.answer is not None
    )
    if not found:
        raise JobInputError(f"{path} has no prompt with an answer.")
    return found
