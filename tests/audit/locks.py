"""The pins of the locks: every line, for any platform or Python."""

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
    """Returns each version, and the locks that contain it."""
    held: dict[Pin, list[str]] = {}
    for lock in sorted(locks):
        for name, version in dict.fromkeys(_PINNED.findall(lock.read_text(encoding="utf-8"))):
            held.setdefault(Pin(name, version), []).append(lock.stem)
    return held


def rounds(held: Iterable[Pin]) -> Iterator[list[Pin]]:
    """Splits the pins into lists without a repeated name: pip-audit accepts one version of a package at a time."""
    left = sorted(held)
    while left:
        first = {pin.name: pin for pin in reversed(left)}
        yield sorted(first.values())
        left = [pin for pin in left if first[pin.name] != pin]
