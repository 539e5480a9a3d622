"""What a simulator remembers, as typed JSON: what it holds of every account, what teachers know, what is under way.

Students are kept as the pairs that they learnt, each set once and apart from the rest (`Shelf`): it never changes, and
may be large.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from bedrock_simulator.control_plane.scheduler import Event
from bedrock_simulator.control_plane.training import TrainingWork
from bedrock_simulator.models.student import LazyStudent
from bedrock_simulator.records import RegionResources

VERSION = 1


class InvalidState(Exception):
    """This is no memory of a simulator, or one of another version; the text says which."""


@dataclass(slots=True)
class SimulatorState:
    """All of it. `shown`: account → system prompt → prompt → golden answer. `told`: job → status last told of."""

    estates: list[RegionResources] = field(default_factory=list)
    shown: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    lessons: dict[str, TrainingWork] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)


class PairStore(Protocol):
    """Where sets of pairs are, each under its name."""

    def put(self, name: str, pairs: bytes) -> None:
        """Keeps a set, unless it is there."""

    def get(self, name: str) -> bytes:
        """A set that was kept. Raises KeyError."""


def encode(memory: SimulatorState, shelf: PairStore) -> bytes:
    """The memory; sets of pairs go to the shelf."""

    def told(value: Any) -> str:
        if not isinstance(value, LazyStudent):
            raise NotImplementedError(f"{type(value).__name__} cannot be kept")
        pairs = msgspec.json.encode(value.pairs)
        name = hashlib.sha256(pairs).hexdigest()
        shelf.put(name, pairs)
        return name

    encoded: bytes = msgspec.json.encode({"version": VERSION, "memory": memory}, enc_hook=told)
    return encoded


def decode(encoded: bytes, shelf: PairStore) -> SimulatorState:
    """The memory again. Raises Unreadable."""

    def read(kind: type, value: Any) -> Any:
        if kind is not LazyStudent:
            raise NotImplementedError(f"{kind.__name__} cannot be read")
        return LazyStudent(msgspec.json.decode(shelf.get(value), type=list[tuple[str, str]]))

    try:
        kept: Mapping[str, Any] = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(kept["version"])
        if version != VERSION:
            raise InvalidState(f"it is of version {version}, and this simulator reads {VERSION}")
        memory: SimulatorState = msgspec.json.decode(kept["memory"], type=SimulatorState, dec_hook=read)
    except KeyError as missing:
        raise InvalidState(f"{missing} is missing") from missing
    except ValueError as why:  # of msgspec, for what is no JSON and for what does not fit
        raise InvalidState(str(why)) from why
    return memory
