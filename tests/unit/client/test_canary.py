"""A canary takes its share of the calls of a student's step until its end, and never costs a caller an answer."""

import contextlib
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from distillery.client import AllStepsFailed, EmbeddedMetrics
from distillery.client.canary import CANARY, LIVE, AliasedCanary, position
from distillery.client.clock import Timing
from distillery.client.system_prompt import UNKNOWN_PROMPT
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Alias, Canary, Endpoint
from distillery.core.serialization import from_wire, to_wire
from tests.unit.client.harness import (
    ENDPOINT,
    MESSAGES,
    STANDARD,
    STUDENT,
    THROTTLED,
    ClientHarness,
    answer,
    delta,
    end,
    refusal,
)
from tests.unit.client.harness import route_map as said

SECOND = ENDPOINT[:-1] + "z"
END = "2026-12-01T09:00:00+00:00"
AT_END = datetime(2026, 12, 1, 9, tzinfo=UTC).timestamp()
WRITTEN: dict[str, Any] = {
    "endpoint": {"arn": SECOND, "name": "n", "mode": "on-demand"},
    "model": "model-b",
    "run": "support-1",
    "share": 0.5,
    "salt": "canary-support-20261130T090000Z",
    "begun": "2026-11-30T09:00:00+00:00",
    "end": END,
    "system": None,
}
PLACE = 0.038278859601806436
KEYS = [f"customer-{number}" for number in range(4000)]


class Clocked(ClientHarness):
    """A route whose step has a canary. `wall`: seconds since the epoch."""

    def __init__(self, *steps: Any, **canary: Any) -> None:
        super().__init__(said(*(steps or (STUDENT,))))
        self.wall = AT_END - 60
        self.promote(canary=WRITTEN | canary)

    def route(self, name: str = "fast", **more: Any) -> Any:
        timing = Timing(now=lambda: self.at, sleep=self._sleep, jitter=lambda most: most, wall=lambda: self.wall)
        return super().route(name, **{"timing": timing, **more})


def key_of(harness: Clocked, arn: str) -> str:
    """A key that the endpoint answers."""
    return next(key for key in KEYS if harness.route().converse(messages=MESSAGES, key=key).identifier == arn)


def a_canary(share: float, salt: str = "s") -> AliasedCanary:
    return AliasedCanary(SECOND, "model-b", share, salt, AT_END, UNKNOWN_PROMPT)


@given(share=st.floats(0.02, 0.98), salt=st.text("abcdef0123456789-", min_size=1, max_size=40))
def test_it_takes_its_share_of_the_keys(share: float, salt: str) -> None:
    taken = sum(a_canary(share, salt).takes(key, 0.0) for key in KEYS) / len(KEYS)
    assert abs(taken - share) < 5 * (share * (1 - share) / len(KEYS)) ** 0.5


def test_it_takes_its_share_of_the_calls_without_a_key() -> None:
    taken = sum(a_canary(0.1).takes(None, 0.0) for _ in range(20_000)) / 20_000
    assert abs(taken - 0.1) < 0.015


@given(key=st.text(max_size=300), salt=st.text(max_size=60))
def test_a_key_is_always_at_the_same_place(key: str, salt: str) -> None:
    assert 0 <= position(salt, key) < 1
    assert position(salt, key) == position(salt, key)


def test_the_place_of_a_key_does_not_change_between_versions() -> None:
    assert position("canary-support-20261130T090000Z", "customer-1") == pytest.approx(PLACE, abs=1e-15)


@given(one=st.integers(0, 10**6), two=st.integers(0, 10**6))
def test_salts_split_independently(one: int, two: int) -> None:
    """Of the keys that one canary takes, another takes its own share: not the same customers try everything."""
    if one == two:
        return
    first = [key for key in KEYS if a_canary(0.5, f"s{one}").takes(key, 0.0)]
    both = sum(a_canary(0.5, f"s{two}").takes(key, 0.0) for key in first) / len(first)
    assert abs(both - 0.5) < 5 * 0.5 / len(first) ** 0.5


def test_one_with_more_share_keeps_the_keys_that_it_had() -> None:
    assert all(a_canary(0.4).takes(key, 0.0) for key in KEYS if a_canary(0.1).takes(key, 0.0))


def test_what_promotion_writes_is_what_callers_read() -> None:
    endpoint = Endpoint(arn=SECOND, name="n", mode=HostingMode.ON_DEMAND)
    written = Canary(
        endpoint=endpoint, model="model-b", run="support-1", share=0.5, salt=WRITTEN["salt"], begun=END, end=END
    )
    alias = Alias(
        recipe="support",
        version=1,
        endpoint=Endpoint(arn=ENDPOINT, name="live", mode=HostingMode.ON_DEMAND),
        region="us-east-1",
        base="amazon.nova-micro-v1:0",
        current="model-a",
        previous=None,
        run="support-0",
        changed=END,
        canary=written,
    )
    assert from_wire(Alias, json.loads(json.dumps(to_wire(alias)))) == alias
    harness = Clocked()
    harness.homes["us-east-1"].parameters[str(STUDENT.alias)] = json.dumps(to_wire(alias))
    assert {harness.route().converse(messages=MESSAGES, key=key).model for key in KEYS[:50]} == {"model-a", "model-b"}


def test_replies_say_which_variant_answered() -> None:
    harness = Clocked()
    route = harness.route()
    for key in KEYS[:40]:
        reply = route.converse(messages=MESSAGES, key=key)
        expected = (SECOND, "model-b", CANARY) if position(WRITTEN["salt"], key) < 0.5 else (ENDPOINT, "model-a", LIVE)
        assert (reply.identifier, reply.model, reply.variant) == expected
        assert reply.index == 0
    assert {served.assigned for served in harness.observed} == {LIVE, CANARY}


def test_streams_are_split_too() -> None:
    harness = Clocked()
    for arn in (SECOND, ENDPOINT):
        harness.script[arn] = [[delta("a"), *end()]]
    for key in KEYS[:10]:
        stream = harness.route().converse_stream(messages=MESSAGES, key=key)
        assert list(stream) == ["a"]
        assert (stream.reply.variant == CANARY) == (position(WRITTEN["salt"], key) < 0.5)


@pytest.mark.parametrize(("seconds", "variants"), [(-0.001, {LIVE, CANARY}), (0.0, {""}), (86_400.0, {""})])
def test_it_ends_at_its_end_although_nobody_removes_it(seconds: float, variants: set[str]) -> None:
    harness = Clocked()
    harness.wall = AT_END + seconds
    assert {harness.route().converse(messages=MESSAGES, key=key).variant for key in KEYS[:40]} == variants


GARBLED: list[Any] = [
    None,
    "text",
    [],
    {},
    WRITTEN | {"endpoint": None},
    WRITTEN | {"endpoint": {"arn": "arn:aws:bedrock:us-east-1::foundation-model/other"}},
    WRITTEN | {"endpoint": {"arn": SECOND.replace("us-east-1", "us-west-2")}},
    WRITTEN | {"model": 4},
    WRITTEN | {"share": True},
    WRITTEN | {"share": 0},
    WRITTEN | {"share": 1.0},
    WRITTEN | {"share": float("nan")},
    WRITTEN | {"share": "0.5"},
    WRITTEN | {"salt": ""},
    WRITTEN | {"end": "tomorrow"},
    WRITTEN | {"end": "2026-13-01T09:00:00+00:00"},
    WRITTEN | {"system": "text"},
    {name: value for name, value in WRITTEN.items() if name != "salt"},
]


@pytest.mark.parametrize("canary", GARBLED, ids=[str(number) for number in range(len(GARBLED))])
def test_a_garbled_canary_does_not_exist(canary: Any) -> None:
    harness = Clocked()
    harness.promote(canary=canary)
    route = harness.route()
    replies = [route.converse(messages=MESSAGES, key=key) for key in KEYS[:20]]
    assert {(reply.identifier, reply.variant) for reply in replies} == {(ENDPOINT, "")}


@pytest.mark.parametrize(
    "error",
    [
        THROTTLED,
        refusal("ResourceNotFoundException"),
        refusal("AccessDeniedException"),
        refusal("ValidationException"),
        refusal("InternalServerException", status=500),
    ],
    ids=lambda error: error.response["Error"]["Code"],
)
def test_the_live_endpoint_answers_for_a_canary_that_fails(error: ClientError) -> None:
    harness = Clocked()
    key = key_of(harness, SECOND)
    harness.requests.clear()
    harness.script[SECOND] = [error]
    reply = harness.route().converse(messages=MESSAGES, key=key)
    assert (reply.identifier, reply.variant, reply.index) == (ENDPOINT, LIVE, 0)
    assert harness.called == [SECOND, ENDPOINT]
    assert not harness.pauses
    assert harness.observed[-1].assigned == CANARY


def test_a_canary_that_fails_is_tried_once_for_a_request_that_then_falls_back() -> None:
    harness = Clocked(STUDENT, STANDARD)
    key = key_of(harness, SECOND)
    harness.requests.clear()
    harness.script[SECOND] = harness.script[ENDPOINT] = [THROTTLED]
    assert harness.route().converse(messages=MESSAGES, key=key).index == 1
    assert harness.called.count(SECOND) == 1
    harness.script["app-pro"] = [THROTTLED]
    with pytest.raises(AllStepsFailed):
        harness.route().converse(messages=MESSAGES, key=key)


def test_what_the_caller_has_to_fix_is_what_the_live_endpoint_refuses() -> None:
    harness = Clocked()
    key = key_of(harness, SECOND)
    harness.script[SECOND] = [refusal("ValidationException", "of the canary")]
    harness.script[ENDPOINT] = [refusal("ValidationException", "of the live one")]
    with pytest.raises(ClientError, match="of the live one"):
        harness.route().converse(messages=MESSAGES, key=key)


def test_the_key_is_not_sent() -> None:
    harness = Clocked()
    harness.route().converse(messages=MESSAGES, key="Ann Example")
    assert "Ann Example" not in json.dumps(harness.requests)


def test_a_request_without_a_key_is_assigned_once() -> None:
    """A failed round does not draw again."""
    harness = Clocked(share=0.999999)
    harness.script[SECOND] = [THROTTLED]
    harness.script[ENDPOINT] = [THROTTLED, THROTTLED, answer()]
    assert harness.route().converse(messages=MESSAGES).variant == LIVE
    assert harness.called.count(SECOND) == 1


def lines_of(harness: Clocked, key: str) -> dict[str, Any]:
    lines: list[str] = []
    route = harness.route(metrics=EmbeddedMetrics(lines.append, clock=lambda: AT_END))
    with contextlib.suppress(AllStepsFailed, ClientError):
        route.converse(messages=MESSAGES, key=key)
    (line,) = lines
    found: dict[str, Any] = json.loads(line)
    return found


def test_metrics_tell_the_variants_apart_while_there_are_two() -> None:
    harness = Clocked()
    key = key_of(harness, SECOND)
    line = lines_of(harness, key)
    assert (line["Variant"], line["Assigned"], line["Diverted"], line["Refused"]) == (CANARY, 1, 0, 0)
    of_variants = line["_aws"]["CloudWatchMetrics"][-1]
    assert of_variants["Dimensions"] == [["Environment", "Route", "Variant"]]
    assert [metric["Name"] for metric in of_variants["Metrics"]] == ["Assigned", "Diverted", "Refused"]
    harness.script[SECOND] = [answer(stopReason="content_filtered")]
    assert lines_of(harness, key)["Refused"] == 1
    harness.script[SECOND] = [THROTTLED]
    line = lines_of(harness, key)
    assert (line["Variant"], line["Diverted"]) == (CANARY, 1)
    assert "Refused" not in line
    harness.script[ENDPOINT] = [refusal("ValidationException")]
    assert "Diverted" not in lines_of(harness, key)
    harness.wall = AT_END
    assert not {"Variant", "Assigned", "Diverted", "Refused"} & set(lines_of(harness, key))


def test_the_longest_system_prompt_is_that_of_the_canary() -> None:
    harness = Clocked()
    assert harness.route().longest_system_prompt() == 0
    text = "Answer with a label."
    uri, sha256 = store(harness, text)
    harness.promote(canary=WRITTEN | {"system": {"use": "shared", "uri": uri, "sha256": sha256}})
    route = harness.route()
    assert route.longest_system_prompt() == len(text)
    sent = {str(route.converse(messages=MESSAGES, key=key).system) for key in KEYS[:40]}
    assert sent == {"student", "none"}


def store(harness: Clocked, text: str) -> tuple[str, str]:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    harness.s3.put_object(Bucket="data", Key=f"system-prompts/support/{sha256}", Body=text.encode())
    return f"s3://data/system-prompts/support/{sha256}", sha256
