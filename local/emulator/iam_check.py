"""One question to IAM, as the emulator's parts put it to each other. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """An action on a resource, with condition keys of its own."""

    action: str
    service: str
    resource: str
    keys: Mapping[str, str | list[str]] = field(default_factory=dict)
