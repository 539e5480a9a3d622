"""The run: rounds in which every arm is asked the same, one after the other, in an order that turns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from distillery.cli.benchmark.budget import Purse, worst
from distillery.cli.benchmark.prompts import Prompt
from distillery.cli.benchmark.sample import Sample, Stopwatch, sample
from distillery.cli.benchmark.variant import Arm
from distillery.client.single_step import step_arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """client: by Region. warm_up: rounds whose answers are thrown away: connections are opened in them."""

    arms: Sequence[Arm]
    prompts: Sequence[Prompt]
    warm_up: int
    max_tokens: int
    client: Callable[[str], Any]
    now: Stopwatch
    scale: float = 1.0


@dataclass(slots=True)
class Result:
    """samples: by the arm's name, in order. out: arms that no warm-up round could call, and why. stopped: why the run
    ended before its plan did."""

    samples: dict[str, list[Sample]]
    out: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None


def run(plan: Plan, purse: Purse, tell: Callable[[], object]) -> Result:
    """tell: called after every request. Ctrl-C ends the run, and what was measured stays."""
    result = Result({arm.name: [] for arm in plan.arms})
    warmed: dict[str, list[Sample]] = {arm.name: [] for arm in plan.arms}
    try:
        for number, prompt in enumerate(plan.prompts):
            if number == plan.warm_up:
                result.out = _unreachable(warmed)
            into = warmed if number < plan.warm_up else result.samples
            if not _round(plan, purse, _turned(plan.arms, number, result.out), prompt, into, tell):
                result.stopped = f"the next request might have gone above the cap of ${purse.cap}"
                break
    except KeyboardInterrupt:
        result.stopped = "it was stopped"
    return result


def _round(
    plan: Plan,
    purse: Purse,
    arms: Iterable[Arm],
    prompt: Prompt,
    into: dict[str, list[Sample]],
    tell: Callable[[], object],
) -> bool:
    """Whether there was money for all of it."""
    for arm in arms:
        at_most = worst(arm, prompt, plan.max_tokens)
        if not purse.may(at_most):
            return False
        asked = step_arguments(arm.route, arm.target, prompt.conversation, plan.max_tokens)
        taken = sample(plan.client(arm.step.region), asked, plan.now, scale=plan.scale)
        purse.pay(arm, taken, at_most)
        into[arm.name].append(taken)
        tell()
    return True


def _turned(arms: Sequence[Arm], number: int, out: Mapping[str, str]) -> list[Arm]:
    """No arm is always the one that goes first."""
    at = number % len(arms)
    return [arm for arm in (*arms[at:], *arms[:at]) if arm.name not in out]


def _unreachable(warmed: Mapping[str, Sequence[Sample]]) -> dict[str, str]:
    return {name: taken[-1].sentence for name, taken in warmed.items() if taken and all(one.error for one in taken)}
