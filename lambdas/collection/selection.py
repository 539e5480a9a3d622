"""Selects prompts from logged calls: which calls are used, the newest call of each prompt, and why others are left
out."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from distillery.core import catalog
from distillery.core.conversation import Prompt, to_line
from distillery.core.limits import MAX_LINE_BYTES
from distillery.core.logs import LogSource
from distillery.core.names import TAG_RUN
from distillery.core.principals import Principals
from lambdas.collection import requests
from lambdas.collection.answers import answer_of, intervention_of
from lambdas.collection.athena import Group
from lambdas.collection.logged_call import DAMAGED, DamagedLine, FetchBody, LoggedCall, parse_record
from lambdas.collection.reasons import Reason, UnusableCall

IsTeacher = Callable[[str], bool]
"""Whether a logged model id is the recipe's teacher."""


@dataclass(slots=True)
class SelectedPrompt:
    """A prompt of the newest of its calls."""

    order: tuple[str, str, str]
    prompt: Prompt
    calls: int


@dataclass(slots=True, kw_only=True)
class Selection:
    """The prompts of the calls that were read so far.

    Each call is either a prompt or left out for one reason, whatever the order in which the calls are read.

    Attributes:
        source: the recipe's filter.
        account: the account of principals that name none.
        multi_turn: whether the student learns from several turns.
        fetch: reads bodies that are objects of their own.
        is_teacher: recognizes the recipe's teacher.
        limit: the most prompts to keep: those with the smallest digests, so that the same logs give the same selection.
        other_model: the reason for a logged model id that is not the teacher's.
        form: which requests are accepted.
        several_turns: the reason for a conversation of several turns where `multi_turn` is false.
        lines: number of lines read.
        calls: number of calls that match the filter's metadata.
        usable: number of these with a usable prompt. A prompt that was asked twice counts twice.
    """

    source: LogSource
    account: str
    multi_turn: bool
    fetch: FetchBody
    is_teacher: IsTeacher
    limit: int
    other_model: Callable[[str], Reason] = lambda _: Reason.ANOTHER_MODEL
    form: requests.RequestFormat = requests.ANY
    several_turns: Reason = Reason.SEVERAL_TURNS
    lines: int = 0
    calls: int = 0
    usable: int = 0
    _unusable: Counter[Reason] = field(default_factory=Counter)
    _selected: dict[str, SelectedPrompt] = field(default_factory=dict)
    _teachers: Principals | None = field(init=False)

    def __post_init__(self) -> None:
        self._teachers = self.source.teachers(self.account)

    def read(self, lines: Iterable[bytes]) -> Self:
        """Add the calls of these lines."""
        for line in lines:
            self.add(line)
        return self

    def read_groups(self, groups: Iterable[Group]) -> Self:
        """Add the calls of a query's result. Those that it only counts are left out."""
        total = examined = 0
        for group in groups:
            if group.line is None:
                total = group.calls
            else:
                self.add(group.line, group.calls)
                examined += group.calls
        if total > examined:
            self._leave_out(Reason.NOT_EXAMINED, total - examined)
        return self

    def add(self, line: bytes, calls: int = 1) -> None:
        """Add one line, which represents this many calls that do not differ in anything that is compared here."""
        self.lines += calls
        if line is DAMAGED:
            self._unusable[Reason.DAMAGED_FILE] += calls
            return
        try:
            call = parse_record(line)
        except DamagedLine:
            if line.strip():
                self._unusable[Reason.DAMAGED_LINE] += calls
            return
        if call is None or not self._matches(call):
            return
        try:
            prompt = self._prompt(call)
        except UnusableCall as unusable:
            self._leave_out(unusable.reason, calls)
        else:
            self.calls += calls
            self.usable += calls
            self._select(call, prompt, calls)

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts, ordered by digest."""
        return [chosen.prompt for chosen in self._chosen()]

    @property
    def left_out(self) -> Counter[str]:
        """Number of calls without a prompt of their own, by reason; of damage, the number of files and lines."""
        chosen = self._chosen()
        asked = sum(one.calls for one in chosen)
        counts = self._unusable + Counter(
            {Reason.REPEATED: asked - len(chosen), Reason.NOT_NEEDED: self.usable - asked}
        )
        return Counter({str(reason): count for reason, count in counts.items()})

    def _leave_out(self, reason: Reason, calls: int) -> None:
        self.calls += calls
        self._unusable[reason] += calls

    def _chosen(self) -> list[SelectedPrompt]:
        return [self._selected[digest] for digest in heapq.nsmallest(self.limit, self._selected)]

    def _matches(self, call: LoggedCall) -> bool:
        """This product's own calls carry their run: held-out prompts must not become training prompts."""
        return TAG_RUN not in call.metadata and self.source.matches(call.metadata)

    def _select(self, call: LoggedCall, prompt: Prompt, calls: int) -> None:
        order = (*call.order, prompt.reference or "")
        known = self._selected.setdefault(prompt.digest, SelectedPrompt(order, prompt, 0))
        known.calls += calls
        if known.order < order:
            known.order, known.prompt = order, prompt
        if len(self._selected) > 2 * self.limit:  # bounds the memory; what is chosen in the end is never dropped
            smallest = heapq.nsmallest(self.limit, self._selected)
            self._selected = {one: self._selected[one] for one in smallest}

    def _prompt(self, call: LoggedCall) -> Prompt:
        """The first reasons need no content, so that `curate.sql` can count such calls without returning them."""
        if self._teachers is not None and not self._teachers.admit(call.principal):
            raise UnusableCall(Reason.OTHER_PRINCIPAL)
        if call.failed:
            raise UnusableCall(Reason.FAILED)
        body = call.request_body(self.fetch)
        if requests.offers_tools(body):
            raise UnusableCall(Reason.TOOLS)
        prompt = requests.prompt_of(body, reference=self._reference(call), form=self.form)
        if prompt.turns > 1 and not self.multi_turn:
            raise UnusableCall(self.several_turns)
        if len(to_line(prompt).encode()) > MAX_LINE_BYTES:
            raise UnusableCall(Reason.TOO_LONG)
        return prompt

    def _reference(self, call: LoggedCall) -> str | None:
        """The logged answer, if it is used. A separate body is fetched only for that, since an answer of more than 100
        KB is hardly a guardrail's message."""
        if not self.source.use_responses:
            _refuse_stopped(call.logged_response)
            return None
        if not self.is_teacher(call.model):
            raise UnusableCall(self.other_model(call.model))
        body = call.response_body(self.fetch)
        _refuse_stopped(body)
        return answer_of(body)


def _refuse_stopped(response: Any) -> None:
    if reason := intervention_of(response):
        raise UnusableCall(reason)


def multi_turn(student: str) -> bool:
    """Return whether a student learns from conversations of several turns."""
    return catalog.model(student).multi_turn_distillation
