"""The fallback policy of a route: which step a request tries next, for how long, and when it gives up.

A step is tried STEP_ATTEMPTS times with a pause of full jitter between attempts (AWS Builders' Library, "Timeouts,
retries, and backoff with jitter"), then the next step is tried. If none answered, the policy is walked again, ROUNDS
times in total, while time remains. A step that is not the last of a round may use half of the remaining time, so that
one that hangs, or sends a byte now and then, leaves enough for the others. A step whose circuit breaker is open is
tried last. Reading the map and aliases counts towards the deadline.

A step that has a canary is two endpoints for the calls that the canary takes: its canary is tried once, and whatever
error it returns, the live endpoint is tried next.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from distillery.client.aws import AWS_ERRORS, Failure, FailureKind, classify
from distillery.client.cached_value import ReadInProgress
from distillery.client.canary import CANARY, LIVE
from distillery.client.clock import Timing
from distillery.client.converse import ResolvedStep
from distillery.client.errors import (
    Attempt,
    NothingPromoted,
    OutsideBusinessHours,
    RouteError,
    SystemPromptUnavailable,
    UnreadableAlias,
)
from distillery.client.route_map import RouteMap, Step
from distillery.client.route_store import RouteStore

NOTHING_TO_CALL = (NothingPromoted, OutsideBusinessHours, UnreadableAlias, SystemPromptUnavailable)
"""Why a step of a student is not called."""
STEP_ATTEMPTS, ROUNDS = 2, 3
FIRST_PAUSE, MAX_PAUSE = 0.1, 5.0
"""Seconds: upper bound of a step's first pause, which doubles with each failure, and of every pause."""
SHORTEST = 1 / 25
"""Share of the deadline. With less time than that, no attempt is made."""
BREAKER_FAILURES = 5
"""Consecutive failures, of all callers together, that open a circuit breaker."""
BREAKER_SECONDS = 10.0
"""How long a circuit breaker stays open."""


class CircuitBreaker:
    """Closed until BREAKER_FAILURES consecutive failures, then open for BREAKER_SECONDS. After that it is half-open: it
    admits one request and stays open for the others until that request ends. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._failures, self._retry_at = 0, 0.0

    def admits(self) -> bool:
        """Returns whether to send a request. If the breaker is open, True means that the caller is the one to try."""
        if self._failures < BREAKER_FAILURES:
            return True
        with self._lock:
            if self._failures >= BREAKER_FAILURES and self._now() < self._retry_at:
                return False
            self._retry_at = self._now() + BREAKER_SECONDS  # has no effect unless the breaker is open
            return True

    def renew(self) -> None:
        """Replaces the lock, in a forked process."""
        self._lock = threading.Lock()

    def record_success(self) -> None:
        """Records a response. A response that blames the request counts as success."""
        if self._failures:  # without the lock: every request comes by
            with self._lock:
                self._failures = 0

    def record_failure(self, *, permanent: bool = False) -> None:
        """Records a failure. A permanent one opens the breaker at once."""
        with self._lock:
            self._failures = max(self._failures + 1, BREAKER_FAILURES if permanent else 0)
            self._retry_at = self._now() + BREAKER_SECONDS


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """An attempt to make now. timeout: seconds to wait for an answer. started_at: seconds of the route's clock."""

    target: ResolvedStep
    route: RouteMap
    timeout: float
    started_at: float


class Fallback:
    """Iterates over the attempts of one request. The caller makes each one and reports its result with `succeeded` or
    `failed`.

    Raises:
        NoSuchRoute, MapUnavailable: the route has no readable map.
    """

    def __init__(
        self,
        store: RouteStore,
        *,
        deadline: float,
        cost_centre: str | None,
        breaker: Callable[[ResolvedStep], CircuitBreaker],
        timing: Timing,
        has_system: bool = False,
        key: str | None = None,
    ) -> None:
        self._store, self._cost_centre, self._has_system, self._key = store, cost_centre, has_system, key
        self._breaker, self._timing = breaker, timing
        self.deadline, self.started_at, self._excluded = deadline, timing.now(), 0.0
        self.route = store.map(deadline)
        self._failures: dict[tuple[str, str, str], int] = {}
        self._unusable: set[tuple[str, str, str]] = set()
        self._denials: list[Exception] = []
        self._restart = self._reread = False
        self._last: FailureKind | None = None
        self._takes: dict[str, bool] = {}
        self.assigned = ""
        """The variant that the request was assigned to, `canary` or `live`; empty where no step has a canary."""
        self.attempts: list[Attempt] = []

    @property
    def elapsed_ms(self) -> float:
        return (self._timing.now() - self.started_at) * 1000

    @property
    def remaining(self) -> float:
        """Seconds to the deadline; negative after it."""
        return self.started_at + self._excluded + self.deadline - self._timing.now()

    def exclude(self, seconds: float) -> None:
        """Excludes this time: the caller had not begun to read its stream."""
        self._excluded += seconds

    def __iter__(self) -> Iterator[PlannedAttempt]:
        rounds = 0
        while rounds < ROUNDS and self.remaining > 0:
            self._restart = False
            for target, is_last in self._round():
                yield from self._attempts(target, is_last)
                if self._restart:
                    break
            rounds += not self._restart

    def succeeded(self, planned: PlannedAttempt) -> None:
        self._breaker(planned.target).record_success()
        self.attempts.append(self._record(planned))

    def failed(self, planned: PlannedAttempt, error: Exception) -> Failure:
        """Records a failure. If the resource is gone, it rereads the map, once per request."""
        failure, key = classify(error), planned.target.key
        self.attempts.append(self._record(planned, failure))
        self._last = failure.kind
        if planned.target.variant == CANARY:
            self._unusable.add(key)
        if failure.kind is FailureKind.CALLERS:
            self._breaker(planned.target).record_success()
            return failure
        self._failures[key] = self._failures.get(key, 0) + 1
        permanent = failure.kind in (FailureKind.GONE, FailureKind.DENIED)
        self._breaker(planned.target).record_failure(permanent=permanent)
        if permanent:
            self._unusable.add(key)
        if failure.kind is FailureKind.GONE:
            self._reread_map(planned.target.step)
        elif failure.kind is FailureKind.DENIED:
            self._denials.append(error)
        return failure

    @property
    def denial(self) -> Exception | None:
        """The error of the first step, if every step was denied."""
        return self._denials[0] if self._denials and len(self._denials) == len(self.attempts) else None

    def _reread_map(self, gone: Step) -> None:
        """A deployment or a promotion may have replaced the resource. If so, start the policy again."""
        if self._reread or self.remaining <= 0:
            return
        self._reread, previous = True, self.route
        try:
            self._store.refresh(lambda: self.remaining)
            self.route = self._store.map(self.remaining)
        except RouteError:
            return  # the current map has other steps
        self._restart = self.route != previous or gone.alias is not None

    def _round(self) -> Iterator[tuple[ResolvedStep, bool]]:
        """The steps to try, each with whether it is the last of the round."""
        steps, postponed = self.route.steps, list[ResolvedStep]()
        for index, step in enumerate(steps):
            if self.remaining <= 0:
                return
            target = self._found(index, step)
            if target is None:
                continue
            if target.canary is not None:
                canary, target = self._split(target)
                if canary and self._breaker(canary).admits():
                    yield canary, False
            if target.key in self._unusable:
                continue
            if self._breaker(target).admits():
                yield target, index == len(steps) - 1 and not postponed
            else:
                postponed.append(target)
        for target in postponed:
            yield target, target is postponed[-1]

    def _split(self, target: ResolvedStep) -> tuple[ResolvedStep | None, ResolvedStep]:
        """Returns the step's canary, if it takes this request and was not tried, and the live endpoint. A request
        without a key is assigned once."""
        canary, now = target.canary, self._timing.wall()
        if canary is None or now >= canary.end:
            return None, target
        takes = self._takes.setdefault(canary.salt, canary.takes(self._key, now))
        self.assigned = self.assigned or (CANARY if takes else LIVE)
        other, live = target.variants(canary)
        if not takes or other.key in self._unusable:
            return None, live
        return self._found(target.index, target.step, other), live

    def _found(self, index: int, step: Step, known: ResolvedStep | None = None) -> ResolvedStep | None:
        """Returns what to call, which may be `known` but for its system prompt; None if no model was promoted, its
        alias is paused, or its system prompt cannot be read."""
        try:
            target = known or self._store.resolve(index, step, self._cost_centre, self.remaining)
            if self._has_system:
                return target
            return self._store.with_system_prompt(target, self.route.steps[0], self.remaining)
        except (*NOTHING_TO_CALL, ReadInProgress, *AWS_ERRORS) as error:
            name = type(error).__name__ if isinstance(error, RouteError) else classify(error).name
            attempt = Attempt(index=index, region=step.region, identifier=None, error=name, message=str(error))
            if attempt not in self.attempts:  # the same in every round
                self.attempts.append(attempt)
            return None

    def _attempts(self, target: ResolvedStep, is_last: bool) -> Iterator[PlannedAttempt]:
        for _ in range(STEP_ATTEMPTS):
            self._pause(self._failures.get(target.key, 0))
            started_at = self._timing.now()
            remaining = self.remaining
            timeout = remaining if is_last else remaining / 2
            if timeout < self.deadline * SHORTEST:
                return
            self._last = None
            yield PlannedAttempt(target, self.route, timeout, started_at)
            if self._last is not FailureKind.TRANSIENT or target.variant == CANARY:
                return

    def _pause(self, failures: int) -> None:
        """Pauses before a step that has failed, never beyond the deadline."""
        if failures:
            most = min(MAX_PAUSE, FIRST_PAUSE * 2 ** (failures - 1), max(self.remaining, 0.0))
            self._timing.sleep(self._timing.jitter(most))

    def _record(self, planned: PlannedAttempt, failure: Failure | None = None) -> Attempt:
        return Attempt(
            index=planned.target.index,
            region=planned.target.step.region,
            identifier=planned.target.identifier,
            error=failure.name if failure else None,
            message=failure.message if failure else None,
            elapsed_ms=(self._timing.now() - planned.started_at) * 1000,
        )
