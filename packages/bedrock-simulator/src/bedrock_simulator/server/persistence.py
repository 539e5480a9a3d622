"""Stores a simulator's state in a folder, after every change and atomically. A kill loses the last change at most.

DIR/state.json      the state
DIR/clock.json      the clock's state, written every second: where the clock continues after a kill
DIR/pairs/NAME      what students were trained on
DIR/lock            locked by the simulator that uses the folder
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
    """The sets of pairs, one file each (`state.PairStore`)."""

    def __init__(self, root: Path) -> None:
        self._root, self._read = root, set[str]()
        root.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, pairs: bytes) -> None:
        """Stores a set, unless it is stored already."""
        if not (self._root / name).exists():
            replace(self._root / name, pairs)

    def get(self, name: str) -> bytes:
        """Returns a set. Raises KeyError."""
        self._read.add(name)
        try:
            return (self._root / name).read_bytes()
        except OSError:
            raise KeyError(str(self._root / name)) from None

    def delete_unread(self) -> None:
        """Deletes the sets that were not read since the start: no model uses them."""
        for path in self._root.iterdir():
            if path.name not in self._read:
                path.unlink()


class StateDirectory:
    """The state of one simulator on disk. `save` is thread-safe."""

    def __init__(self, folder: Path, bedrock: Bedrock, clock: MemoryClock) -> None:
        self._bedrock, self._clock = bedrock, clock
        self._lock, self._saved = threading.Lock(), b""
        self._file, self._calendar = folder / "state.json", folder / "clock.json"
        try:
            self._pairs = PairFiles(folder / "pairs")
            self._lock_file = _lock_directory(folder / "lock")
        except OSError as why:
            raise StateError(f"{folder} cannot store the state: {why.strerror}. Choose another --state.") from why

    def load(self) -> ClockState | None:
        """Restores the stored state.

        Returns:
            The stored state of the clock, None if nothing is stored.

        Raises:
            StateError: The stored state cannot be read.
        """
        try:
            stored: ClockState = msgspec.json.decode(self._calendar.read_bytes(), type=ClockState)
            found = stored.changed(stored.real, virtual=stored.virtual, speed=stored.speed)
            self._bedrock.restore(state.decode(self._file.read_bytes(), self._pairs))
            self._pairs.delete_unread()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, state.InvalidState) as why:
            raise StateError(f"{self._file} cannot be read: {why}. Choose another --state, or remove it.") from why
        return found

    def save(self) -> None:
        """Writes the state if it has changed since the last time."""
        with self._lock:
            encoded = self._bedrock.snapshot(lambda memory: state.encode(memory, self._pairs))
            if encoded != self._saved:
                self._save_clock()  # first: no stored state is later than the stored clock
                replace(self._file, encoded)
                self._saved = encoded

    def save_clock(self) -> None:
        """Writes the clock's current state."""
        with self._lock:
            self._save_clock()

    def _save_clock(self) -> None:
        replace(self._calendar, msgspec.json.encode(self._clock.snapshot()), lasting=False)


def _lock_directory(lock: Path) -> TextIOWrapper:
    lock_file = lock.open("w")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock_file.close()
        raise StateError(f"another simulator runs from {lock.parent}: stop it, or choose another --state.") from None
    return lock_file


def replace(path: Path, body: bytes, *, lasting: bool = True) -> None:
    """Replaces a file atomically. With `lasting`, it also survives a power failure."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("wb") as file:
        file.write(body)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    os.replace(draft, path)
