"""How this simulated account behaves: teacher, latency, quotas, and what documentation leaves open.

What goes wrong on request is in `faults`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """The stand-in teacher errs at `error_rate`, the same way every time for the same `seed` and prompt.

    `shuffled` gives every prompt of a training file another prompt's answer, for a run that must fail its verdict.
    `rules` is the file of its rules, "" for the simulator's own; `labelled` a file of prompts with answers that it was
    shown before anything else. With the `url` of an OpenAI-compatible server, its `model` answers in the place of the
    teacher, and errs as it errs.
    """

    error_rate: float = 0.03
    seed: str = "1"
    shuffled: bool = False
    rules: str = ""
    labelled: str = ""
    url: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Latency:
    """How modelled latency is felt. At `scale` 1 an answer takes as many real seconds as it says, at 0 none.

    The model's spread is the same every time for the same `seed`, model and prompt.
    """

    scale: float = 0.0
    seed: str = "1"

    def __post_init__(self) -> None:
        if self.scale < 0:
            raise ValueError(f"scale is {self.scale:g}: it cannot be negative")


@dataclass(frozen=True, slots=True)
class TokenQuotas:
    """Tokens a minute that an account may use of a model in a Region, each way of calling it (see `burndown`).

    Keys, the first that is there: `REGION/MODEL` (`us-east-1/amazon.nova-pro-v1:0`), `MODEL`, `*`. Without any, the
    documented quotas hold (`catalog.tokens`), and for `optimized` there is no limit. Above `standard` a call is
    throttled; above `optimized` it is served in standard latency.
    """

    standard: Mapping[str, int] = field(default_factory=dict)
    optimized: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for limit in (*self.standard.values(), *self.optimized.values()):
            if limit < 0:
                raise ValueError(f"{limit} is no quota of tokens: it cannot be negative")

    def granted(self, mode: str, region: str, model_id: str) -> int | None:
        """The limit that was set there, None if none was."""
        granted = self.optimized if mode == "optimized" else self.standard
        return next((granted[key] for key in (f"{region}/{model_id}", model_id, "*") if key in granted), None)


@dataclass(frozen=True, slots=True)
class Quotas:
    """What every account was granted.

    `model_units` is the value of every quota of Provisioned Throughput (0 in a new account), and `values` what a single
    quota was raised or lowered to, by its code (`L-…`) or for one Region (`us-east-1/L-…`); `tokens` are of
    calls, where no code says how many.
    """

    model_units: int = 0
    values: Mapping[str, int] = field(default_factory=dict)
    tokens: TokenQuotas = field(default_factory=TokenQuotas)

    def __post_init__(self) -> None:
        for limit in (self.model_units, *self.values.values()):
            if limit < 0:
                raise ValueError(f"{limit} is no quota: it cannot be negative")


@dataclass(frozen=True, slots=True)
class Undocumented:
    """What no page of AWS says, and nobody has tried: UNVERIFIED both ways.

    `optimized_application_profiles`: may an application profile be called latency-optimized? Refused by default: who
    relies on it then learns of it here.
    """

    optimized_application_profiles: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    teacher: TeacherSettings = field(default_factory=TeacherSettings)
    latency: Latency = field(default_factory=Latency)
    quotas: Quotas = field(default_factory=Quotas)
    undocumented: Undocumented = field(default_factory=Undocumented)
