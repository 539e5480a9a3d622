"""The points of the sweep: every call of a story without a fault, with every kind of fault."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from distillery.core.hosting_mode import HostingMode
from tests.faults.kinds import OF_CALLS, FaultKind, Point, Site, Story
from tests.faults.stories import run

LEAST = 3000
"""Fewer points are an error: a story has not come as far as it used to."""
SAME = {"dynamodb": 2}
"""How many calls of one step and operation fail, one by one; 1 for other services, whose next calls, such as another
answer, differ in nothing."""
CALLS_OF_A_PROMOTION = 4
"""Likewise, of the steps of a promotion: it reads two files twice."""
CALLS_ABOUT_LEASES = 3
"""Likewise, of the guard, which renews the leases of other environments' models."""
CALLS_OF_A_WITHDRAWAL = 4
"""Likewise, of what ends a canary besides its own steps."""
RESTARTING = ("settle", "DistillationFunction.start")
"""The steps that restart a stalled job."""
ADMITTING = ("promote", "receive", "AdoptionFunction.adopt", "PromotionSigningFunction.sign")
"""The steps that make other calls for a promotion than for an upload."""
ADOPTING = {
    Story.REPOINT: (
        "AdoptionFunction.adopt",
        "EndpointFunction.create",
        "PromotionFunction.promote",
        "PromotionFunction.record",
    ),
    Story.COPY: ("AdoptionFunction.adopt", "EndpointFunction.create"),
}
"""The steps that make other calls for a student of another environment, or after which something of it is left."""
SWITCHING = {Story.REPLACED: ("PromotionFunction",), Story.ACCEPTED: ("accept", "PromotionFunction")}
"""The functions that change what is live."""
DECIDING = ("accept", "PromotionFunction", "PromotionCanaryFunction", "PromotionSigningFunction")
"""The functions that work for a canary."""
WITHDRAWING = (
    "PromotionCanaryFunction.look",
    "PromotionCanaryFunction.withdraw",
    "PromotionCanaryFunction.delete",
    "PromotionCanaryFunction.close",
)
"""The steps of a canary that decide or do something else where it is worse."""


def points() -> list[Point]:
    """Those of Bedrock in both hosting modes, and the others, which are the same in both, in one. Each step of an
    execution is the last one of an aborted execution once."""
    return [*_of_uploads(), *_of_promotions(), *_of_replacements(), *_of_canaries(), *_of_shares()]


def _of_uploads() -> Iterator[Point]:
    plain = _sites(Story.UPLOAD)
    yield from _points(Story.UPLOAD, _first(plain, SAME), aborts=True)
    provisioned = _sites(Story.UPLOAD, HostingMode.PROVISIONED)
    yield from _points(Story.UPLOAD, _first(provisioned, SAME, of="bedrock"), HostingMode.PROVISIONED)
    many, restarting = Counter[tuple[str, str, str]](), []
    for site in _sites(Story.STALLED):
        if site not in plain and site.step in RESTARTING:
            many[site[:3]] += 1
            if many[site[:3]] <= SAME.get(site.service, 1):
                restarting.append(site)
    yield from _points(Story.STALLED, restarting)


def _of_promotions() -> Iterator[Point]:
    own = [site for site in _sites(Story.REDISTIL) if site.step in ADMITTING and site.number <= CALLS_OF_A_PROMOTION]
    yield from _points(Story.REDISTIL, own)
    for story, steps in ADOPTING.items():
        found = [site for site in _sites(story) if site.step in steps]
        yield from _points(story, _first(found, SAME), aborts=True)
    guarded = {site[:3] for site in _sites(Story.UPLOAD)}
    leases = [site for site in _sites(Story.RENEWED) if site.step == "sweep" and site[:3] not in guarded]
    yield from _points(Story.RENEWED, [each for each in leases if each.number <= CALLS_ABOUT_LEASES])


def _of_replacements() -> Iterator[Point]:
    for story in (Story.REPLACED, Story.ACCEPTED):
        own = [site for site in _sites(story) if site.step.split(".")[0] in SWITCHING[story]]
        yield from _points(story, _first(own, SAME), aborts=True)


def _of_canaries() -> Iterator[Point]:
    deciding = [site for site in _sites(Story.CANARY) if site.step.split(".")[0] in DECIDING]
    yield from _points(Story.CANARY, _first(deciding, SAME), aborts=True)
    hourly = [site for site in _sites(Story.CANARY, HostingMode.PROVISIONED) if site.step.split(".")[0] in DECIDING]
    own = [site for site in _first(hourly, SAME) if site.service == "bedrock" or site not in deciding]
    yield from _points(Story.CANARY, own, HostingMode.PROVISIONED, aborts=True)
    guarded = {site[:3] for site in _sites(Story.CANARY)}
    abandoned = [site for site in _sites(Story.ABANDONED) if site.step == "sweep" and site[:3] not in guarded]
    yield from _points(Story.ABANDONED, [each for each in abandoned if each.number <= CALLS_OF_A_WITHDRAWAL])
    stopping = [site for site in _sites(Story.STOPPED) if site.step == "stop"]
    yield from _points(Story.STOPPED, [each for each in stopping if each.number <= CALLS_OF_A_WITHDRAWAL])
    worse = [site for site in _sites(Story.WORSE) if site.step in WITHDRAWING]
    yield from _points(Story.WORSE, _first(worse, {}), aborts=True)


def _of_shares() -> Iterator[Point]:
    yield from _points(
        Story.SHARE, [site for site in _sites(Story.SHARE) if site.step == "share" or site.service == "ram"]
    )


def _sites(story: Story, hosting: str = HostingMode.ON_DEMAND) -> list[Site]:
    """The calls of a story without a fault."""
    without = run(None, hosting, story)
    if without.broken:
        raise AssertionError(f"{story} without a fault: {without.broken}")
    failed = [f"{name}: {each.error}" for name, each in without.cloud.executions.items() if each.status != "SUCCEEDED"]
    if (failed or without.cloud.errors) and story not in (Story.STALLED, Story.ABANDONED, Story.STOPPED):
        raise AssertionError(f"{story} without a fault: {failed}; {without.cloud.errors}")
    return list(dict.fromkeys(without.cloud.sites))


def _first(sites: Iterable[Site], same: dict[str, int], *, of: str = "") -> list[Site]:
    return [each for each in sites if each.number <= same.get(each.service, 1) and of in ("", each.service)]


def _points(
    story: Story, sites: Sequence[Site], hosting: str = HostingMode.ON_DEMAND, *, aborts: bool = False
) -> Iterator[Point]:
    for site in sites:
        yield from (Point(hosting, site, kind, story) for kind in OF_CALLS)
    if aborts:
        first = {site.step: site for site in reversed(sites) if "." in site.step}
        yield from (Point(hosting, site, FaultKind.ABORTED, story) for site in first.values())


def sample(found: Sequence[Point], share: float, seed: str) -> list[Point]:
    """A seeded share of the points, with at least one of each kind in each story."""
    groups = defaultdict[tuple[Story, FaultKind], list[Point]](list)
    for point in found:
        groups[point.story, point.kind].append(point)
    chosen = random.Random(seed)
    return [point for group in groups.values() for point in chosen.sample(group, max(1, round(len(group) * share)))]
