"""What the work of jobs may use, and what a change of their status is told with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedrock_simulator.faults import Faults
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.runtime.call import Call


@dataclass(frozen=True, slots=True)
class Means:
    """The account's teacher, the faults, and a call to any model of the Region, whose `params` are the model id alone.

    `call` raises the runtime's own errors for what cannot be called. It takes the lock while it looks.
    """

    now: datetime
    teacher: Teacher
    faults: Faults
    call: Callable[[str], Call]


@dataclass(frozen=True, slots=True)
class Change:
    """A job's present status, with the event that tells of it when it is new."""

    arn: str
    name: str
    status: str
    changed: datetime
    detail_type: str
    detail: dict[str, Any]
