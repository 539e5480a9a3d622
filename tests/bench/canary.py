"""How long a canary's roll-back takes: until it is noticed, and until no caller reaches it any more.

Noticed: a canary that fails, or is slower, is judged as its execution judges it, with the calls of the looks so far.
The minutes are those of the first look that refutes it: the median and the worst of SEEDS simulated canaries.

Callers: CALLERS routes call every second over fakes, each with its own moment at which it last read the alias. At time
0 the alias loses its canary. Measured is when the last request reached the canary, with SSM as fast as a fake. The two
minutes that the execution waits before it deletes the endpoint must be longer.

Neither includes the calls of AWS between the two, which take seconds: Step Functions, Lambda, SSM.
"""

import random
import statistics
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from distillery.core.canary import LOOK_MINUTES, CanaryOptions, CanaryOutcome
from distillery.evaluation.canaries.judge import judge
from distillery.evaluation.canaries.traffic import CanaryTraffic, Traffic, TrafficPeriod
from infra.stages.canary import CALLERS_KNOW_AFTER
from tests.bench.bar import Bar
from tests.unit.client.harness import MESSAGES, STUDENT, ClientHarness, route_map
from tests.unit.client.test_canary import SECOND, WRITTEN

CALLERS, SEEDS, MOST_MINUTES = 40, 15, 240
CALLS, LIVE_CALLS = 10, 90
"""Calls a minute: a canary of a tenth of 100."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a canary is worse: the share of its calls that fail, and its latency against the live model's."""

    name: str
    failing: float
    slower: float = 1.0


KINDS = (Kind("every call fails", 1.0), Kind("a fifth fails", 0.2), Kind("twice as slow", 0.0, 2.0))


def bench(console: Console) -> list[Bar]:
    table = Table("", "median, min", "worst, min", title="From its first call until a worse canary is withdrawn")
    for kind in KINDS:
        minutes = [_noticed(kind, seed) for seed in range(SEEDS)]
        table.add_row(kind.name, f"{statistics.median(minutes):.0f}", f"{max(minutes):.0f}")
    console.print(table)
    seconds = _callers()
    console.print(
        "From the write of the alias until a caller's last request to the canary: "
        f"median {statistics.median(seconds):.0f} s, longest {max(seconds):.0f} s, of {CALLERS} callers"
    )
    limit = float(CALLERS_KNOW_AFTER.to_seconds())
    what = "last request to a withdrawn canary"
    return [Bar(what=what, measured=max(seconds), limit=limit, floor="deletion of its endpoint", unit="s")]


def _noticed(kind: Kind, seed: int) -> int:
    """Minutes until the first look that refutes it."""
    drawn = random.Random(seed)
    canary, live = Traffic(), Traffic()
    for minute in range(1, MOST_MINUTES + 1):
        canary = _minute(canary, minute, CALLS, kind.failing, kind.slower, drawn)
        live = _minute(live, minute, LIVE_CALLS, 0.0, 1.0, drawn)
        if minute % LOOK_MINUTES == 0:
            measured = CanaryTraffic(canary=canary, live=live)
            if judge(CanaryOptions(), measured, is_last=False).outcome is CanaryOutcome.WORSE:
                return minute
    raise AssertionError(f"a canary of which {kind.name} is not noticed in {MOST_MINUTES} minutes")


def _minute(before: Traffic, minute: int, calls: int, failing: float, slower: float, drawn: random.Random) -> Traffic:
    """A minute more. Latencies vary as those of models do: log-normally, by a half."""
    failed = sum(drawn.random() < failing for _ in range(calls))
    answered, periods = calls - failed, dict(before.periods)
    if answered:
        latency = statistics.fmean(400 * slower * drawn.lognormvariate(0, 0.5) for _ in range(answered))
        periods[minute] = TrafficPeriod(calls=answered, latency_ms=latency, input_tokens=0, output_tokens=0)
    return Traffic(answered=before.answered + answered, failed=before.failed + failed, periods=periods)


def _callers() -> list[float]:
    """For each caller, seconds from the write to its last request that reached the canary."""
    drawn, last = random.Random(1), list[float]()
    for _ in range(CALLERS):
        harness = ClientHarness(route_map(STUDENT))
        harness.promote(canary=WRITTEN | {"share": 0.99, "end": "2999-01-01T00:00:00+00:00"})
        route = harness.route()
        route.converse(messages=MESSAGES)
        harness.at += drawn.uniform(0, 60)  # since it read the alias
        harness.promote()
        written, reached = harness.at, 0.0
        for _second in range(180):
            if route.converse(messages=MESSAGES).identifier == SECOND:
                reached = harness.at - written
            harness.at += 1
        last.append(reached)
    return last
