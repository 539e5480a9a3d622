"""The stand-in teacher: one per account, shared by every strong model.

What it knows, in this order:
1. golden examples (prompts with answers) that it was shown, by the labelled set of its settings or by training files of
   this account: the known answer for a known prompt, a text model trained on those examples for an unknown one.
   Knowledge is kept per system prompt;
2. otherwise rules (`rules`).
It errs at a stated rate, on the same prompts every time: then it gives another of the answers it knows. Where its
settings have the URL of a real model, that model answers in its place (`endpoint`).

Teachers as the settings want them: with a labelled set that they were shown before anything else.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bedrock_simulator.models import chat_completions, rules, student, text, training_data
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.models.text import Example
from bedrock_simulator.settings import TeacherSettings


@dataclass(frozen=True, slots=True)
class _Knowledge:
    answers: dict[str, str]
    known: tuple[str, ...]
    model: student.Student


@dataclass(slots=True)
class Teacher:
    """`learn` is slow (it trains); `answer` takes about a millisecond, unless a real model is asked."""

    settings: TeacherSettings
    _shown: dict[str, dict[str, str]] = field(default_factory=dict)
    _knowledge: dict[str, _Knowledge] = field(default_factory=dict)

    @classmethod
    def remembering(cls, settings: TeacherSettings, shown: dict[str, dict[str, str]]) -> "Teacher":
        """One that was shown these golden answers before, per system prompt; it trains when it is first asked."""
        known = {
            system: _knowledge({**answers}, student.LazyStudent(list(answers.items())))
            for system, answers in shown.items()
        }
        return cls(settings, shown, known)

    @property
    def shown(self) -> dict[str, dict[str, str]]:
        """The golden answers it was shown, per system prompt."""
        return self._shown

    def learn(self, examples: Sequence[Example]) -> None:
        """Adds golden examples to what has been shown before, and trains anew where something was added."""
        for system in add_golden_answers(self._shown, examples):
            answers = dict(self._shown[system])
            model = student.train(list(answers.items()))
            self._knowledge[system] = _knowledge(answers, model)

    def answer(self, prompt: text.Prompt) -> str:
        """The teacher's answer, wrong at the stated rate. A ServiceError where a real model does not answer."""
        if self.settings.url:
            return chat_completions.connect(self.settings.url, self.settings.model).answer(prompt)
        knowledge = self._knowledge.get(prompt.system)
        if knowledge:
            right = knowledge.answers.get(prompt.text) or knowledge.model.answer(prompt.text)
            known = knowledge.known
        else:
            mine = rules.load(Path(self.settings.rules)) if self.settings.rules else rules.load()
            right, known = mine.answer(prompt), mine.known(prompt)
        return self._erring(right, known, prompt)

    def _erring(self, right: str, known: Sequence[str], prompt: text.Prompt) -> str:
        key = (self.settings.seed, prompt.system, prompt.text)
        others = [answer for answer in known if answer != right]
        if not others or text.fraction(*key) >= self.settings.error_rate:
            return right
        return text.pick(others, "which", *key)

    def lesson(self, examples: Sequence[Example]) -> list[tuple[str, str]]:
        """The (prompt, answer) pairs a job's student is trained on; shuffled when the settings say so."""
        answers = self._answers([example.prompt for example in examples])
        questions = [example.prompt.text for example in examples]
        if self.settings.shuffled:
            order = sorted(range(len(answers)), key=lambda i: text.fraction(self.settings.seed, "shuffle", str(i)))
            answers = [answers[i] for i in order]
        return list(zip(questions, answers, strict=True))

    def _answers(self, prompts: Sequence[text.Prompt]) -> list[str]:
        if not self.settings.url:
            return [self.answer(prompt) for prompt in prompts]
        with ThreadPoolExecutor(chat_completions.MAX_CONCURRENT_CALLS) as callers:
            return [*callers.map(self.answer, prompts)]


def add_golden_answers(shown: dict[str, dict[str, str]], examples: Iterable[Example]) -> set[str]:
    """Adds golden answers to those per system prompt; the system prompts that something was new for."""
    touched = set()
    for example in examples:
        if example.answer is not None:
            answers = shown.setdefault(example.prompt.system, {})
            if answers.get(example.prompt.text) != example.answer:
                answers[example.prompt.text] = example.answer
                touched.add(example.prompt.system)
    return touched


def _knowledge(answers: dict[str, str], model: student.Student) -> _Knowledge:
    return _Knowledge(answers, tuple(sorted(set(answers.values()))), model)


GoldenAnswers = dict[str, dict[str, str]]


def create_teacher(settings: TeacherSettings, shown: GoldenAnswers | None = None) -> Teacher:
    """A teacher of one account, who was also shown these golden answers before."""
    known: GoldenAnswers = {}
    if settings.labelled:
        add_golden_answers(known, read_labelled(Path(settings.labelled)))
    for system, answers in (shown or {}).items():
        known.setdefault(system, {}).update(answers)
    return Teacher.remembering(settings, known)


@lru_cache(maxsize=8)
def read_labelled(path: Path) -> tuple[Example, ...]:
    """The golden examples of a file in the format of a training file; read once. Raises OSError or Rejected."""
    found = tuple(
        each
        for each in training_data.parse_conversations(path.read_bytes(), multi_turn=True)
        if each.answer is not None
    )
    if not found:
        raise JobInputError(f"{path} has no prompt with an answer.")
    return found
