"""One call to the runtime as an operation sees it, and what an operation answers.

The target is resolved under the engine's lock, the operation runs outside of it: a model may take its time, and
everything here is frozen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bedrock_simulator.models.text import Prompt
from bedrock_simulator.runtime.burndown import Burndown
from bedrock_simulator.runtime.targets import Target
from bedrock_simulator.settings import Settings

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation's checked parameters, what answers it, and the world around it.

    `teacher` answers in the place of every strong model. `of_job`: a batch inference or evaluation job asks, nobody who
    waits for the answer.
    """

    params: Params
    target: Target
    account: str
    region: str
    now: datetime
    teacher: Callable[[Prompt], str]
    settings: Settings
    burndown: Burndown
    of_job: bool = False

    @property
    def today(self) -> date:
        """The calendar's day."""
        return self.now.date()

    def seconds(self, milliseconds: float) -> float:
        """How long modelled time is really felt."""
        return milliseconds / 1000 * self.settings.latency.scale


@dataclass(frozen=True, slots=True)
class Outcome:
    """The members of the operation's output shape, `headers` that no shape has, seconds to wait before it goes out.

    `used`: tokens in and out. `logged`: the output's body as an invocation log has it, None where nothing is logged.
    """

    members: Params
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    used: tuple[int, int] = (0, 0)
    logged: Any = None
