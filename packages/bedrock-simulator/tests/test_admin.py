"""The admin API: the response of each request, and what it rejects."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.admin import Admin
from bedrock_simulator.clock import MemoryClock
from bedrock_simulator.events import EventStore
from simulator_support.fakes import ACCOUNT, TODAY, World, job, jsonl, prompts, say

PRO = "amazon.nova-pro-v1:0"


class Managed(World):
    """A world with an admin API, and a clock that only the admin API moves."""

    def __init__(self) -> None:
        super().__init__()
        clock = MemoryClock(TODAY.timestamp(), 0.0)
        events = EventStore(clock, self.events)
        self.bedrock = type(self.bedrock)(clock=clock, objects=self.objects, events=events, roles=self.roles)
        self.admin = Admin(self.bedrock, clock, events, account=ACCOUNT)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Returns the response; fails on an error."""
        status, reported = self.admin.answer(method, path, query, b"" if body is None else json.dumps(body).encode())
        assert status == 200, reported
        return reported


def test_health_tells_the_virtual_time() -> None:
    assert Managed().ask("GET", "health") == {"status": "ok", "now": "2026-11-23T09:00:00.000Z"}


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"date": "2025-07-16"}, "2025-07-16T00:00:00.000Z"),
        ({"date": "2025-07-16T10:30"}, "2025-07-16T10:30:00.000Z"),
        ({"advance": 3600}, "2026-11-23T10:00:00.000Z"),
        ({"virtual": datetime(2024, 12, 4, tzinfo=UTC).timestamp()}, "2024-12-04T00:00:00.000Z"),
        ({}, "2026-11-23T09:00:00.000Z"),
    ],
)
def test_the_clock_goes_where_it_is_sent(change: dict[str, Any], now: str) -> None:
    world = Managed()
    assert world.ask("PUT", "clock", change)["now"] == now == world.ask("GET", "clock")["now"]


def test_the_clock_runs_at_its_speed() -> None:
    world = Managed()
    assert world.ask("PUT", "clock", {"speed": 1e6})["speed"] == 1e6
    assert world.ask("GET", "clock")["now"] > "2026-11-23T09:00:00"


def test_what_is_due_has_come_about_when_the_clock_answers() -> None:
    world = Managed()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    world.client().create_model_customization_job(**job())
    world.ask("PUT", "clock", {"advance": 5 * 3600})
    assert world.client().get_model_customization_job(jobIdentifier="distill-intent-1")["status"] == "Completed"
    reported = [event["detail"]["jobStatus"] for event in world.ask("GET", "events")]
    assert reported == ["InProgress", "Completed"]
    assert [row["status"] for row in world.ask("GET", "inventory")["jobs"]] == ["Completed"]
    assert world.ask("GET", "inventory", account="222222222222")["jobs"] == []
    assert world.ask("GET", "events", account="222222222222") == []


def test_an_event_is_stored_as_eventbridge_delivers_it() -> None:
    world = Managed()
    arn = world.client().create_model_customization_job(**job())["jobArn"]
    world.bedrock.tick()
    (event,) = world.ask("GET", "events")
    assert {**event, "id": "", "detail": {}} == {
        "version": "0",
        "id": "",
        "detail-type": "Model Customization Job State Change",
        "source": "aws.bedrock",
        "account": ACCOUNT,
        "time": "2026-11-23T09:00:00Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": {},
    }
    world.ask("DELETE", "events")
    assert (world.ask("GET", "events"), len(world.events.events)) == ([], 1)


def test_faults_come_and_go_and_say_how_often_they_struck() -> None:
    world = Managed()
    fault = {"kind": "slow", "operation": "ListCustomModels", "seconds": 1}
    (first,) = world.ask("POST", "faults", fault)
    second, third = world.ask("POST", "faults", [{"kind": "lost-event"}, {"kind": "stuck-job", "named": "dev-"}])
    world.client().list_custom_models()
    assert [(each["id"], each["struck"]) for each in world.ask("GET", "faults")] == [
        (first["id"], 1),
        (second["id"], 0),
        (third["id"], 0),
    ]
    assert [each["id"] for each in world.ask("DELETE", f"faults/{second['id']}")] == [first["id"], third["id"]]
    assert world.ask("DELETE", "faults") == []


def test_quotas_are_changed_one_by_one() -> None:
    world = Managed()
    world.ask("PUT", "quotas", {"values": {"us-east-1/L-1EF80F3E": 3}})
    world.ask("PUT", "quotas", {"tokens": {"standard": {PRO: 1}}})
    assert (
        world.ask("PUT", "quotas", {"model_units": 2})
        == world.ask("GET", "quotas")
        == {
            "model_units": 2,
            "values": {"us-east-1/L-1EF80F3E": 3},
            "tokens": {"standard": {PRO: 1}, "optimized": {}},
        }
    )
    with pytest.raises(Exception, match="Too many tokens"):
        say(world, PRO, "hello")


def test_latency_is_scaled() -> None:
    world = Managed()
    assert world.ask("PUT", "latency", {"scale": 0.5}) == world.ask("GET", "latency")
    reply = say(world, PRO, "where is my parcel")
    assert world.last.delay == pytest.approx(reply["metrics"]["latencyMs"] / 2000, abs=0.001)
    assert world.ask("PUT", "latency", {"scale": 0})["scale"] == 0


def test_what_is_undocumented_is_answered_either_way() -> None:
    world = Managed()
    defaults = world.ask("GET", "undocumented")
    assert defaults == {
        "optimized_application_profiles": False,
        "students_list_distillation": True,
        "missing_jobs_are_invalid": False,
    }
    requested = {name: not value for name, value in defaults.items()}
    assert world.ask("PUT", "undocumented", requested) == requested == world.ask("GET", "undocumented")
    assert world.bedrock.settings.undocumented.optimized_application_profiles


@pytest.mark.parametrize(
    ("change", "refused", "sentence", "served"),
    [
        ({"use_case_submitted": False}, "us.anthropic.claude-haiku-4-5-20251001-v1:0", "use case details", PRO),
        ({"legacy_models": False}, "us.amazon.nova-premier-v1:0", "marked by provider as Legacy", PRO),
    ],
)
def test_a_model_without_access_is_not_found(change: dict[str, bool], refused: str, sentence: str, served: str) -> None:
    world = Managed()
    world.ask("PUT", "clock", {"date": "2026-06-01"})
    say(world, refused, "where is my parcel")
    world.ask("PUT", "access", change)
    with pytest.raises(ClientError, match=sentence) as raised:
        say(world, refused, "where is my parcel")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert say(world, served, "where is my parcel")


def test_a_reset_leaves_empty_accounts_and_every_setting() -> None:
    world = Managed()
    world.ask("POST", "faults", {"kind": "lost-event", "times": 1, "after": 1})
    world.ask("PUT", "quotas", {"model_units": 2})
    world.client().create_model_customization_job(**job())
    world.bedrock.tick()
    world.ask("POST", "reset")
    assert not any(world.ask("GET", "inventory").values())
    assert (world.ask("GET", "events"), world.ask("GET", "quotas")["model_units"]) == ([], 2)
    assert [each["struck"] for each in world.ask("GET", "faults")] == [0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "weather", b"", 404, "unknown request GET /_admin/weather; allowed are GET health, GET clock,"),
        ("DELETE", "clock", b"", 404, "unknown request DELETE /_admin/clock"),
        ("PUT", "clock", b'{"date": "soon"}', 400, "'soon' is not a date: write it as 2024-12-04."),
        ("PUT", "clock", b'{"date": "2025-01-01", "advance": 1}', 400, "virtual, date and advance exclude each other"),
        (
            "PUT",
            "clock",
            b'{"speed": -1}',
            400,
            "speed is -1: write a number of virtual seconds per second, 0 to 1e+06",
        ),
        ("PUT", "clock", b'{"speed": "fast"}', 400, "Expected `float | null`, got `str` - at `$.speed`"),
        ("PUT", "clock", b'{"warp": 9}', 400, "unknown field warp; allowed are virtual, date, advance, speed"),
        ("PUT", "clock", b"[]", 400, "the body must be a JSON object"),
        ("PUT", "clock", b"{", 400, "the text is not JSON that can be read"),
        ("POST", "faults", b'{"kind": "earthquake"}', 400, "unknown kind of fault 'earthquake'"),
        ("POST", "faults", b'{"kind": "slow", "tims": 1}', 400, "unknown field tims"),
        ("POST", "faults", b'[{"kind": "lost-event"}, {"kind": 7}]', 400, "Expected `str`, got `int`"),
        ("DELETE", "faults/fault-9", b"", 400, "no fault has the id fault-9"),
        ("PUT", "quotas", b'{"model_units": "two"}', 400, "Expected `int`, got `str`"),
        ("PUT", "quotas", b'{"units": 2}', 400, "unknown field units; allowed are model_units, values, tokens"),
        ("PUT", "quotas", b'{"values": {"L-1EF80F3E": -1}}', 400, "-1 is not a quota"),
        ("PUT", "quotas", b'{"tokens": {"standard": {"*": -1}}}', 400, "-1 is not a token quota"),
        ("PUT", "latency", b'{"scale": -1}', 400, "scale is -1: write a number from 0 to 1e+06"),
        ("PUT", "undocumented", b'{"optimized": 1}', 400, "unknown field optimized; allowed are optimized_application"),
        ("PUT", "undocumented", b'{"optimized_application_profiles": 7}', 400, "Expected `bool`, got `int`"),
        ("PUT", "latency", b'{"scale": null}', 400, "Expected `float`, got `null`"),
    ],
)
def test_an_invalid_request_gets_a_message(method: str, path: str, body: bytes, status: int, sentence: str) -> None:
    world = Managed()
    refused, reported = world.admin.answer(method, path, {}, body)
    assert refused == status
    assert sentence in reported["message"]
    assert world.ask("GET", "faults") == []
