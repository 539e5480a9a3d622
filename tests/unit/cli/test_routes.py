"""`distillery routes`: every published map, as a table or as one JSON document."""

import json
from dataclasses import replace

import pytest

from distillery.client.route_map import Prices
from tests.fakes.services import FakeSsm
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.routes import ALIAS, DEPLOYMENT, FAST, OPTIMIZED, STANDARD, SUPPORT, publish, route_map


def test_all_maps_are_one_document_with_what_a_newer_writer_said(account: FakeAccount, command: Command) -> None:
    ssm = publish(account, SUPPORT, FAST)
    newer = FAST.document() | {"colour": "red"}
    ssm.parameters["/distillery/dev/routes/fast"] = json.dumps(newer)
    said = command("routes", "--json")
    assert json.loads(said.out) == {
        "schema": "distillery.routes/1",
        "version": 1,
        "environment": "dev",
        "region": "us-east-2",
        "routes": {"distilled/support": SUPPORT.document(), "fast": newer},
    }


def test_the_table_has_every_step_in_the_order_it_is_tried(account: FakeAccount, command: Command) -> None:
    older = replace(SUPPORT.steps[0], prices=Prices(input="0.035", output="0.14", as_of="2025-07-20"))
    publish(account, route_map("distilled/support", older), FAST)
    said = command("routes")
    pro = "amazon.nova-pro-v1:0 us-east-2"
    for line in (
        "distilled/support 1 student amazon.nova-micro-v1:0 us-east-1 0.035 0.14",
        f"fast 1 optimized, unprobed {pro} 1.00 4.00",
        f"2 standard/priority {pro} 0.80 3.20",
        f"3 standard {pro} 0.80 3.20",
    ):
        assert line in said.out
    assert said.out.endswith("Prices as of 2025-07-20 to 2026-11-20: --json shows each.")
    assert said.out.index("distilled/support") < said.out.index("fast")


@pytest.mark.parametrize(("probed", "word"), [(None, "unprobed"), (True, "tagged"), (False, "untagged")])
def test_what_a_probe_found_is_reported(account: FakeAccount, command: Command, probed: bool | None, word: str) -> None:
    publish(account, route_map("fast", replace(OPTIMIZED, probed=probed), replace(STANDARD, prices=None)))
    assert f"1 optimized, {word} " in command("routes").out


def test_no_map_is_read_but_of_the_route_that_is_asked_for(account: FakeAccount, command: Command) -> None:
    ssm = publish(account, SUPPORT, FAST)
    command("snippets", "fast")
    assert ssm.reads == ["/distillery/dev/routes/fast", "/distillery/dev/probed/fast/abcdefabcdef"]


def test_what_may_not_be_read_is_one_sentence(account: FakeAccount, command: Command) -> None:
    publish(account, FAST)
    account.clients["ssm", "us-east-2"] = FakeSsm()
    said = command("routes")
    assert (said.code, said.out) == (7, "")
    assert "reading the map of route 'fast': An error occurred (ParameterNotFound)" in said.err


def test_a_map_of_another_version_is_one_sentence(account: FakeAccount, command: Command) -> None:
    publish(account, FAST).parameters["/distillery/dev/routes/fast"] = '{"version": 2}'
    said = command("routes")
    assert said.code == 2
    assert "route 'fast': the map has version 2, this client reads 1; upgrade it" in said.err


SHARED = {"use": "shared", "uri": "s3://data/system-prompts/support/0a.txt", "sha256": "0a" * 32, "bytes": 15000}


@pytest.mark.parametrize(
    ("system", "told", "sentence"),
    [
        (
            SHARED,
            {"use": "shared", "uri": SHARED["uri"], "sha256": SHARED["sha256"]},
            "sends the student's system prompt",
        ),
        ({"use": "several", "uri": "", "sha256": ""}, {"use": "several"}, "several system prompts; send yours"),
        ({"use": "none"}, {"use": "none"}, ""),
        (None, None, ""),
        ("no object", None, ""),
    ],
)
def test_the_system_prompt_of_a_student_is_shown_with_its_map(
    account: FakeAccount, command: Command, system: object, told: object, sentence: str
) -> None:
    publish(account, SUPPORT, FAST)
    alias = {"endpoint": {"arn": DEPLOYMENT}, "current": "arn:model", "system": system}
    account.clients["ssm", "us-east-1"] = FakeSsm({ALIAS: json.dumps(alias)})
    routes = json.loads(command("routes", "--json").out)["routes"]
    assert routes["distilled/support"]["steps"][0].get("system") == told
    assert all("system" not in step for step in routes["fast"]["steps"])
    said = command("routes").out
    assert (sentence in said, "system prompt" in said) == (True, bool(sentence))


def test_a_map_that_claims_a_system_prompt_is_not_believed(account: FakeAccount, command: Command) -> None:
    ssm = publish(account, SUPPORT)
    document = SUPPORT.document()
    document["steps"][0]["system"] = SHARED
    ssm.parameters["/distillery/dev/routes/distilled/support"] = json.dumps(document)
    assert "system" not in json.loads(command("routes", "--json").out)["routes"]["distilled/support"]["steps"][0]
