"""All that is set to go wrong, and the decider that says when it does.

Decisions are seeded: the same faults and the same sequence of occasions go wrong in the same places.
"""

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from bedrock_simulator.fault import ANY, KINDS, Fault
from bedrock_simulator.models import text

__all__ = ["Fault", "Faults", "Occasion"]


@dataclass(frozen=True, slots=True)
class Occasion:
    """A moment when something could go wrong.

    errors: those that the operation declares. subject: tells occasions apart that are asked about repeatedly, for a
    fault decides once of each subject; without one, every question is a new occasion.
    """

    account: str
    region: str
    operation: str = ANY
    named: str = ""
    stage: str = "Training"
    errors: Collection[str] = ()
    subject: str = ""


@dataclass(slots=True)
class _Record:
    """What has become of a fault so far."""

    fault: Fault
    occasions: int = 0
    struck: int = 0


class Faults:
    """The faults of one simulator, in the order in which they were added. Safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: str = "1") -> None:
        self._seed, self._lock = seed, threading.Lock()
        self._records: dict[str, _Record] = {}
        self._decided: dict[tuple[str, str], bool] = {}
        self._minted = 0
        self.add(*faults)

    def __bool__(self) -> bool:
        """Whether anything could strike."""
        return bool(self._records)

    def add(self, *faults: Fault) -> list[Fault]:
        """Adds them; as they are listed, with their ids."""
        with self._lock:
            return [self._add(fault) for fault in faults]

    def _add(self, fault: Fault) -> Fault:
        self._minted += 1
        kept = replace(fault, id=f"fault-{self._minted}")
        self._records[kept.id] = _Record(kept)
        return kept

    def listed(self) -> list[tuple[Fault, int]]:
        """All of them, each with how many times it has struck."""
        with self._lock:
            return [(record.fault, record.struck) for record in self._records.values()]

    def clear(self, fault_id: str | None = None) -> bool:
        """Removes one, or all; False if there is none of that id."""
        with self._lock:
            gone = [fault_id] if fault_id is not None else list(self._records)
            found = [self._records.pop(each, None) for each in gone]
            self._decided = {key: value for key, value in self._decided.items() if key[0] in self._records}
            return fault_id is None or found != [None]

    def strikes(self, kind: str, occasion: Occasion) -> Fault | None:
        """The first fault of that kind that strikes on this occasion."""
        with self._lock:
            for record in self._records.values():
                if record.fault.kind == kind and _concerns(record.fault, occasion) and self._decide(record, occasion):
                    return record.fault
        return None

    def _decide(self, record: _Record, occasion: Occasion) -> bool:
        key = (record.fault.id, occasion.subject)
        if occasion.subject and key in self._decided:
            return self._decided[key]
        strikes = self._draw(record)
        if occasion.subject:
            self._decided[key] = strikes
        return strikes

    def _draw(self, record: _Record) -> bool:
        fault, number = record.fault, record.occasions
        record.occasions += 1
        if number < fault.after or (fault.times is not None and record.struck >= fault.times):
            return False
        if text.fraction(self._seed, fault.id, str(number)) >= fault.probability:
            return False
        record.struck += 1
        return True


def _concerns(fault: Fault, occasion: Occasion) -> bool:
    return (
        fault.operation in (ANY, occasion.operation)
        and fault.account in (ANY, occasion.account)
        and fault.region in (ANY, occasion.region)
        and occasion.named.startswith(fault.named)
        and ("stage" not in KINDS[fault.kind] or fault.stage == occasion.stage)
        and (not fault.error or fault.error in occasion.errors)
    )
