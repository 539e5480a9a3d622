"""What the locks pin: every line, whichever platform or Python it is for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One version of a distribution."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def pins(locks: Iterable[Path]) -> dict[Pin, list[str]]:
    """Each version, and the locks that hold it."""
    held: dict[Pin, list[str]] = {}
    for lock in sorted(locks):
        for name, version in dict.fromkeys(_PINNED.findall(lock.read_text(encoding="utf-8"))):
            held.setdefault(Pin(name, version), []).append(lock.stem)
    return held


def rounds(held: Iterable[Pin]) -> Iterator[list[Pin]]:
    """The same in lists that hold no name twice: pip-audit takes one version of each at a time."""
    left = sorted(held)
    while left:
        first = {pin.name: pin for pin in reversed(left)}
        yield sorted(first.values())
        left = [pin for pin in left if first[pin.name] != pin]
