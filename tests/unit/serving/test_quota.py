"""The quota of each principal: what is counted, for whom, and that nobody can exceed it."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from distillery.client import AllStepsFailed
from distillery.core import clock, served_routes
from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest, NoModel, OverQuota, QuotaUnavailable
from distillery.core.function_url import Caller
from distillery.core.served_routes import CallerQuota, Period, ServedRoute, ServedRoutes
from lambdas.serving import handler
from lambdas.serving import quota as quotas
from lambdas.serving.quota import Usage, UsageCounter
from tests.fakes.errors import service_error
from tests.fakes.usage_table import FakeUsageTable
from tests.unit.client.harness import PRO, THROTTLED, ClientHarness, answer, refusal
from tests.unit.serving.test_authorization import BY_URL, DIRECT, OTHER, SHOP, call, signed
from tests.unit.serving.test_function_url import event

ROUTES = tuple(ServedRoute(name=name) for name in ("distilled/support", "fast", "plain"))
NOW = 1_700_000_000
ASKED = {"route": "plain", "prompt": "hello", "max_tokens": 20}
WORST = 16 + 5 + 20
"""Tokens in the worst case: a turn, five bytes, and its answer."""
TEN = CallerQuota(per=Period.HOUR, tokens=10 * WORST)
ROLE = "arn:aws:sts::111122223333:assumed-role/shop"

Offering = Callable[[CallerQuota | None], FakeUsageTable]


@pytest.fixture
def sums() -> FakeUsageTable:
    return FakeUsageTable()


@pytest.fixture
def offering(harness: ClientHarness, monkeypatch: pytest.MonkeyPatch, sums: FakeUsageTable) -> Offering:
    """Returns an environment with this quota, whose models use everything that a request may use."""
    monkeypatch.setattr(quotas, "counting", lambda: sums)
    monkeypatch.setenv(Variable.QUOTAS, "quotas")
    handler._usage_counter.cache_clear()
    for identifier in ("app-pro", PRO):
        harness.script[identifier] = [used_up]

    def to(quota: CallerQuota | None) -> FakeUsageTable:
        monkeypatch.setattr(served_routes, "read", lambda: ServedRoutes(routes=ROUTES, quota=quota))
        handler._offer.cache_clear()
        return sums

    return to


def used(into: int, out: int) -> dict[str, Any]:
    return answer(usage={"inputTokens": into, "outputTokens": out, "totalTokens": into + out})


def used_up(request: Mapping[str, Any]) -> dict[str, Any]:
    size = sum(len(block["text"].encode()) for turn in request["messages"] for block in turn["content"])
    return used(16 + size, request["inferenceConfig"]["maxTokens"])


def ask(arn: str = SHOP, **more: Any) -> int:
    return call(signed(event(ASKED | more), arn), BY_URL)[0]


def taken(sums: FakeUsageTable) -> dict[str, int]:
    """Tokens by principal."""
    return {key.partition("#")[2]: item["taken_tokens"] for key, item in sums.items.items()}


def test_a_caller_is_refused_where_its_quota_is_used_up_and_told_when_to_come_back(
    harness: ClientHarness, offering: Offering
) -> None:
    offering(TEN)
    assert [ask() for _ in range(11)] == [200] * 10 + [429]
    refused = handler.invoke(signed(event(ASKED), SHOP), BY_URL)
    told = json.loads(refused["body"])["error"]
    assert (told["type"], refused["headers"]["retry-after"]) == ("OverQuota", str(3600 - NOW % 3600))
    assert "410 tokens an hour" in told["message"]
    assert len(harness.requests) == 10
    assert ask(OTHER) == 200, "another role has its own quota"


def test_the_next_hour_is_a_new_one_and_the_one_before_expires(
    offering: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = offering(TEN)
    assert [ask() for _ in range(11)][-1] == 429
    monkeypatch.setattr(clock, "timestamp", lambda: NOW + 3600.5)
    assert ask() == 200
    assert {key.partition("#")[0] for key in sums.items} == {str(NOW // 3600 * 3600), str(NOW // 3600 * 3600 + 3600)}
    assert all(item["expires_at"] == int(key.partition("#")[0]) + 3600 + 86_400 for key, item in sums.items.items())


ADD = "ADD taken_tokens :tokens, taken_nanodollars :nanodollars"
ROOM = (
    "(attribute_not_exists(taken_tokens) OR taken_tokens <= :room_tokens)"
    " AND (attribute_not_exists(taken_nanodollars) OR taken_nanodollars <= :room_nanodollars)"
)
"""The same condition as in tests/unit/local/emulator/test_sums.py, which tests how DynamoDB evaluates it."""


def test_it_sends_what_dynamodb_is_known_to_understand(harness: ClientHarness, offering: Offering) -> None:
    sums = offering(CallerQuota(per=Period.HOUR, tokens=10**6, usd=Decimal(1)))
    harness.script["app-pro"] = [used(1, 1)]
    assert ask() == 200
    assert [(call["UpdateExpression"], call["ConditionExpression"]) for call in sums.calls] == [
        (f"{ADD} SET expires_at = :expires", ROOM),
        (ADD, "attribute_exists(pk)"),
    ]


@pytest.mark.parametrize("session", ["i-0ab", "i-0cd", "shop", "direct", "other", "x=,.@+-_y"])
def test_a_session_by_another_name_has_no_quota_of_its_own(offering: Offering, session: str) -> None:
    """The caller of AssumeRole chooses the session name and can change it at will."""
    sums = offering(TEN)
    assert [ask(f"{ROLE}/{name}") for name in (*map(str, range(10)), session)] == [200] * 10 + [429]
    assert taken(sums).keys() == {ROLE}


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        ("arn:aws:sts::111122223333:assumed-role/shop/i-0ab", "arn:aws:sts::111122223333:assumed-role/shop"),
        ("arn:aws-us-gov:sts::111122223333:assumed-role/shop/x", "arn:aws-us-gov:sts::111122223333:assumed-role/shop"),
        ("arn:aws:iam::111122223333:user/team/ana", "arn:aws:iam::111122223333:user/team/ana"),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
        ("arn:aws:sts::111122223333:federated-user/made-up", "arn:aws:sts::111122223333:federated-user"),
        ("arn:aws:sts::111122223333:assumed-role/shop/a/b", "other/111122223333"),
        ("arn:aws:sts::111122223333:something-new/a", "other/111122223333"),
        ("nonsense#direct", "other/111122223333"),
    ],
)
def test_a_principal_is_what_its_caller_cannot_choose(arn: str, principal: str) -> None:
    assert Caller(arn=arn, id="x", account="111122223333").principal == principal


def test_direct_invocations_are_one_caller_whatever_they_say_of_themselves(offering: Offering) -> None:
    sums = offering(TEN)
    for number in range(5):
        handler.invoke(ASKED, DIRECT)
        call(signed(event(ASKED), f"{ROLE}/{number}"), DIRECT)
    with pytest.raises(OverQuota):
        handler.invoke(ASKED, DIRECT)
    assert taken(sums) == {"direct": 10 * WORST}
    assert ask() == 200, "they must not use up the quota of known callers"


@pytest.mark.parametrize("per", [Period.HOUR, Period.DAY])
def test_dollars_are_counted_at_the_maps_prices(offering: Offering, per: Period) -> None:
    """The worst case is 21 tokens at $0.80 and 20 at $3.20 per million."""
    sums = offering(CallerQuota(per=per, usd=Decimal("0.0001616")))
    assert [ask() for _ in range(3)] == [200, 200, 429]
    assert [item["taken_nanodollars"] for item in sums.items.values()] == [161_600]


def test_what_was_not_used_is_given_back(harness: ClientHarness, offering: Offering) -> None:
    sums = offering(TEN)
    harness.script["app-pro"] = [used(3, 1)]
    assert ask() == 200
    assert taken(sums) == {ROLE: 4}
    assert sums.highest[next(iter(sums.items))]["taken_tokens"] == WORST


def test_a_request_that_no_quota_holds_is_not_told_to_come_back(offering: Offering) -> None:
    sums = offering(TEN)
    refused = handler.invoke(signed(event(ASKED | {"max_tokens": 8192}), SHOP), BY_URL)
    assert (refused["statusCode"], "retry-after" in refused["headers"], sums.calls) == (429, False, [])


FAILURES: dict[str, tuple[list[Any], int, int]] = {
    "throttled throughout costs nothing": ([THROTTLED], 0, 503),
    "denied costs nothing": ([refusal("AccessDeniedException")], 0, 502),
    "refused by Bedrock costs nothing": ([refusal("ValidationException", "too long")], 0, 400),
    "a time-out may have cost all of it": ([ReadTimeoutError(endpoint_url="x"), THROTTLED], 1, 503),
    "a time-out before an answer counts too": ([ReadTimeoutError(endpoint_url="x"), used(2, 2)], 1, 200),
    "a model's error may have cost all of it, each time": ([refusal("ModelErrorException")] * 2 + [THROTTLED], 2, 503),
}


@pytest.mark.parametrize(("script", "tries", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_what_failed_counts_as_much_as_it_may_have_cost(
    harness: ClientHarness, offering: Offering, script: list[Any], tries: int, status: int
) -> None:
    sums = offering(TEN)
    harness.script["app-pro"] = script
    assert ask() == status
    assert taken(sums) == {ROLE: tries * WORST + (4 if status == 200 else 0)}


def test_a_refusal_after_a_try_that_may_have_cost_something_gives_nothing_back(
    harness: ClientHarness, offering: Offering, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums, times = offering(TEN), iter([0.0, 6.0])
    monkeypatch.setattr("lambdas.serving.quota.time.monotonic", lambda: next(times))
    harness.script[PRO] = [ReadTimeoutError(endpoint_url="x")]
    harness.script["app-pro"] = [refusal("ValidationException", "too long")]
    assert ask(route="fast") == 400
    assert taken(sums) == {ROLE: WORST}


TROUBLE = [
    service_error("ProvisionedThroughputExceededException"),
    service_error("ThrottlingException"),
    service_error("AccessDeniedException"),
    service_error("InternalServerError"),
    ReadTimeoutError(endpoint_url="x"),
]


@pytest.mark.parametrize("error", TROUBLE, ids=str)
def test_a_table_that_does_not_answer_closes_the_door(
    harness: ClientHarness, offering: Offering, error: Exception
) -> None:
    sums = offering(TEN)
    sums.errors = [error, error]
    status, said = call(signed(event(ASKED), SHOP), BY_URL)
    assert (status, said["error"]["type"], harness.requests) == (503, "QuotaUnavailable", [])
    sums.errors = [error, error]
    with pytest.raises(QuotaUnavailable):
        handler.invoke(ASKED, DIRECT)
    sums.errors = [error, None]
    assert ask() == 200, "the table is called twice"


def test_a_table_that_does_not_answer_rings_and_a_quota_that_is_used_up_does_not(
    offering: Offering, capsys: pytest.CaptureFixture[str]
) -> None:
    """The alarm watches degraded requests, and only we can fix their cause."""
    sums = offering(TEN)
    sums.errors = [TROUBLE[0], TROUBLE[0]]
    assert ask() == 503
    told = json.loads(capsys.readouterr().out)
    assert (told["Error"], told["Route"], told["Failed"], told["Degraded"]) == ("QuotaUnavailable", "plain", 1, 1)
    assert ask(max_tokens=8192) == 429
    told = json.loads(capsys.readouterr().out)
    assert (told["Error"], told["Failed"], "Degraded" in told) == ("OverQuota", 1, False)


@pytest.mark.parametrize("error", TROUBLE, ids=str)
def test_what_cannot_be_given_back_stays_taken_and_the_answer_is_given(
    harness: ClientHarness, offering: Offering, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sums = offering(TEN)
    harness.script["app-pro"] = [used(2, 2)]
    sums.errors = [None, error]
    assert ask() == 200
    assert taken(sums) == {ROLE: WORST}
    assert len(sums.calls) == 2, "a second refund might return another request's tokens"
    assert "stay reserved" in caplog.text


def test_a_map_that_is_not_there_takes_nothing_and_is_told_of(
    harness: ClientHarness, offering: Offering, capsys: pytest.CaptureFixture[str]
) -> None:
    sums = offering(TEN)
    harness.ssm.errors["/distillery/dev/routes/plain"] = service_error("InternalServerError")
    assert ask() == 503
    assert json.loads(capsys.readouterr().out)["Error"] == "MapUnavailable"
    del harness.ssm.parameters["/distillery/dev/routes/fast"]
    assert ask(route="fast") == 404
    assert sums.calls == []


def test_a_student_that_is_not_there_takes_nothing(harness: ClientHarness, offering: Offering) -> None:
    sums = offering(TEN)
    harness.homes["us-east-1"].parameters.clear()
    with pytest.raises(NoModel):
        handler.invoke(ASKED | {"route": "support"}, DIRECT)
    assert taken(sums) == {"direct": 0}


def test_what_is_refused_for_another_reason_takes_nothing(offering: Offering) -> None:
    sums = offering(TEN)
    for said, error in (({"route": "none"}, NoModel), ({"max_tokens": 0}, BadRequest), ({"prompt": ""}, BadRequest)):
        with pytest.raises(error):
            handler.invoke(ASKED | said, DIRECT)
    assert sums.calls == []


def test_callers_who_ask_at_the_same_time_never_get_past_the_quota(harness: ClientHarness, offering: Offering) -> None:
    sums = offering(TEN)
    assert ask() == 200  # reads the map
    with ThreadPoolExecutor(32) as threads:
        answered = list(threads.map(lambda number: ask(f"{ROLE}/{number}"), range(64)))
    assert sorted(answered) == [200] * 9 + [429] * 55
    assert len(harness.requests) == 10
    assert next(iter(sums.highest.values()))["taken_tokens"] == 10 * WORST


amounts = st.tuples(st.integers(1, 60), st.integers(0, 900), st.floats(0, 1))


@given(st.lists(amounts, max_size=40), st.integers(1, 8), st.integers(1, 400), st.none() | st.integers(1, 9_000))
def test_whatever_is_asked_however_many_at_a_time_what_is_used_stays_within(
    asked: list[tuple[int, int, float]], callers: int, tokens: int, nanodollars: int | None
) -> None:
    """For any requests, each of which uses some share of its worst case."""
    usd = None if nanodollars is None else Decimal(nanodollars) / 10**9
    sums, spent = FakeUsageTable(), list[Usage]()
    limited: Any = UsageCounter("quotas", CallerQuota(per=Period.DAY, tokens=tokens, usd=usd), sums)  # type: ignore[arg-type]  # a fake

    def one(request: tuple[int, int, float]) -> None:
        most = Usage(request[0], request[1])
        try:
            held = limited.reserve("anybody", most)
        except OverQuota:
            return
        use = Usage(int(most.tokens * request[2]), int(most.nanodollars * request[2]))
        spent.append(use)
        limited.settle(held, use)

    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(one, asked))
    total = sum(spent, Usage())
    assert total.tokens <= tokens
    assert nanodollars is None or total.nanodollars <= nanodollars
    for item in sums.highest.values():
        assert item["taken_tokens"] <= tokens
        assert nanodollars is None or item["taken_nanodollars"] <= nanodollars
    for item in sums.items.values():
        assert Usage(item["taken_tokens"], item["taken_nanodollars"]) == total


def test_without_a_quota_nothing_is_called_and_nothing_imported(harness: ClientHarness, offering: Offering) -> None:
    sums = offering(None)
    assert [ask() for _ in range(20)] == [200] * 20
    assert sums.calls == []
    program = (
        "import sys; from lambdas.serving import handler; "
        "sys.exit(bool({'lambdas.serving.quota'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_attempt_of_a_walk_is_priced_like_the_dearest_step(harness: ClientHarness, offering: Offering) -> None:
    """fast falls back from optimized latency at $1.00 and $4.00 to standard at $0.80 and $3.20."""
    sums = offering(CallerQuota(per=Period.HOUR, usd=Decimal(1)))
    harness.script[PRO], harness.script["app-pro"] = [ReadTimeoutError(endpoint_url="x")], [used(10, 10)]
    assert ask(route="fast") == 200
    (item,) = sums.items.values()
    assert item["taken_nanodollars"] == (21 * 1000 + 20 * 4000) + (10 * 800 + 10 * 3200)


def test_where_no_step_answers_in_time_the_attempts_are_reported(harness: ClientHarness, offering: Offering) -> None:
    offering(TEN)
    harness.script["app-pro"] = [THROTTLED]
    with pytest.raises(AllStepsFailed):
        handler.invoke(ASKED, DIRECT)


@pytest.mark.parametrize(("limit", "served"), [(16 + 5 + 20 + 16 + 15_000, True), (16 + 5 + 20 + 16 + 14_999, False)])
def test_the_system_prompt_that_the_route_adds_counts(
    harness: ClientHarness, offering: Offering, limit: int, served: bool
) -> None:
    text = "a label, " * 1666 + "or none"[:6]
    assert len(text) == 15_000
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    system = {"use": "shared", "uri": f"s3://data-bucket/system-prompts/support/{sha256}.txt", "sha256": sha256}
    harness.s3.put(system["uri"], text)
    harness.promote(system=system)
    table = offering(CallerQuota(per=Period.HOUR, tokens=limit))
    asked = ASKED | {"route": "distilled/support"}
    if not served:
        with pytest.raises(OverQuota):
            handler.invoke(asked, None)
        assert harness.requests == []
        return
    assert handler.invoke(asked, None)["system"] == "student"
    assert table is not None
    with pytest.raises(OverQuota):
        handler.invoke(asked, None)
    assert handler.invoke(asked | {"system": "x"}, None)["system"] == "caller", "its own is shorter"
