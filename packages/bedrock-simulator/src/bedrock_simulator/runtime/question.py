"""What a model is asked whatever the API, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass

from bedrock_simulator.models import student, text
from bedrock_simulator.runtime.targets import Target

THOUGHT = "A stand-in does not reason."


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, the most tokens its answer may have, and what ends it."""

    prompt: text.Prompt
    most: int
    stops: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """The tokens of the input: characters divided by four."""
        return text.tokens(self.prompt.system) + text.tokens(self.prompt.text)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said and why it ended there: `end_turn`, `max_tokens`, or `stop_sequence` with the sequence met."""

    said: str
    ended: str = "end_turn"
    met: str | None = None
    thought: str | None = None

    @property
    def tokens(self) -> int:
        """The tokens of the output; a stand-in's thought costs nothing."""
        return text.tokens(self.said)


def answer(question: Question, target: Target, teacher: Callable[[text.Prompt], str]) -> Reply:
    """The custom model's answer, the teacher's in the place of a strong model, or an untrained student's guess."""
    said, ended, met = _cut(_said(question.prompt, target, teacher), question)
    aloud = target.model.reasons_aloud and target.custom is None
    return Reply(said, ended, met, THOUGHT if aloud else None)


def _said(prompt: text.Prompt, target: Target, teacher: Callable[[text.Prompt], str]) -> str:
    if target.custom:
        return target.custom.student.answer(prompt.text)
    return teacher(prompt) if target.model.strong else student.untrained(prompt)


def _cut(said: str, question: Question) -> tuple[str, str, str | None]:
    found = [(said.index(stop), stop) for stop in question.stops if stop in said]
    end, met = min(found, default=(len(said), None))
    kept = said[:end]
    if text.tokens(kept) > question.most:
        return kept[: question.most * text.CHARACTERS_PER_TOKEN], "max_tokens", None
    return kept, "stop_sequence" if met else "end_turn", met
