"""What bills now: endpoints by the hour with the price of the run's own recipe, storage by the month, jobs."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core import catalog
from distillery.core.billing import bill
from distillery.core.claims import ClaimKind, Claims
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import CustomModel, HostedModel, Inventory, JobKind, RunningJob
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.leases import Lease
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_RECIPE, TAG_RUN
from distillery.core.recipe import Recipe
from tests.fakes.pipeline import distilled, open_run, provisioned, recipe, student
from tests.fakes.table import MemoryTable

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
NOBODY = Claims(active={}, leases=(), live_arn=lambda _recipe: None)


def endpoint(name: str = "dev-support-live", **given: Any) -> HostedModel:
    tags = {TAG_RECIPE: given.pop("recipe", "support"), **({TAG_RUN: given.pop("run")} if "run" in given else {})}
    given = {"mode": HostingMode.PROVISIONED, "units": 2, "model_arn": student().model_arn, **given}
    return HostedModel(
        arn=f"arn:{name}", name=name, created=NOW, status=given.pop("status", "InService"), tags=tags, **given
    )


def records(*recipes: Recipe) -> list[RunRecord]:
    """Runs, the newest first; the first recipe's run made the model."""
    ledger = Ledger(MemoryTable())
    found = []
    for index, each in enumerate(recipes):
        run = open_run(ledger, each, digest=f"{index:02}")
        if not index:
            distilled(ledger, run, "a")
        found.append(ledger.run(run.id))
        ledger.unlock(each.name, run.id)
    return found[::-1]


@pytest.mark.parametrize(
    ("hosted", "runs", "usd"),
    [
        (endpoint(), records(provisioned()), Decimal(20)),
        (endpoint(mode=HostingMode.ON_DEMAND, units=0), records(recipe()), Decimal(0)),
        (endpoint(), [], None),
        (endpoint(), records(recipe()), None),
        (endpoint(recipe="another"), records(provisioned()), Decimal(20)),
        (endpoint(model_arn="arn:older"), records(provisioned()), Decimal(20)),
        (endpoint(model_arn="arn:older", recipe="another"), records(provisioned()), None),
        (endpoint(), records(provisioned(), replace(provisioned(), unit_price_usd_per_hour=Decimal(99))), Decimal(20)),
        (endpoint(status="Failed"), records(provisioned()), Decimal(0)),
        (endpoint(status="Creating"), records(provisioned()), Decimal(20)),
    ],
    ids=[
        "its own run's price",
        "a deployment bills by the token",
        "no run",
        "a run without a price",
        "a recipe that the settings lost",
        "the recipe's newest price",
        "nobody's",
        "its model's run before a newer one",
        "failed",
        "creating",
    ],
)
def test_the_price_is_that_of_the_run_and_never_guessed(
    hosted: HostedModel, runs: list[RunRecord], usd: Decimal | None
) -> None:
    (billed,) = bill(Inventory(endpoints=(hosted,)), runs, NOBODY).endpoints
    assert billed.usd_per_hour == usd
    assert billed.usd_per_month == (None if usd is None else usd * 730)


def test_what_keeps_an_endpoint_is_said_and_without_anything_it_is_an_orphan() -> None:
    lease = Lease(run="", owner="arn:ana", purpose="a load test", until="2999-01-01T00:00:00+00:00", resource="held")
    claims = Claims(
        active={"triage": "triage-1"},
        leases=(lease,),
        live_arn=lambda recipe: "arn:live" if recipe == "support" else None,
    )
    hosted = [endpoint("live"), endpoint("held"), endpoint("locked", recipe="triage"), endpoint("left")]
    found = bill(Inventory(endpoints=tuple(hosted)), [], claims)
    kinds = {each.endpoint.name: each.claim and each.claim.kind for each in found.endpoints}
    assert kinds == {"live": ClaimKind.ALIAS, "held": ClaimKind.LEASE, "locked": ClaimKind.LOCK, "left": None}
    assert [each.endpoint.name for each in found.orphans] == ["left"]
    assert len(found.unpriced) == 4


def model(name: str, status: str = "Active") -> CustomModel:
    return CustomModel(arn=f"arn:{name}", name=name, created=NOW, status=status, base_arn="arn:base")


def test_storage_and_jobs_are_counted_and_failed_models_are_not_stored() -> None:
    job = RunningJob(arn="arn:j", name="j", created=NOW, status="InProgress", kind=JobKind.CUSTOMIZATION)
    held = Inventory(models=(model("a"), model("b", "Failed"), model("c", "")), jobs=(job,))
    found = bill(held, [], NOBODY)
    assert found.storage_usd_per_month == 2 * catalog.storage_price().per_model_month
    assert found.jobs == (job,)
    assert (found.usd_per_hour, found.units) == (Decimal(0), 0)


@given(
    st.lists(
        st.tuples(st.sampled_from(list(HostingMode)), st.integers(1, 9), st.sampled_from(["support", "lost"])),
        max_size=6,
    )
)
def test_the_sums_are_those_of_the_parts_and_what_is_unknown_is_named(
    hosted: list[tuple[HostingMode, int, str]],
) -> None:
    runs = records(provisioned())
    everything = tuple(
        endpoint(
            str(index),
            mode=mode,
            units=units if mode is HostingMode.PROVISIONED else 0,
            recipe=of,
            model_arn=f"arn:{of}",
        )
        for index, (mode, units, of) in enumerate(hosted)
    )
    found = bill(Inventory(endpoints=everything), runs, NOBODY)
    paid = [(units, of) for mode, units, of in hosted if mode is HostingMode.PROVISIONED]
    assert found.usd_per_hour == 10 * sum(units for units, of in paid if of == "support")
    assert found.usd_per_month == 730 * found.usd_per_hour
    assert len(found.unpriced) == sum(of == "lost" for _, of in paid)
    assert found.units == sum(units for units, _ in paid)
    assert len(found.endpoints) == len(hosted)
    hourly = [each.is_hourly for each in found.endpoints]
    assert hourly == sorted(hourly, reverse=True)
