"""The state of a simulator as typed JSON: the resources of every account, what teachers know, and unfinished work.

A trained model is stored as the prompt-answer pairs that it was trained on. Each set of pairs is stored once and apart
from the rest (`PairStore`), because it never changes and may be large.
"""

import hashlib
from typing import Any, Protocol

import msgspec

from bedrock_simulator.control_plane.scheduler import Event
from bedrock_simulator.control_plane.training import TrainingWork
from bedrock_simulator.models.student import LazyStudent
from bedrock_simulator.records import RegionResources

VERSION = 1


class InvalidState(Exception):
    """This is not the state of a simulator, or one of another version; the text says which."""


class SimulatorState(
    msgspec.Struct,
    rename={"regions": "estates", "training": "lessons", "reported": "told", "events": "waiting"},
):
    """The whole state. The names in JSON are those of the first release.

    Attributes:
        regions: The resources of every account and Region.
        shown: The golden answers that each account's teacher has seen: account → system prompt → prompt → answer.
        training: The work of the customization jobs that run, by ARN.
        reported: The status that was last reported of each job, by ARN.
        events: The events that are not delivered yet.
    """

    regions: list[RegionResources] = msgspec.field(default_factory=list)
    shown: dict[str, dict[str, dict[str, str]]] = msgspec.field(default_factory=dict)
    training: dict[str, TrainingWork] = msgspec.field(default_factory=dict)
    reported: dict[str, str] = msgspec.field(default_factory=dict)
    events: list[Event] = msgspec.field(default_factory=list)


class PairStore(Protocol):
    """Stores sets of prompt-answer pairs by name."""

    def put(self, name: str, pairs: bytes) -> None:
        """Stores a set, unless it is stored already."""

    def get(self, name: str) -> bytes:
        """Returns a set. Raises KeyError."""


def encode(state: SimulatorState, store: PairStore) -> bytes:
    """Encodes the state; sets of pairs go to the store."""

    def encode_student(value: Any) -> str:
        if not isinstance(value, LazyStudent):
            raise NotImplementedError(f"{type(value).__name__} cannot be encoded")
        pairs = msgspec.json.encode(value.pairs)
        name = hashlib.sha256(pairs).hexdigest()
        store.put(name, pairs)
        return name

    encoded: bytes = msgspec.json.encode({"version": VERSION, "memory": state}, enc_hook=encode_student)
    return encoded


def decode(encoded: bytes, store: PairStore) -> SimulatorState:
    """Decodes a state. Raises InvalidState."""

    def decode_student(kind: type, value: Any) -> Any:
        if kind is not LazyStudent:
            raise NotImplementedError(f"{kind.__name__} cannot be decoded")
        return LazyStudent(msgspec.json.decode(store.get(value), type=list[tuple[str, str]]))

    try:
        document: dict[str, msgspec.Raw] = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
        version = msgspec.json.decode(document["version"])
        if version != VERSION:
            raise InvalidState(f"it has version {version}, and this simulator reads {VERSION}")
        state: SimulatorState = msgspec.json.decode(document["memory"], type=SimulatorState, dec_hook=decode_student)
    except KeyError as missing:
        raise InvalidState(f"{missing} is missing") from missing
    except ValueError as why:  # of msgspec: not JSON, or JSON that does not fit
        raise InvalidState(str(why)) from why
    return state
