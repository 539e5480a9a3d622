"""Uploads that start no execution and no job. A notice gives the reason."""

import json
from dataclasses import replace
from decimal import Decimal

from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.notifications import listen
from tests.journey.prompts import DELIVERY, jsonl, support
from tests.unit.stacks.assembly import settings_of


def _started_nothing(environment: Environment) -> None:
    assert environment.executions() == []
    assert environment.runs() == []
    assert environment.inventory()["jobs"] == []
    assert_nothing_is_left(environment)


def test_an_invalid_line_starts_nothing_and_is_reported(deploy: Deploy) -> None:
    environment = deploy("dev")
    notices = listen(environment)
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


def test_a_run_over_its_budget_starts_nothing(deploy: Deploy) -> None:
    dev = settings_of("dev")
    thrifty = replace(dev.recipes[RECIPE], budget_usd=Decimal("0.01"))
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: thrifty}}))
    notices = listen(environment)
    environment.upload(support(*DELIVERY))
    (notice,) = environment.until(notices, "notice")
    assert f"{RECIPE} over-budget" in notice["Subject"]
    assert "0.01" in notice["Message"]
    (uri,) = environment.uris_under(f"reports/{RECIPE}/")
    assert Decimal(json.loads(environment.read(uri, by="operator"))["estimate"]["total_usd"]) > thrifty.budget_usd
    _started_nothing(environment)


def test_an_object_that_is_not_an_upload_is_ignored(deploy: Deploy) -> None:
    environment = deploy("dev")
    notices = listen(environment)
    environment.upload(support(*DELIVERY), "part/a.jsonl")
    environment.until(lambda: environment.logged("ignored"), "line in the function's log")
    assert notices() == []
    _started_nothing(environment)
