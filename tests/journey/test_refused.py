"""Uploads that start no execution and no job. A notice gives the reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.notifications import Notice, listen
from tests.journey.prompts import DELIVERY, jsonl, support
from tests.unit.stacks.assembly import settings_of

Notices = Callable[[], list[Notice]]


def _started_nothing(environment: Environment) -> None:
    assert environment.executions() == []
    assert environment.runs() == []
    assert environment.inventory()["jobs"] == []
    assert_nothing_is_left(environment)


def test_an_upload_that_is_ignored_invalid_or_over_budget_starts_nothing(deploy: Deploy) -> None:
    dev = settings_of("dev")
    thrifty = replace(dev.recipes[RECIPE], budget_usd=Decimal("0.01"))
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: thrifty}}))
    notices = listen(environment)
    _an_object_that_is_not_an_upload_is_ignored(environment, notices)
    _an_invalid_line_is_reported(environment, notices)
    _a_run_over_its_budget_is_reported(environment, notices, thrifty.budget_usd)


def _an_object_that_is_not_an_upload_is_ignored(environment: Environment, notices: Notices) -> None:
    environment.upload(support(*DELIVERY), "part/a.jsonl")
    environment.until(lambda: environment.logged("ignored"), "line in the function's log")
    assert notices() == []
    _started_nothing(environment)


def _an_invalid_line_is_reported(environment: Environment, notices: Notices) -> None:
    lines = jsonl(support(*DELIVERY)).splitlines(keepends=True)
    lines[16] = b'{"schemaVersion": "bedrock-conversation-2024", "messages": []}\n'
    put = environment.upload(b"".join(lines))
    (notice,) = environment.until(notices, "notice")
    (uri,) = environment.uris_under(f"reports/{RECIPE}/")
    report = json.loads(environment.read(uri, by="operator"))
    assert (report["status"], report["errors"]) == ("rejected", 1)
    (finding,) = report["findings"]
    assert (finding["code"], finding["file"], finding["line"]) == ("empty-list", "prompts.jsonl", 17)
    assert report["sources"] == [{"uri": f"s3://{put['bucket']}/{put['key']}", "version": put["version"]}]
    assert f"{RECIPE} rejected" in notice["Subject"]
    assert "prompts.jsonl:17" in notice["Message"]
    assert uri in notice["Message"]
    _started_nothing(environment)


def _a_run_over_its_budget_is_reported(environment: Environment, notices: Notices, budget: Decimal) -> None:
    reports, heard = set(environment.uris_under(f"reports/{RECIPE}/")), len(notices())
    environment.upload(support(*DELIVERY))
    (notice,) = environment.until(lambda: notices()[heard:], "notice")
    assert f"{RECIPE} over-budget" in notice["Subject"]
    assert "0.01" in notice["Message"]
    (uri,) = set(environment.uris_under(f"reports/{RECIPE}/")) - reports
    assert Decimal(json.loads(environment.read(uri, by="operator"))["estimate"]["total_usd"]) > budget
    _started_nothing(environment)
