"""The way of one request through its route's fallback policy.

A step is tried TRIES times, with a pause of full jitter between (AWS Builders' Library, "Timeouts, retries, and backoff
with jitter"); then the next step. Where none answered the policy is walked again, ROUNDS times in all, as long as there
is time. A step that is not the last may use half of the time left, so that one that hangs leaves enough for the others.
A step whose breaker is open is not left out: it comes last. Reading the map and aliases counts: past the deadline
nothing more is read, and a read under way may go on for as long as SSM's client tries (some 10 seconds).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from distillery.client.aws import AWS_ERRORS
from distillery.client.breaker import Breaker
from distillery.client.cache import StillReading
from distillery.client.errors import NothingPromoted, RouteError, UnreadableAlias
from distillery.client.failure import Failure, Kind, judge
from distillery.client.reply import Attempt
from distillery.client.route_map import RouteMap, Step
from distillery.client.route_store import Directory
from distillery.client.target import Target, target_of
from distillery.client.timing import Timing

TRIES, ROUNDS = 2, 3
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds: the first pause is at most the one, each further one of a step twice as long, none above the other."""
RUNGS = 10
"""So many different times may a try be given, each 1/√2 of the one before: a client is made for each."""


@dataclass(frozen=True, slots=True)
class Try:
    """seconds: how long an answer is waited for."""

    target: Target
    route: RouteMap
    seconds: float
    began: float


class Walk:
    """`for one in walk:` gives tries until nothing is left; whoever makes them says how each ended."""

    def __init__(
        self,
        directory: Directory,
        *,
        deadline: float,
        cost_centre: str | None,
        breaker: Callable[[Target], Breaker],
        timing: Timing,
    ) -> None:
        self._directory, self._cost_centre = directory, cost_centre
        self._breaker, self._timing = breaker, timing
        self.deadline, self.began, self._idle = deadline, timing.now(), 0.0
        self.route = directory.map(deadline)
        self._failures: dict[tuple[str, str, str], int] = {}
        self._left_out: set[tuple[str, str, str]] = set()
        self._denials: list[Exception] = []
        self._again = self._reread = False
        self._last: Kind | None = None
        self.attempts: list[Attempt] = []

    @property
    def elapsed_ms(self) -> float:
        return (self._timing.now() - self.began) * 1000

    @property
    def left(self) -> float:
        """Seconds to the deadline; below zero behind it."""
        return self.began + self._idle + self.deadline - self._timing.now()

    def idle(self, seconds: float) -> None:
        """The caller was away with a stream that it had not begun to read: not the request's time."""
        self._idle += seconds

    def __iter__(self) -> Iterator[Try]:
        rounds = 0
        while rounds < ROUNDS and self.left > 0:
            self._again = False
            for target, last in self._order():
                yield from self._tries(target, last)
                if self._again:
                    break
            rounds += not self._again

    def answered(self, one: Try) -> None:
        self._breaker(one.target).answered()
        self.attempts.append(self._attempt(one))

    def failed(self, one: Try, error: Exception) -> Failure:
        """What is the caller's to mend is the caller's to raise. Reads the map again, once, for what is gone."""
        failure = judge(error)
        self.attempts.append(self._attempt(one, failure))
        self._last = failure.kind
        if failure.kind is Kind.CALLERS:
            self._breaker(one.target).answered()
            return failure
        self._failures[one.target.key] = self._failures.get(one.target.key, 0) + 1
        for_good = failure.kind in (Kind.GONE, Kind.DENIED)
        self._breaker(one.target).failed(for_good=for_good)
        if for_good:
            self._left_out.add(one.target.key)
        if failure.kind is Kind.GONE:
            self._read_again(one.target.step)
        elif failure.kind is Kind.DENIED:
            self._denials.append(error)
        return failure

    @property
    def denied(self) -> Exception | None:
        """What the first step was refused with, where every step was."""
        return self._denials[0] if self._denials and len(self._denials) == len(self.attempts) else None

    def _read_again(self, gone: Step) -> None:
        """A deploy or a promotion may have named something else by now: then the walk begins anew with that."""
        if self._reread or self.left <= 0:
            return
        self._reread, before = True, self.route
        try:
            self._directory.refresh(lambda: self.left)
            self.route = self._directory.map(self.left)
        except RouteError:
            return  # the map at hand has other steps yet
        self._again = self.route != before or gone.alias is not None

    def _order(self) -> Iterator[tuple[Target, bool]]:
        """Targets, each with whether it is the last of the round."""
        steps, postponed = self.route.steps, list[Target]()
        for index, step in enumerate(steps):
            if self.left <= 0:
                return
            target = self._target(index, step)
            if target is None:
                continue
            if self._breaker(target).admits():
                yield target, index == len(steps) - 1 and not postponed
            else:
                postponed.append(target)
        for target in postponed:
            yield target, target is postponed[-1]

    def _target(self, index: int, step: Step) -> Target | None:
        """None for what cannot be called: nothing is promoted, or it was gone or denied when this request asked."""
        try:
            target = target_of(index, step, self._directory, self._cost_centre, self.left)
        except (NothingPromoted, UnreadableAlias, StillReading, *AWS_ERRORS) as error:
            said = Attempt(index=index, region=step.region, identifier=None, error=_name(error), message=str(error))
            if said not in self.attempts:  # it is so in every round
                self.attempts.append(said)
            return None
        return None if target.key in self._left_out else target

    def _tries(self, target: Target, last: bool) -> Iterator[Try]:
        for _ in range(TRIES):
            self._pause(self._failures.get(target.key, 0))
            began = self._timing.now()
            left = self.left
            seconds = rung(self.deadline, left if last else left / 2)
            if seconds is None:
                return
            self._last = None
            yield Try(target, self.route, seconds, began)
            if self._last is not Kind.TRANSIENT:
                return

    def _pause(self, failures: int) -> None:
        """None before a step that has not failed; never beyond the deadline."""
        if failures:
            most = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1), max(self.left, 0.0))
            self._timing.sleep(self._timing.jitter(most))

    def _attempt(self, one: Try, failure: Failure | None = None) -> Attempt:
        return Attempt(
            index=one.target.index,
            region=one.target.step.region,
            identifier=one.target.identifier,
            error=failure.name if failure else None,
            message=failure.message if failure else None,
            elapsed_ms=(self._timing.now() - one.began) * 1000,
        )


def rung(deadline: float, seconds: float) -> float | None:
    """The longest of the times that a try may be given that is not above `seconds`; None where too little is left.

    A little below the deadline and its half, since a request that has just begun has a little less than these.
    """
    rungs = (0.95 * deadline / 2 ** (half / 2) for half in range(RUNGS))
    return next((one for one in rungs if one <= seconds), None)


def _name(error: Exception) -> str:
    return type(error).__name__ if isinstance(error, RouteError) else judge(error).name
