"""What bills by the hour is logged at each pass of the guard, for the dashboard's table."""

import json
from typing import Any

import pytest

from distillery.core.hourly_ledger import NOTHING, TOLD_APART, UNKNOWN, LedgerField, query
from distillery.core.pipeline import Outcome
from tests.fakes.pipeline import open_run, provisioned, recipe
from tests.unit.endpoint.test_sweep import Harness
from tests.unit.stacks.assembly import resources, templates


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [each for each in found if LedgerField.LINE in each]


def test_an_endpoint_is_logged_with_its_price_and_what_keeps_it(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(harness.ledger, provisioned())
    harness.candidate(run)
    live = harness.host("dev-support-live", provisioned())
    harness.alias(live)
    harness.host("dev-triage-live", recipe(name="triage"))
    harness.sweep()
    found = {each[LedgerField.ENDPOINT]: each for each in lines(capsys)}
    assert set(found) == {"dev-support-live", f"dev-{run.id}-candidate"}
    assert found["dev-support-live"] == {
        "line": "bills by the hour",
        "environment": "dev",
        "endpoint": "dev-support-live",
        "recipe": "support",
        "model_units": 2,
        "usd_per_hour": 20.0,
        "usd_per_month": 14600.0,
        "kept_by": "alias",
    }
    assert found[f"dev-{run.id}-candidate"]["kept_by"] == "lock"


def test_a_price_that_no_run_has_is_unknown_and_what_the_guard_deletes_is_not_logged(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.alias(harness.host("dev-lost-live", provisioned(name="lost")), "lost")
    run = open_run(harness.ledger, provisioned())
    harness.candidate(run)
    harness.ledger.close(run.id, Outcome.FAILED)
    harness.sweep()
    (line,) = lines(capsys)
    assert (line["endpoint"], line["usd_per_hour"], line["usd_per_month"]) == ("dev-lost-live", UNKNOWN, UNKNOWN)
    assert line["kept_by"] != NOTHING


def test_nothing_is_logged_where_nothing_bills_by_the_hour(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.alias(harness.host("dev-support-live", recipe()))
    harness.sweep()
    assert lines(capsys) == []


def test_the_dashboard_queries_every_field_of_the_guard_s_log() -> None:
    columns = query()[0]
    assert all(f"{field}," in columns for field in LedgerField if field not in TOLD_APART)
    (dashboard,) = resources(templates("dev")["telemetry"], "AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["DashboardBody"])
    assert "EndpointSweepLogs" in body
    assert all(command.replace('"', "") in body.replace("\\", "").replace('"', "") for command in query())
