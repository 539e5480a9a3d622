"""Selects prompts from logged calls: which calls are used, the newest call of each prompt, and why others are left
out."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from distillery.core import catalog
from distillery.core.conversation import Prompt, to_line
from distillery.core.limits import MAX_LINE_BYTES
from distillery.core.logs import LogSource
from distillery.core.names import TAG_RUN
from distillery.core.principals import Principals
from lambdas.collection.logged_call import FetchBody, LoggedCall, UnusableCall, answer_of, parse_record, prompt_of

IsTeacher = Callable[[str], bool]
"""Whether a logged model id is the recipe's teacher."""
REPEATED = "it was asked more than once"
OTHER_PRINCIPAL = "it was made by none of the recipe's principals"


@dataclass(frozen=True, slots=True)
class SelectedPrompt:
    order: tuple[str, str]
    prompt: Prompt


@dataclass(slots=True, kw_only=True)
class Selection:
    """The prompts of the calls that were read so far.

    Attributes:
        source: the recipe's filter.
        account: the account of principals that name none.
        multi_turn: whether the student learns from several turns.
        fetch: reads bodies that are objects of their own.
        is_teacher: recognizes the recipe's teacher.
        limit: the most prompts to keep: those with the smallest digests, so that the same logs give the same selection.
        lines: number of lines read.
        calls: number of calls that match the filter's metadata.
        left_out: number of these calls without a usable prompt, by reason.
    """

    source: LogSource
    account: str
    multi_turn: bool
    fetch: FetchBody
    is_teacher: IsTeacher
    limit: int
    lines: int = 0
    calls: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    _selected: dict[str, SelectedPrompt] = field(default_factory=dict)
    _teachers: Principals | None = field(init=False)

    def __post_init__(self) -> None:
        self._teachers = self.source.teachers(self.account)

    def read(self, lines: Iterable[bytes]) -> Self:
        """Add the calls of these lines."""
        for line in lines:
            self.lines += 1
            call = parse_record(line)
            if call is not None and self._matches(call):
                self.calls += 1
                try:
                    self._add(call, self._prompt(call))
                except UnusableCall as unusable:
                    self.left_out[str(unusable)] += 1
        return self

    @property
    def usable(self) -> int:
        """Number of calls with a usable prompt. A prompt that was asked twice counts twice."""
        return self.calls - sum(count for reason, count in self.left_out.items() if reason != REPEATED)

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts, ordered by digest."""
        return [self._selected[digest].prompt for digest in heapq.nsmallest(self.limit, self._selected)]

    def _matches(self, call: LoggedCall) -> bool:
        """This product's own calls carry their run: held-out prompts must not become training prompts."""
        return TAG_RUN not in call.metadata and self.source.matches(call.metadata)

    def _add(self, call: LoggedCall, prompt: Prompt) -> None:
        digest = prompt.digest
        known = self._selected.get(digest)
        if known is not None:
            self.left_out[REPEATED] += 1
        if known is None or known.order < call.order:
            self._selected[digest] = SelectedPrompt(call.order, prompt)
        if len(self._selected) > 2 * self.limit:  # bounds the memory
            smallest = heapq.nsmallest(self.limit, self._selected)
            self._selected = {one: self._selected[one] for one in smallest}

    def _prompt(self, call: LoggedCall) -> Prompt:
        if self._teachers is not None and not self._teachers.admit(call.principal):
            raise UnusableCall(OTHER_PRINCIPAL)
        if call.failed:
            raise UnusableCall("the call failed")
        prompt = prompt_of(call.request_body(self.fetch), reference=self._reference(call))
        if prompt.turns > 1 and not self.multi_turn:
            raise UnusableCall("it has several turns, which the student does not learn from")
        if len(to_line(prompt).encode()) > MAX_LINE_BYTES:
            raise UnusableCall(f"it is longer than {MAX_LINE_BYTES} bytes")
        return prompt

    def _reference(self, call: LoggedCall) -> str | None:
        if not self.source.use_responses:
            return None
        if not self.is_teacher(call.model):
            raise UnusableCall("another model than the teacher answered")
        return answer_of(call.response_body(self.fetch))


def multi_turn(student: str) -> bool:
    """Return whether a student learns from conversations of several turns."""
    return catalog.model(student).multi_turn_distillation
