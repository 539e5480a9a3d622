"""How this simulated account behaves: the stand-in teacher, granted quotas, and faults on request."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TeacherSettings:
    """The stand-in teacher errs at `error_rate`, the same way every time for the same `seed` and prompt.

    `shuffled` gives every prompt of a training file another prompt's answer, for a run that must fail its verdict.
    """

    error_rate: float = 0.03
    seed: str = "distillery"
    shuffled: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """How modelled latency is felt. At `scale` 1 an answer takes as many real seconds as it says, at 0 none.

    The model's spread is the same every time for the same `seed`, model and prompt.
    """

    scale: float = 0.0
    seed: str = "distillery"


@dataclass(frozen=True, slots=True)
class TokenQuotas:
    """Tokens a minute that an account may use of a model in a Region, each way of calling it (see `burndown`).

    Keys, the first that is there: `REGION/MODEL` (`us-east-1/amazon.nova-pro-v1:0`), `MODEL`, `*`. Without any there is
    no limit. Above `standard` a call is throttled; above `optimized` it is served in standard latency.
    """

    standard: Mapping[str, int] = field(default_factory=dict)
    optimized: Mapping[str, int] = field(default_factory=dict)

    def granted(self, mode: str, region: str, model_id: str) -> int | None:
        """The limit there, None if there is none."""
        granted = self.optimized if mode == "optimized" else self.standard
        return next((granted[key] for key in (f"{region}/{model_id}", model_id, "*") if key in granted), None)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and what the account was granted.

    `fail_jobs` holds prefixes of job names that fail at Training; `model_units` is the value of every quota of
    Provisioned Throughput (0 in a new account), and `quotas` what a single one was raised or lowered to, by its code
    (`L-…`) or for one Region (`us-east-1/L-…`); `optimized_application_profiles` decides what the documentation leaves
    open: whether an application profile may be called latency-optimized.
    """

    fail_jobs: Set[str] = frozenset()
    lose_events: bool = False
    fail_throughput: bool = False
    stall_throughput: bool = False
    fail_deployments: bool = False
    model_units: int = 0
    quotas: Mapping[str, int] = field(default_factory=dict)
    optimized_application_profiles: bool = False
