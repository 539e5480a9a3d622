"""Keeps a simulator's memory in a folder: after every change, in one step, so that a kill loses the last one at most.

DIR/state.json      the memory
DIR/clock.json      the calendar, written every second: where the clock goes on after a kill
DIR/pairs/NAME      what students learnt
DIR/lock            held by the simulator that runs from here
"""

import fcntl
import os
import threading
from io import TextIOWrapper
from pathlib import Path

import msgspec

from bedrock_simulator import state
from bedrock_simulator.clock import ClockState, MemoryClock
from bedrock_simulator.engine import Bedrock


class StateError(Exception):
    """The folder cannot be used. The message is one sentence for a person."""


class PairFiles:
    """The sets of pairs, a file each (`state.Shelf`)."""

    def __init__(self, root: Path) -> None:
        self._root, self._read = root, set[str]()
        root.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, pairs: bytes) -> None:
        """Keeps a set, unless it is there."""
        if not (self._root / name).exists():
            replace(self._root / name, pairs)

    def get(self, name: str) -> bytes:
        """A set that was kept. Raises KeyError."""
        self._read.add(name)
        try:
            return (self._root / name).read_bytes()
        except OSError:
            raise KeyError(str(self._root / name)) from None

    def sweep(self) -> None:
        """Removes what was never read: nobody learnt it any more."""
        for path in self._root.iterdir():
            if path.name not in self._read:
                path.unlink()


class StateDirectory:
    """One simulator's memory on disk. `save` may be called from several threads."""

    def __init__(self, folder: Path, bedrock: Bedrock, clock: MemoryClock) -> None:
        self._bedrock, self._clock = bedrock, clock
        self._lock, self._kept = threading.Lock(), b""
        self._file, self._calendar = folder / "state.json", folder / "clock.json"
        try:
            self._shelf = PairFiles(folder / "pairs")
            self._held = _lock_directory(folder / "lock")
        except OSError as why:
            raise StateError(f"nothing can be kept in {folder}: {why.strerror}.") from why

    def load(self) -> ClockState | None:
        """Lets the simulator remember what is kept; the calendar that was kept with it. Raises CannotKeep."""
        try:
            found: ClockState = msgspec.json.decode(self._calendar.read_bytes(), type=ClockState)
            self._bedrock.restore(state.decode(self._file.read_bytes(), self._shelf))
            self._shelf.sweep()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, state.InvalidState) as why:
            raise StateError(f"{self._file} cannot be read: {why}. Choose another --state, or remove it.") from why
        return found

    def save(self) -> None:
        """Writes what has changed since the last time."""
        with self._lock:
            encoded = self._bedrock.remember(lambda memory: state.encode(memory, self._shelf))
            if encoded != self._kept:
                self._save_clock()  # first: nothing remembered is later than the clock
                replace(self._file, encoded)
                self._kept = encoded

    def save_clock(self) -> None:
        """Writes the calendar of the moment."""
        with self._lock:
            self._save_clock()

    def _save_clock(self) -> None:
        replace(self._calendar, msgspec.json.encode(self._clock.frozen()), lasting=False)


def _lock_directory(lock: Path) -> TextIOWrapper:
    held = lock.open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise StateError(f"another simulator runs from {lock.parent}: stop it, or choose another --state.") from None
    return held


def replace(path: Path, body: bytes, *, lasting: bool = True) -> None:
    """Puts a file in place in one step; unless a power cut may undo it, on the disk."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(body)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    os.replace(draft, path)
