"""Faults to inject: their kinds and fields, the decision when one applies, and their effect on a call.

kind                 effect                                                              fields of its own
error                the call fails with an error that the operation declares            operation, error, message
slow                 the response is delayed by real seconds                             operation, seconds
no-answer            the work is done, then the connection is closed                     operation, seconds
stream               a stream ends after so many events: with an error that it           operation, events, error,
                     declares, or without one by closing the connection                  message
stuck-job            the job stays in its stage while the fault is listed                stage
failed-job           the job fails in its stage                                          stage, message
failed-deployment    a custom model deployment, or its update, fails                     message
failed-throughput    Provisioned Throughput fails while it is created                    message
stalled-throughput   Provisioned Throughput keeps its status while the fault is listed
lost-event           the event is not delivered
doubled-event        the event is delivered twice
delayed-event        the event is delivered virtual seconds late                         seconds

Decisions are seeded: the same faults and the same sequence of calls fail in the same places. An error applies only to
operations that declare it in botocore's model. Default messages are those of the API reference, or as others observed
them; where neither has one, the message is the simulator's.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice

from bedrock_simulator import errors
from bedrock_simulator.models import text
from bedrock_simulator.ports import Chunk, Request, Response, StreamInterrupted
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import Operation, Params

ANY = "*"
STAGES = ("Validation", "DataProcessing", "Training")
KINDS: dict[str, frozenset[str]] = {
    "error": frozenset({"operation", "error", "message"}),
    "slow": frozenset({"operation", "seconds"}),
    "no-answer": frozenset({"operation", "seconds"}),
    "stream": frozenset({"operation", "events", "error", "message"}),
    "stuck-job": frozenset({"stage"}),
    "failed-job": frozenset({"stage", "message"}),
    "failed-deployment": frozenset({"message"}),
    "failed-throughput": frozenset({"message"}),
    "stalled-throughput": frozenset(),
    "lost-event": frozenset(),
    "doubled-event": frozenset(),
    "delayed-event": frozenset({"seconds"}),
}
MAX_SECONDS, MAX_COUNT = 10 * 365 * 24 * 3600, 10**9
_KIND_FIELDS = frozenset().union(*KINDS.values())


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Raises ValueError if its fields do not fit its kind.

    Attributes:
        named: Affects only jobs, deployments and throughput whose name starts with it; in the runtime, model IDs. An
            event has the name of its job.
        account: Affects only this account.
        region: Affects only this Region.
        after: The number of matching calls that pass before the first one is affected.
        times: The maximum number of affected calls, None for no limit.
        probability: The probability of each, decided by the seed of `Faults`.
        id: Assigned by `Faults`.
    """

    kind: str
    operation: str = ANY
    error: str = ""
    message: str = ""
    seconds: float = 0.0
    events: int = 0
    stage: str = "Training"
    named: str = ""
    account: str = ANY
    region: str = ANY
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    id: str = ""

    def __post_init__(self) -> None:
        if problem := _find_problem(self):
            raise ValueError(problem)


def _find_problem(fault: Fault) -> str | None:
    if fault.kind not in KINDS:
        return f"unknown kind of fault {fault.kind!r}; allowed are {', '.join(KINDS)}"
    present = {each.name for each in fields(fault) if getattr(fault, each.name) != each.default}
    if unknown := present & _KIND_FIELDS - KINDS[fault.kind]:
        return f"a fault {fault.kind!r} has no field {', '.join(sorted(unknown))}"
    if fault.kind == "error" and not fault.error:
        return "a fault 'error' needs the name of an error, such as ThrottlingException"
    if not 0 <= fault.probability <= 1:
        return f"probability is {fault.probability:g}: it must be between 0 and 1"
    if not 0 <= fault.seconds <= MAX_SECONDS:
        return f"seconds is {fault.seconds:g}: write a number from 0 to {MAX_SECONDS} (ten years)"
    for name, least in (("after", 0), ("events", 0), ("times", 1)):
        count = getattr(fault, name)
        if count is not None and not least <= count <= MAX_COUNT:
            return f"{name} is {count}: write a number from {least} to {MAX_COUNT}"
    if fault.stage not in STAGES:
        return f"a job has no stage {fault.stage!r}; its stages are {', '.join(STAGES)}"
    return _undeclared(fault)


def _undeclared(fault: Fault) -> str | None:
    """Why no operation can return the fault's error; None if one can."""
    concerned = [each for each in _operations() if fault.operation in (ANY, each.name)]
    if not concerned:
        return f"Bedrock has no operation {fault.operation!r}"
    if fault.kind == "stream":
        concerned = [each for each in concerned if each.stream_errors]
        if not concerned:
            return f"{fault.operation} does not return a stream"
    if not fault.error or any(fault.error in declared_errors(fault.kind, each) for each in concerned):
        return None
    known = sorted({name for each in concerned for name in declared_errors(fault.kind, each)})
    return f"{fault.operation} does not declare the error {fault.error}; it declares {', '.join(known)}"


def _operations() -> list[service_model.Operation]:
    return [each for service in service_model.SERVICES for each in service_model.operations(service)]


def declared_errors(kind: str, operation: service_model.Operation) -> dict[str, int]:
    """The errors, with their HTTP status, that a fault of this kind can produce in the operation."""
    return operation.stream_errors if kind == "stream" else operation.errors


@dataclass(frozen=True, slots=True)
class FaultContext:
    """A point at which a fault may apply.

    Attributes:
        errors: The errors that the operation declares.
        subject: Identifies a decision that is asked for repeatedly: a fault decides once for each subject. Without a
            subject, every question is decided anew.
    """

    account: str
    region: str
    operation: str = ANY
    named: str = ""
    stage: str = "Training"
    errors: Collection[str] = ()
    subject: str = ""


@dataclass(slots=True)
class _FaultState:
    """How often a fault was considered, and how often it applied."""

    fault: Fault
    occasions: int = 0
    struck: int = 0


class Faults:
    """The faults of one simulator, in the order in which they were added. Thread-safe."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: str = "1") -> None:
        self._seed, self._lock = seed, threading.Lock()
        self._records: dict[str, _FaultState] = {}
        self._decided: dict[tuple[str, str], bool] = {}
        self._last_id = 0
        self.add(*faults)

    def __bool__(self) -> bool:
        """Whether there are any faults."""
        return bool(self._records)

    def add(self, *faults: Fault) -> list[Fault]:
        """Adds faults; returns them with their IDs."""
        with self._lock:
            return [self._add(fault) for fault in faults]

    def _add(self, fault: Fault) -> Fault:
        self._last_id += 1
        added = replace(fault, id=f"fault-{self._last_id}")
        self._records[added.id] = _FaultState(added)
        return added

    def list_faults(self) -> list[tuple[Fault, int]]:
        """All faults, each with the number of times it has applied."""
        with self._lock:
            return [(record.fault, record.struck) for record in self._records.values()]

    def clear(self, fault_id: str | None = None) -> bool:
        """Removes one fault, or all; returns False if there is none with that ID."""
        with self._lock:
            gone = [fault_id] if fault_id is not None else list(self._records)
            found = [self._records.pop(each, None) for each in gone]
            self._decided = {key: value for key, value in self._decided.items() if key[0] in self._records}
            return fault_id is None or found != [None]

    def match(self, kind: str, context: FaultContext) -> Fault | None:
        """The first fault of this kind that applies, None if none does."""
        with self._lock:
            for record in self._records.values():
                if record.fault.kind == kind and _matches(record.fault, context) and self._decide(record, context):
                    return record.fault
        return None

    def _decide(self, record: _FaultState, context: FaultContext) -> bool:
        key = (record.fault.id, context.subject)
        if context.subject and key in self._decided:
            return self._decided[key]
        strikes = self._draw(record)
        if context.subject:
            self._decided[key] = strikes
        return strikes

    def _draw(self, record: _FaultState) -> bool:
        fault, number = record.fault, record.occasions
        record.occasions += 1
        if number < fault.after or (fault.times is not None and record.struck >= fault.times):
            return False
        if text.fraction(self._seed, fault.id, str(number)) >= fault.probability:
            return False
        record.struck += 1
        return True


def _matches(fault: Fault, context: FaultContext) -> bool:
    return (
        fault.operation in (ANY, context.operation)
        and fault.account in (ANY, context.account)
        and fault.region in (ANY, context.region)
        and context.named.startswith(fault.named)
        and ("stage" not in KINDS[fault.kind] or fault.stage == context.stage)
        and (not fault.error or fault.error in context.errors)
    )


_DEFAULT_MESSAGE = "The call failed (injected by a fault of this simulator)."


class FaultInjector:
    """The effect of faults on one call. Calls with `Request.exempt_from_faults` are not affected."""

    def __init__(self, faults: Faults, request: Request, operation: Operation, params: Params) -> None:
        self._faults, self._operation, self._exempt, self._broken = faults, operation, request.exempt_from_faults, False
        named = str(params.get("modelId", ""))
        self._context = FaultContext(request.account, request.region, operation.name, named)

    def _match(self, kind: str) -> Fault | None:
        if self._exempt or not self._faults:
            return None
        context = replace(self._context, errors=declared_errors(kind, self._operation))
        return self._faults.match(kind, context)

    def raise_error(self) -> None:
        """Raises the ServiceError that replaces the work."""
        if fault := self._match("error"):
            status = declared_errors("error", self._operation)[fault.error]
            raise errors.ServiceError(fault.error, status, _message(fault))

    def alter_stream(self, answer: Params) -> Params:
        """The response's members, with a stream that may end early."""
        name = self._operation.stream
        fault = self._match("stream") if name else None
        if name is None or fault is None:
            return answer
        events = [*islice(answer[name], fault.events)]
        if fault.error:
            events.append((0.0, {fault.error[0].lower() + fault.error[1:]: {"message": _message(fault)}}))
        self._broken = not fault.error
        return {**answer, name: events}

    def alter_response(self, response: Response) -> Response:
        """The response: broken off, delayed, or dropped."""
        if self._broken:
            pieces = [(0.0, response.body)] if response.chunks is None else response.chunks
            response = replace(response, body=b"", chunks=_broken_off(pieces))
        if fault := self._match("slow"):
            response = replace(response, delay=response.delay + fault.seconds)
        if fault := self._match("no-answer"):
            response = replace(response, delay=response.delay + fault.seconds, dropped=True)
        return response


def _broken_off(pieces: Iterable[Chunk]) -> Iterator[Chunk]:
    yield from pieces
    raise StreamInterrupted


def _message(fault: Fault) -> str:
    return fault.message or errors.DEFAULT_MESSAGES.get(fault.error, _DEFAULT_MESSAGE)
