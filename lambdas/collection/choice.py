"""From logged calls to prompts: which are taken, the newest call of each, and why the others are left out."""

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
from lambdas.collection.call import Call, Fetch, call_of
from lambdas.collection.turns import Unusable, answer_of, prompt_of

Teacher = Callable[[str], bool]
"""Whether a logged model id is the recipe's teacher."""


REPEATED = "it was asked more than once"
STRANGER = "it was made by none of the recipe's principals"


@dataclass(frozen=True, slots=True)
class Chosen:
    order: tuple[str, str]
    prompt: Prompt


@dataclass(slots=True, kw_only=True)
class Choice:
    """most: prompts that are kept, those with the smallest digests, so that the same logs give the same choice.

    account: of principals that the source names without one. lines: that were read; calls: those whose metadata the
    source takes; left_out: reason → calls of these.
    """

    source: LogSource
    account: str
    multi_turn: bool
    fetch: Fetch
    is_teacher: Teacher
    most: int
    lines: int = 0
    calls: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    _kept: dict[str, Chosen] = field(default_factory=dict)
    _teachers: Principals | None = field(init=False)

    def __post_init__(self) -> None:
        self._teachers = self.source.teachers(self.account)

    def read(self, lines: Iterable[bytes]) -> Self:
        for line in lines:
            self.lines += 1
            call = call_of(line)
            if call is not None and self._is_taken(call):
                self.calls += 1
                try:
                    self._keep(call, self._prompt(call))
                except Unusable as unusable:
                    self.left_out[str(unusable)] += 1
        return self

    @property
    def usable(self) -> int:
        """Calls that something can be learnt from, a prompt that was asked twice counted twice."""
        return self.calls - sum(count for why, count in self.left_out.items() if why != REPEATED)

    @property
    def prompts(self) -> list[Prompt]:
        """In the order of their digests."""
        return [self._kept[digest].prompt for digest in heapq.nsmallest(self.most, self._kept)]

    def _is_taken(self, call: Call) -> bool:
        """The product's own calls carry their run: held-out prompts must not come back as prompts to learn from."""
        return TAG_RUN not in call.metadata and self.source.takes(call.metadata)

    def _keep(self, call: Call, prompt: Prompt) -> None:
        digest = prompt.digest
        known = self._kept.get(digest)
        if known is not None:
            self.left_out[REPEATED] += 1
        if known is None or known.order < call.order:
            self._kept[digest] = Chosen(call.order, prompt)
        if len(self._kept) > 2 * self.most:  # so many and no more are ever in memory
            least = heapq.nsmallest(self.most, self._kept)
            self._kept = {one: self._kept[one] for one in least}

    def _prompt(self, call: Call) -> Prompt:
        if self._teachers is not None and not self._teachers.admit(call.principal):
            raise Unusable(STRANGER)
        if call.failed:
            raise Unusable("the call failed")
        prompt = prompt_of(call.asked(self.fetch), reference=self._reference(call))
        if prompt.turns > 1 and not self.multi_turn:
            raise Unusable("it has several turns, which the student does not learn from")
        if len(to_line(prompt).encode()) > MAX_LINE_BYTES:
            raise Unusable(f"it is longer than {MAX_LINE_BYTES} bytes")
        return prompt

    def _reference(self, call: Call) -> str | None:
        if not self.source.use_responses:
            return None
        if not self.is_teacher(call.model):
            raise Unusable("another model than the teacher answered")
        return answer_of(call.answered(self.fetch))


def multi_turn(student: str) -> bool:
    return catalog.model(student).multi_turn_distillation
