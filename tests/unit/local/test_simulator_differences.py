"""Prints where the simulator's facts and the product's differ (`pytest -s`), and fails on an unexplained difference.

The two are written independently, so that an error in one shows against the other. The comparison covers the US Regions
on the first day of each month.
"""

from collections.abc import Iterator
from datetime import date

from bedrock_simulator.catalog import quotas, supported_models
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.models import training_data
from bedrock_simulator.settings import Quotas
from distillery.core import catalog, limits
from distillery.core.hosting_mode import HostingMode

DAYS = [date(2024, 12, 4)] + [date(y, m, 1) for y in (2025, 2026) for m in range(1, 13)]
SONNET = "no source gives the US dates of Claude 3.5 Sonnet: the simulator's are remembered, the product's inferred"
OPTIMIZED = "no source gives the day it came: the simulator's is remembered, the product waits for a printed proof"
LLAMA = "its end is announced, its Legacy day is not: the product infers it, the simulator waits to be told"

KNOWN = {
    "life anthropic.claude-3-5-sonnet-20240620-v1:0": SONNET,
    "life anthropic.claude-3-5-sonnet-20241022-v2:0": SONNET,
    "life meta.llama3-1-8b-instruct-v1:0": LLAMA,
    "life meta.llama3-3-70b-instruct-v1:0": LLAMA,
    "optimized amazon.nova-pro-v1:0": OPTIMIZED,
    "optimized anthropic.claude-3-5-haiku-20241022-v1:0": OPTIMIZED,
    "optimized meta.llama3-1-70b-instruct-v1:0": OPTIMIZED,
    **dict.fromkeys(
        (
            "throughput amazon.nova-2-lite-v1:0",
            "throughput anthropic.claude-3-haiku-20240307-v1:0",
            "throughput anthropic.claude-3-5-sonnet-20240620-v1:0",
            "throughput anthropic.claude-3-5-sonnet-20241022-v2:0",
        ),
        "the simulator has the whole table of autumn 2026; the product what its own students need",
    ),
    "profile us.anthropic.claude-3-haiku-20240307-v1:0": "the page at hand does not say what us-east-1 reaches",
}


def differences() -> Iterator[tuple[str, str]]:
    """Yields (subject, what each side says)."""
    for product in catalog.models():
        ours = supported_models.MODELS.get(product.id)
        if ours is None:
            yield f"model {product.id}", "only the product knows it"
            continue
        yield from _life(product, ours)
        yield from _calls(product, ours)
        yield from _hosting(product, ours)
    yield from _pairs()
    yield from _limits()
    yield from _quotas()


def _life(product: catalog.Model, ours: Model) -> Iterator[tuple[str, str]]:
    region = sorted(ours.regions)[0]
    for day in DAYS:
        says = product.life.state(day, region).name
        here = _state(ours, day)
        if says != here:
            yield f"life {product.id}", f"{day}: product {says}, simulator {here}"


def _state(model: Model, day: date) -> str:
    if day < model.first:
        return "NOT_YET"
    return "ENDED" if model.ended(day) else "LEGACY" if model.is_legacy(day) else "ACTIVE"


def _calls(product: catalog.Model, ours: Model) -> Iterator[tuple[str, str]]:
    for region in supported_models.US:
        if (region in product.in_region) != (region in ours.in_region):
            yield f"in-region {product.id}", f"{region}: product {region in product.in_region}"
        for profile in product.profiles:
            there = ours.profile(profile.id)
            says = set(profile.destinations.get(region, ()))
            here = set(there.routes.get(region, ())) if there else set()
            if says != here:
                yield f"profile {profile.id}", f"{region}: product {sorted(says)}, simulator {sorted(here)}"
        for day in DAYS:
            offered = catalog.latency_offered(product.id, catalog.Latency.OPTIMIZED, region, day)
            since = ours.optimized.get(region)
            alive = ours.first <= day and not ours.ended(day)
            here_too = since is not None and since <= day and alive
            if offered != here_too:
                yield f"optimized {product.id}", f"{region} on {day}: product {offered}, simulator {here_too}"


def _hosting(product: catalog.Model, ours: Model) -> Iterator[tuple[str, str]]:
    if set(product.throughput_regions) != ours.throughput:
        yield f"throughput {product.id}", f"product {sorted(product.throughput_regions)}"
    on_demand = {region for hosting in product.on_demand_hosting for region in hosting.regions}
    if on_demand != ours.on_demand_custom:
        yield f"deployments {product.id}", f"product {sorted(on_demand)}, simulator {sorted(ours.on_demand_custom)}"
    if product.customize and product.customize not in ours.variants:
        yield f"customize {product.id}", f"product {product.customize}, simulator {ours.variants}"


def _pairs() -> Iterator[tuple[str, str]]:
    theirs = {(p.teacher, catalog.model(p.student).customize, region) for p in catalog.pairs() for region in p.regions}
    ours = {(p.teacher, p.student, p.region) for p in supported_models.PAIRS}
    for teacher, student, region in sorted(theirs ^ ours, key=str):
        side = "product" if (teacher, student, region) in theirs else "simulator"
        yield f"pair {teacher} -> {student}", f"{region}: only the {side} has it"


def _limits() -> Iterator[tuple[str, str]]:
    both = {
        "least prompts": (limits.MIN_PROMPTS, training_data.MIN_PROMPTS),
        "most prompts": (limits.MAX_PROMPTS, training_data.MAX_PROMPTS),
        "file": (limits.MAX_FILE_BYTES, training_data.MAX_BYTES),
        "line": (limits.MAX_LINE_BYTES, training_data.MAX_LINE_BYTES),
        "deployments": (limits.MAX_DEPLOYMENTS, quotas.applied_quota(Quotas(), "us-east-1", quotas.DEPLOYMENTS)),
        "jobs": (limits.MAX_SCHEDULED_JOBS, quotas.applied_quota(Quotas(), "us-east-1", quotas.SCHEDULED_JOBS)),
        "schema": (limits.SCHEMA_VERSION, training_data.SCHEMA),
    }
    for name, (theirs, ours) in both.items():
        if theirs != ours:
            yield f"limit {name}", f"product {theirs}, simulator {ours}"


def _quotas() -> Iterator[tuple[str, str]]:
    """What the product asks of Service Quotas, against a new account of the simulator's."""
    there = {quota.code: (quota.name, quota.value) for quota in quotas.granted_quotas(Quotas(), "us-east-1")}
    for student in sorted({pair.student for pair in catalog.pairs()}):
        for quota in {quota for mode in HostingMode for quota in catalog.hosting_quotas(student, mode)}:
            if there.get(quota.code) != (quota.name, quota.default):
                yield f"quota {quota.code}", f"product {quota.name!r}, simulator {there.get(quota.code)}"


def test_every_difference_from_the_product_is_known_and_explained() -> None:
    found: dict[str, list[str]] = {}
    for subject, what in differences():
        found.setdefault(subject, []).append(what)
    for subject, said in found.items():
        print(f"{subject}\n    {'; '.join(said)}\n    because: {KNOWN.get(subject, 'NOT EXPLAINED')}")
    assert set(found) == set(KNOWN)
