"""Which custom models may be deleted: by cases, and by random environments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core import clock
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import CustomModel, HostedModel, Inventory
from distillery.core.ledger.items import RunRecord, StageRecord
from distillery.core.ledger.leases import Lease
from distillery.core.model_leases import lease_tag
from distillery.core.models import ModelUses, StoredModel, stored_models
from distillery.core.names import TAG_RECIPE, TAG_RUN
from distillery.core.pipeline import Alias, Outcome, Run, Stage
from distillery.core.serialization import to_wire
from tests.fakes.pipeline import alias, dataset, recipe, verdict

OLD = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = ModelUses(aliases={}, records=(), active={}, leases=())


def run_id(number: int, of: str = "support") -> str:
    return f"{of}-aaaaa-bbbbbbbb-{number}"


def arn(number: int, of: str = "support") -> str:
    return f"arn:{of}:{number}"


def model(number: int, of: str = "support", status: str = "Active") -> CustomModel:
    """Model 1 is the oldest."""
    return CustomModel(
        arn=arn(number, of),
        name=f"dev-{of}-{number}",
        created=OLD + timedelta(days=number),
        status=status,
        tags={TAG_RUN: run_id(number, of), TAG_RECIPE: of},
        base_arn="arn:base",
    )


def record(number: int, outcome: Outcome = Outcome.PROMOTED, **changes: Any) -> RunRecord:
    run = Run(id=run_id(number), recipe=recipe(), dataset=dataset(), attempt=number)
    made = StageRecord(started="", ended="", product={"model_arn": arn(number), "job_arn": "j"})
    judged = StageRecord(started="", ended="", product=to_wire(verdict()))
    stages = {Stage.DISTILLATION: made, Stage.EVALUATION: judged}
    return RunRecord(run=run, outcome=outcome, opened="", closed=None, reason="", stages=stages, **changes)


def hosting(number: int) -> HostedModel:
    host = HostedModel(
        arn="arn:e", name="dev-support-live", created=OLD, status="Active", mode=HostingMode.ON_DEMAND, model_arn=""
    )
    return replace(host, model_arn=arn(number))


def lease(number: int, hours: int) -> Lease:
    until = (clock.now() + timedelta(hours=hours)).isoformat()
    return Lease(run=run_id(number), owner="ana", purpose="x", until=until)


def named(current: str = "other", previous: str | None = None) -> dict[str, Alias]:
    return {"support": replace(alias(), current=current, previous=previous)}


def stored(uses: ModelUses, *models: CustomModel, keep: int = 0, endpoints: tuple[HostedModel, ...] = ()) -> Any:
    found = stored_models(Inventory(models=models, endpoints=endpoints), uses, keep=keep)
    return {each.arn: each for each in found}


def needed(uses: ModelUses, **more: Any) -> str:
    return str(stored(uses, model(1), **more)[arn(1)].needed)


@pytest.mark.parametrize(
    ("uses", "why"),
    [
        (NOTHING, ""),
        (replace(NOTHING, records=(record(1),)), ""),
        (replace(NOTHING, aliases=named(current=arn(1))), "an alias names it as current"),
        (replace(NOTHING, aliases=named(previous=arn(1))), "an alias names it as previous"),
        (replace(NOTHING, records=(record(1, Outcome.RUNNING),)), "its run is running"),
        (replace(NOTHING, records=(record(1, Outcome.AWAITING_ACCEPTANCE),)), "its run is awaiting-acceptance"),
        (replace(NOTHING, records=(record(1, promoting=True),)), "its student is going live"),
        (replace(NOTHING, active={"support": "rollback-x"}), "rollback-x has its recipe"),
        (replace(NOTHING, active={"another": "x"}), ""),
        (replace(NOTHING, leases=(lease(1, 1),)), "a lease keeps its candidate"),
        (replace(NOTHING, leases=(lease(1, -1), lease(2, 1))), ""),
    ],
)
def test_what_needs_a_model(uses: ModelUses, why: str) -> None:
    assert needed(uses) == why


def test_an_endpoint_and_a_job_need_a_model() -> None:
    assert needed(NOTHING, endpoints=(hosting(1),)) == "dev-support-live serves it"
    assert stored(NOTHING, model(1, status="Creating"))[arn(1)].needed == "a job still makes it"


def test_a_lease_of_another_environment_keeps_a_model_until_it_ends() -> None:
    def held(hours: int) -> str:
        end = (clock.now() + timedelta(hours=hours)).isoformat(timespec="seconds")
        leased = replace(model(1), tags={**model(1).tags, lease_tag("staging"): end})
        return str(stored(NOTHING, leased)[arn(1)].needed)

    assert held(1).startswith("environment staging has a lease on it until 20")
    assert held(-1) == ""


def test_the_newest_of_each_recipe_stay() -> None:
    found = stored(NOTHING, *(model(n) for n in range(1, 6)), model(9, "billing"), keep=2)
    assert {each.arn for each in found.values() if each.needed} == {arn(5), arn(4), arn(9, "billing")}
    assert found[arn(5)].needed == "one of the newest of support"


def test_a_model_is_shown_with_its_run_verdict_and_age() -> None:
    found: StoredModel = stored(replace(NOTHING, records=(record(1),)), model(1), endpoints=(hosting(1),))[arn(1)]
    assert (found.run, found.recipe, found.outcome, found.verdict) == (run_id(1), "support", "promoted", "passed")
    assert found.hosted_by == ("dev-support-live",)
    assert found.age_days(OLD + timedelta(days=11)) == 10


NUMBERS = st.integers(1, 8)
OPEN = (Outcome.RUNNING, Outcome.AWAITING, Outcome.AWAITING_ACCEPTANCE)


@given(
    st.sets(NUMBERS), st.none() | NUMBERS, st.none() | NUMBERS, st.sets(NUMBERS), st.sets(NUMBERS), st.integers(0, 4),
    st.dictionaries(NUMBERS, st.sampled_from(Outcome)),
)  # fmt: skip
def test_nothing_that_is_needed_is_ever_deleted_and_a_second_prune_finds_nothing(
    made: set[int],
    current: int | None,
    previous: int | None,
    hosted: set[int],
    leased: set[int],
    keep: int,
    outcomes: dict[int, Outcome],
) -> None:
    uses = ModelUses(
        aliases=named(current=arn(current or 99), previous=arn(previous) if previous else None),
        records=[record(number, outcome) for number, outcome in outcomes.items()],
        active={},
        leases=[lease(number, 1) for number in leased],
    )
    endpoints = tuple(map(hosting, hosted))
    found = stored(uses, *map(model, made), keep=keep, endpoints=endpoints)
    free = {number for number in made if not found[arn(number)].needed}
    open_runs = {
        n for n, outcome in outcomes.items() if outcome.value in ("running", "awaiting-approval", "awaiting-acceptance")
    }
    assert not free & ({current, previous} | hosted | leased | open_runs)
    assert not free & {*sorted(made, reverse=True)[:keep]}
    again = stored(uses, *map(model, made - free), keep=keep, endpoints=endpoints)
    assert all(each.needed for each in again.values())
