"""Whatever bytes arrive, in a body, a path, a query or a header: no 5xx, no dead simulator, no change by a refusal."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bedrock_simulator import json_text
from bedrock_simulator.clock import EARLIEST, LATEST, MAX_SPEED, ClockState
from bedrock_simulator.fault_kinds import KINDS
from simulator_support.in_process import HOST, SIGNED, InProcess
from simulator_support.thoroughness import cases

ROUTES = [
    *[("PUT", name) for name in ("clock", "quotas", "latency", "undocumented", "access")],
    *[("GET", name) for name in ("health", "clock", "faults", "quotas", "latency", "inventory", "events")],
    *[("POST", name) for name in ("faults", "reset")],
    *[("DELETE", name) for name in ("faults", "faults/fault-1", "events")],
    ("GET", "weather"), ("PATCH", "clock"), ("PUT", ""),
]  # fmt: skip
FIELDS = [
    "virtual", "date", "advance", "speed", "model_units", "values", "tokens", "standard", "optimized", "scale", "seed",
    "optimized_application_profiles", "kind", "operation", "error", "message", "seconds", "events", "stage", "named",
    "account", "region", "after", "times", "probability", "id",
]  # fmt: skip
NO_FLOATS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "-1e308", "1e-400"]
NUMBERS = [
    "0", "-1", "1", "0.5", "2", "1e9", "1e10", "1e12", "1764400000000", "-62135596800", "253402300799", "32503680000",
    "1" + "0" * 25, "1" + "0" * 400, "1" + "0" * 5000,
]  # fmt: skip
TEXTS = [
    '"\\ud800"', '"\\udc00x"', '"\\u0000"', '"2026-13-01"', '"2026-11-23"', '"0001-01-01"', '"9999-12-31T23:59:59"',
    '"0001-01-01T00:00:00+14:00"', '"*"', '""', '"\U0001f600"', '"a\\nb"', '"ThrottlingException"', '"Converse"',
]  # fmt: skip
# fmt: off
leaves = st.sampled_from([*NO_FLOATS, *NUMBERS, *TEXTS, "null", "true", "{}", "[]"]) | st.floats().map(json.dumps)
# fmt: on


def _object(parts: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in parts.items()) + "}"


values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(st.sampled_from([*FIELDS, "*", "L-1EF80F3E"]), inner, max_size=3).map(_object)
    ),
    max_leaves=6,
)
changes = st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=4).map(_object)
one_change = st.tuples(st.sampled_from(FIELDS), leaves).map(lambda pair: _object({pair[0]: pair[1]}))
faulty = st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from(FIELDS), leaves).map(
    lambda parts: _object({"kind": json.dumps(parts[0]), parts[1]: parts[2]})
)
DEEP = [b"[" * 3000 + b"]" * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b"[" * 200_000, b"[" * 129 + b"]" * 129]
bodies = (
    (one_change | changes | faulty | values).map(lambda text: text.encode(errors="surrogatepass"))
    | st.binary(max_size=40)
    | st.sampled_from([*DEEP, b"", b"\xff\xfe{\x00}\x00", b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}"])
)
queries = st.binary(max_size=20) | st.sampled_from([
    b"account=%ff", b"account=\xff", b"account=%00", b"nextToken=from-%C2%B2", b"nextToken=from-\xb2",
    b"maxResults=%D9%A1",
    b"maxResults=1_0", b"maxResults=" + b"9" * 5000, b"nextToken=from-" + b"9" * 5000,
    b"creationTimeAfter=0001-01-01T00:00:00%2B14:00",
    b"creationTimeAfter=2026-01-01", b"&&==;%", b"=" * 3000,
])  # fmt: skip
upgrades = st.lists(
    st.sampled_from([
        (b"upgrade", b"websocket"), (b"upgrade", b"h2c"), (b"connection", b"Upgrade, HTTP2-Settings"),
        (b"sec-websocket-version", b"13"), (b"sec-websocket-key", b"\xff"), (b"http2-settings", b"!"),
        (b"expect", b"100-continue"), (b"content-type", b"\xff"),
    (b"x-amzn-bedrock-request-metadata", b'{"a": "\\ud800"}'),
        (b"x-amzn-bedrock-request-metadata", b"[" * 2000), (b"x-amzn-bedrock-service-tier", b"\xe9"),
        (b"x-amzn-bedrock-performanceconfig-latency", b"NaN"), (b"authorization", b"Bearer \xff"),
    (b"authorization", b"\xff"),
    ]),
    max_size=3,
)  # fmt: skip


@cache
def world() -> InProcess:
    """One for all examples: what an accepted request leaves behind must not hurt the next."""
    return InProcess()


ANY = settings(max_examples=cases(400), deadline=None, suppress_health_check=list(HealthCheck))


@ANY
@given(st.sampled_from(ROUTES), bodies, queries)
def test_the_admin_api_answers_or_refuses_and_changes_nothing_when_it_refuses(
    route: tuple[str, str], body: bytes, query: bytes
) -> None:
    it, (method, path) = world(), route
    it.bedrock.faults.clear()
    before = it.facts()
    reply = it.call(method, b"/_admin/" + path.encode(), query, body, [HOST])
    assert reply.status in (200, 400, 404), reply
    if reply.status != 200:
        assert reply.json()["message"]
        assert it.facts() == before
    it.bedrock.tick()
    it.restart()
    assert it.call("GET", b"/_admin/health", headers=[HOST]).status == 200


PATHS = [
    b"/model/amazon.nova-pro-v1%3A0/converse", b"/model/amazon.nova-pro-v1%3A0/converse-stream",
    b"/model/us.anthropic.claude-haiku-5-5/invoke", b"/model/amazon.nova-pro-v1:0/invoke-with-response-stream",
    b"/model/anthropic.claude-haiku-5-5/count-tokens", b"/model/%ff%00/converse", b"/model/\xff/invoke",
    b"/model//invoke",
    b"/custom-models", b"/model-customization-jobs", b"/model-customization-jobs/%F0%9F%98%80", b"/tagResource",
    b"/listTagsForResource", b"/evaluation-jobs", b"/model-invocation-job", b"/logging/modelinvocations",
    b"/", b"", b"//",
    b"/custom-models/..%2f..", b"/inference-profiles", b"/foundation-models",
]  # fmt: skip
SPEECH = [
    b'{"messages": [{"role": "user", "content": [{"text": "\\ud800"}]}]}',
    b'{"messages": [{"role": "user", "content": [{"text": "hi"}]}], "additionalModelRequestFields": ' + DEEP[1] + b"}",
    b'{"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"temperature": 1e400}}',
    b'{"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 1e300}}',
    b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": NaN, "messages": []}',
    b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": [], "content": {}}]}',
    b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": [[]]}]}',
    b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": [{}, 1]}]}',
    b'{"anthropic_version": {}, "max_tokens": 5, "system": [{"type": []}], "messages": []}',
    b'{"input": {"invokeModel": {"body": "\xc2\xb2"}}}',
]  # fmt: skip


@ANY
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PRI"]),
    st.sampled_from(PATHS) | st.binary(max_size=12).map(lambda part: b"/" + part),
    queries,
    bodies | st.sampled_from(SPEECH),
    upgrades,
)
def test_the_services_answer_or_refuse(
    method: str, path: bytes, query: bytes, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    assume(not path.startswith(b"/_admin/"))
    reply = world().call(method, path, query, body, [HOST, SIGNED, *headers])
    assert reply.status < 500, reply
    assert reply.status == 200 or reply.json()["message"]


@pytest.mark.parametrize("body", [*DEEP, *SPEECH])
@pytest.mark.parametrize("path", PATHS)
def test_every_operation_refuses_what_cannot_be_read(path: bytes, body: bytes) -> None:
    assert world().call("POST", path, body=body).status < 500


@pytest.mark.parametrize(
    "body",
    [
        b'{"virtual": 1764400000000}', b'{"virtual": NaN}', b'{"virtual": Infinity}', b'{"virtual": 1e999}',
        b'{"advance": 1e300}', b'{"advance": -1e11}', b'{"speed": 1e300}', b'{"speed": Infinity}',
    b'{"date": "9999-12-31"}',
        b'{"date": "0001-01-01"}', b'{"date": "2026-11-24", "speed": -1}', b'{"date": "2026-11-24", "speed": NaN}',
        b'{"date": "0001-01-01T00:00+14:00"}',
    ],
)  # fmt: skip
def test_a_clock_that_cannot_be_set_runs_on(body: bytes) -> None:
    it = InProcess()
    before = it.facts()
    reply = it.call("PUT", b"/_admin/clock", body=body)
    assert (reply.status, it.facts()) == (400, before)
    assert it.call("GET", b"/_admin/health").json() == {"status": "ok", "now": "2026-11-23T09:00:00.000Z"}
    assert not it.bedrock.tick()


def test_milliseconds_are_told_what_to_write() -> None:
    refused = InProcess().call("PUT", b"/_admin/clock", body=b'{"virtual": 1764400000000}').json()["message"]
    assert "it must be epoch seconds" in refused
    assert "for milliseconds write 1764400000" in refused


@given(st.floats(EARLIEST, LATEST), st.floats(0, MAX_SPEED), st.floats(allow_nan=True, allow_infinity=True))
def test_virtual_time_is_a_date_whenever_it_is_read(virtual: float, speed: float, real: float) -> None:
    assert EARLIEST <= ClockState(0.0, virtual, speed).at(real) <= LATEST


@given(st.binary(max_size=30) | bodies)
def test_what_is_read_can_be_written(body: bytes) -> None:
    try:
        value: Any = json_text.parse(body)
    except ValueError:
        return
    assert json_text.parse(json.dumps(value).encode()) == value
