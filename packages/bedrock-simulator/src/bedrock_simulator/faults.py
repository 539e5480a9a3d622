"""Faults to inject: the decision when one applies, and its effect on a call. `fault_kinds` lists the kinds.

Decisions are seeded: the same faults and the same sequence of calls fail in the same places.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bedrock_simulator import errors
from bedrock_simulator.fault_kinds import ANY, KINDS, Fault, declared_errors
from bedrock_simulator.models import text
from bedrock_simulator.ports import Chunk, Request, Response, StreamInterrupted
from bedrock_simulator.protocol.service_model import INFERENCE_OPERATIONS, Operation, Params


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


_FILTERED_TEXT = "The generated text has been blocked by our content filters."
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

    def filtered_text(self) -> str | None:
        """The text with which a content filter ends the answer, None if none does."""
        if self._operation.name in INFERENCE_OPERATIONS and (fault := self._match("filtered")):
            return fault.message or _FILTERED_TEXT
        return None

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
