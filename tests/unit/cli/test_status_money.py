"""`distillery status`: what bills now, and how long and how dear what is running is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.recipe import Recipe
from distillery.core.run_times import usd_so_far, usual_time
from distillery.core.serialization import to_wire
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, distilled, open_run, provisioned, recipe, student
from tests.fakes.table import MemoryTable
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

MADE = datetime(2026, 11, 23, 9, tzinfo=UTC)


def tags(run: str = "", of: str = "support") -> dict[str, str]:
    return {TAG_ENVIRONMENT: "dev", TAG_RECIPE: of, **({TAG_RUN: run} if run else {})}


def throughput(account: FakeAccount, name: str, tagged: dict[str, str], units: int = 2) -> None:
    account.clients["bedrock", None].add(
        "list_provisioned_model_throughputs",
        f"arn:{name}",
        tagged,
        provisionedModelArn=f"arn:{name}",
        provisionedModelName=name,
        creationTime=MADE,
        status="InService",
        modelArn=student().model_arn,
        modelUnits=units,
    )


def model(account: FakeAccount, name: str, run: str) -> None:
    account.clients["bedrock", None].add(
        "list_custom_models",
        f"arn:{name}",
        tags(run),
        modelArn=f"arn:{name}",
        modelName=name,
        creationTime=MADE,
        baseModelArn="arn:base",
    )


def job(account: FakeAccount, name: str, run: str) -> None:
    account.clients["bedrock", None].add(
        "list_model_customization_jobs",
        f"arn:{name}",
        tags(run),
        jobArn=f"arn:{name}",
        jobName=name,
        creationTime=MADE,
        status="InProgress",
    )


def ended_run(ledger: Ledger, of: Recipe, letter: str = "a") -> Run:
    run = open_run(ledger, of, digest=letter * 2)
    distilled(ledger, run, letter)
    ledger.close(run.id, Outcome.FAILED)
    return run


@pytest.fixture
def hosted(account: FakeAccount, ledger: Ledger) -> Run:
    """A live endpoint, one that a person holds, and one that nothing names; two models and a job."""
    run = ended_run(ledger, provisioned())
    endpoint = {"arn": "arn:dev-live", "name": "dev-live", "mode": "provisioned"}
    live = {"version": 1, "run": run.id, "endpoint": endpoint, "current": "m", "previous": None}
    account.aliases["support"] = to_wire(alias()) | live
    throughput(account, "dev-live", tags())
    throughput(account, "dev-held", tags(), units=1)
    throughput(account, "dev-left", tags(of="lost"), units=1)
    ledger.leases.hold("dev-held", owner="arn:ana", purpose="a load test")
    for name in ("dev-a", "dev-b"):
        model(account, name, run.id)
    job(account, "dev-job", run.id)
    return run


def test_what_bills_is_shown_by_hour_and_month_with_what_keeps_it(hosted: Run, command: Command) -> None:
    out = command("status").out
    assert "bills now $40.00 an hour, $29,200.00 a month of 730 h" in out
    assert f"dev-live recipe support, run {hosted.id} 2 model units: $20.00 an hour, $14,600.00 a month" in out
    assert "lease of arn:ana, a load test, until " in out
    assert "dev-left recipe lost" in out
    assert out.count("orphan: nothing names it any more, and the guard deletes it") == 1
    assert "storage of 2 models: $3.90 a month (2026-07-28: cloud-custodian" in out
    assert "customization job in progress: dev-job" in out


def test_a_price_that_no_run_has_is_said_to_be_unknown(account: FakeAccount, command: Command) -> None:
    throughput(account, "dev-live", tags())
    out = command("status").out
    assert "bills now $0.00 an hour, $0.00 a month of 730 h, without 1 whose price is unknown" in out
    assert "price unknown: no run has unit_price_usd_per_hour" in out


@pytest.mark.usefixtures("hosted")
def test_one_recipe_shows_its_own(command: Command) -> None:
    out = command("status", "support").out
    assert "$30.00 an hour" in out
    assert "dev-left" not in out


def test_the_document_has_the_same(hosted: Run, command: Command) -> None:
    found = json.loads(command("status", "--json").out)["billing"]
    assert {
        each["name"]: (each["kept_by"], each["orphan"], float(each["usd_per_hour"])) for each in found["endpoints"]
    } == {
        "dev-live": ("alias", False, 20),
        "dev-held": ("lease", False, 10),
        "dev-left": (None, True, 10),
    }
    assert [each["run"] for each in found["models"]] == [hosted.id, hosted.id]
    assert [each["kind"] for each in found["jobs"]] == ["customization"]
    assert (float(found["usd_per_month"]), found["unpriced"]) == (29200.0, 0)


@pytest.mark.usefixtures("hosted")
def test_who_may_not_list_sees_the_rest(account: FakeAccount, command: Command) -> None:
    account.clients["bedrock", None].refuse = {"list_custom_models"}
    said = command("status")
    assert said.code == 0
    assert "you may not list what bills now" in said.out
    assert json.loads(command("status", "--json").out)["billing"] is None


@pytest.mark.usefixtures("hosted")
def test_who_may_not_read_leases_is_told_of_no_orphans(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = account.table.query

    def limited(partition: str, prefix: str = "") -> Any:
        if partition == "lease":
            raise service_error("AccessDeniedException")
        return query(partition, prefix)

    monkeypatch.setattr(account.table, "query", limited)
    assert "orphan" not in command("status").out
    found = json.loads(command("status", "--json").out)["billing"]
    assert [each["orphan"] for each in found["endpoints"]] == [None, None, None]


def test_a_running_stage_shows_how_long_and_how_long_usually(
    ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [MADE]
    monkeypatch.setattr(clock, "timestamp", lambda: at[0].timestamp())
    for letter, hours in (("a", 2), ("b", 4), ("c", 9)):
        run = open_run(ledger, digest=letter * 2)
        ledger.begin(run.id, Stage.DISTILLATION)
        at[0] += timedelta(hours=hours)
        ledger.end(run.id, Stage.DISTILLATION, student(letter))
        ledger.close(run.id, Outcome.FAILED)
    run = open_run(ledger, digest="dd")
    ledger.begin(run.id, Stage.DISTILLATION)
    assert "distillation for 0 s, usually 4 h 00 min (median of 3 runs); $0.00 so far" in command("status").out
    ledger.count_job_request(run.id)
    at[0] += timedelta(hours=5)
    out = command("status").out
    assert "distillation for 5 h 00 min, usually 4 h 00 min (median of 3 runs); $" in out
    assert "so far, estimated, $9.70 at most" in out
    now = json.loads(command("status", "--json").out)["recipes"][0]["runs"][0]["now"]
    assert (now["stage"], now["seconds"], now["usual_seconds"]) == ("distillation", 18000, 14400)
    assert Decimal(now["usd_so_far"]) > 0
    ledger.close(run.id, Outcome.FAILED)
    assert json.loads(command("status", "--json").out)["recipes"][0]["runs"][0]["now"] is None


def test_without_former_runs_the_documented_time_is_named_with_its_source_or_none() -> None:
    documented = usual_time(Stage.ENDPOINT, [])
    assert documented is not None
    assert "UNVERIFIED" in documented.basis
    assert usual_time(Stage.DISTILLATION, []) is None


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_the_cost_so_far_never_falls_and_a_candidate_bills_by_hours_begun(
    settings: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [MADE]
    monkeypatch.setattr(clock, "timestamp", lambda: at[0].timestamp())
    ledger = Ledger(MemoryTable())
    run = open_run(ledger, settings)
    costs: list[Decimal] = []

    def note() -> RunRecord:
        record = ledger.run(run.id)
        usd = usd_so_far(record, region="us-east-1", now=at[0])
        assert usd is not None
        costs.append(usd)
        return record

    note()
    ledger.begin(run.id, Stage.DISTILLATION)
    ledger.count_job_request(run.id)
    note()
    ledger.begin(run.id, Stage.ENDPOINT)
    at[0] += timedelta(minutes=61)
    note()
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.plan_answers(run.id, 100)
    ledger.count_answers(run.id, 0, 50)
    note()
    ledger.count_answers(run.id, 0, 100)
    record = note()
    assert costs == sorted(costs)
    assert costs[0] == 0 < costs[1]
    hours = costs[2] - costs[1]
    assert hours == (40 if settings.is_hourly else 0), "2 units, 10 dollars each, 2 hours begun"
    unknown = replace(record, run=replace(record.run, recipe=replace(settings, student="amazon.unknown-v1:0")))
    assert usd_so_far(unknown, region="us-east-1", now=at[0]) is None
