"""The points of the sweep: every call of a run without a fault, with every kind of fault."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from distillery.core.hosting_mode import HostingMode
from tests.faults.kinds import FaultKind, Point
from tests.faults.promoted import STEPS
from tests.faults.sweep import run

SAME = {"dynamodb": 2}
"""How many calls of one step and operation fail, one by one; 1 for other services, whose next calls, such as another
answer, differ in nothing."""


CALLS_OF_A_PROMOTION = 4
"""Likewise, of the steps of a promotion: it reads two files twice."""
RESTARTING = ("settle", "DistillationFunction.start")
"""The steps that restart a stalled job."""


def points() -> list[Point]:
    """Every call of a run without a fault, with every kind of fault. Those of Bedrock fail in both hosting modes, and
    the others, which are the same in both, in one. Calls that only the restart of a stalled job makes fail as well."""
    plain = _points(HostingMode.ON_DEMAND)
    provisioned = _points(HostingMode.PROVISIONED, of="bedrock")
    return [*plain, *provisioned, *_points_of_a_restart(), *_points_of_a_promotion()]


def _points(hosting: str, of: str = "") -> Iterator[Point]:
    without = run(None, hosting)
    if without.broken:
        raise AssertionError(f"a run without a fault: {without.broken}")
    calls = [site for site in dict.fromkeys(without.cloud.sites) if site.number <= SAME.get(site.service, 1)]
    own = [site for site in calls if of in ("", site.service)]
    return itertools.starmap(partial(Point, hosting), itertools.product(own, FaultKind))


def _points_of_a_restart() -> Iterator[Point]:
    hosting = HostingMode.ON_DEMAND
    with_restart, without = run(None, hosting, stalls=True), run(None, hosting)
    if with_restart.broken:
        raise AssertionError(f"a run with a stalled job: {with_restart.broken}")
    own, many = [], Counter[tuple[str, str, str]]()
    for site in dict.fromkeys(with_restart.cloud.sites):
        if site not in without.cloud.sites and site.step in RESTARTING:
            many[site[:3]] += 1
            if many[site[:3]] <= SAME.get(site.service, 1):
                own.append(site)
    return (Point(hosting, site, kind, stalls=True) for site, kind in itertools.product(own, FaultKind))


def _points_of_a_promotion() -> Iterator[Point]:
    hosting = HostingMode.ON_DEMAND
    without = run(None, hosting, promoted=True)
    if without.broken:
        raise AssertionError(f"a promotion without a fault: {without.broken}")
    calls = [site for site in dict.fromkeys(without.cloud.sites) if site.step in STEPS]
    own = [site for site in calls if site.number <= CALLS_OF_A_PROMOTION]
    return (Point(hosting, site, kind, promoted=True) for site, kind in itertools.product(own, FaultKind))


def sample(found: Sequence[Point], share: float, seed: str) -> list[Point]:
    """A seeded share of the points."""
    return random.Random(seed).sample(found, round(len(found) * share))
