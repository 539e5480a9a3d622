"""A route's request: what is sent, and what the answer says about how it was served."""

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from distillery.client import Mode, NotConfigured, Step
from distillery.client.converse import SET_BY_MAP, ConverseArguments
from tests.unit.client.harness import (
    ENDPOINT,
    HAIKU,
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    STANDARD,
    STUDENT,
    ClientHarness,
    answer,
    refusal,
    route_map,
)

SERVED_OPTIMIZED = {"performanceConfig": {"latency": "optimized"}}


def test_an_answer_comes_with_what_was_requested_and_served() -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [answer("hello back", **SERVED_OPTIMIZED)]
    reply = harness.route().converse(messages=MESSAGES)
    assert reply.response == harness.script[PRO][0]
    assert (reply.text, reply.index, reply.step, reply.identifier) == ("hello back", 0, OPTIMIZED, PRO)
    assert (reply.requested, reply.served, reply.downgraded) == (Mode("optimized"), Mode("optimized"), False)
    assert (reply.model, reply.latency_ms, reply.stop_reason) == ("amazon.nova-pro-v1:0", 321, "end_turn")
    assert (reply.input_tokens, reply.output_tokens, reply.cost) == (1000, 10, Decimal("0.00104"))
    assert [attempt.error for attempt in reply.attempts] == [None]
    assert harness.regions == ["us-east-2"]


def test_the_map_says_mode_metadata_and_the_tightest_tokens() -> None:
    harness = ClientHarness(
        route_map(Step(model="m", region="us-east-2", identifier=PRO, latency="optimized", tier="priority"))
    )
    harness.route().converse(messages=MESSAGES, system=[{"text": "s"}], requestMetadata={"user": "u"})
    assert harness.requests == [
        {
            "modelId": PRO,
            "messages": MESSAGES,
            "system": [{"text": "s"}],
            "inferenceConfig": {"maxTokens": 64},
            "requestMetadata": {"team": "search", "user": "u"},
            "performanceConfig": {"latency": "optimized"},
            "serviceTier": {"type": "priority"},
        }
    ]


def test_what_is_usual_is_not_said() -> None:
    harness = ClientHarness(route_map(STANDARD))
    harness.route().converse(messages=MESSAGES)
    assert not {"performanceConfig", "serviceTier"} & harness.requests[0].keys()


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"maxTokens": 9}, {"maxTokens": 9}),
        ({"inferenceConfig": {"maxTokens": 9, "temperature": 0.1}}, {"maxTokens": 9, "temperature": 0.1}),
        ({"inferenceConfig": {"temperature": 0.1}}, {"maxTokens": 64, "temperature": 0.1}),
    ],
)
def test_a_caller_may_ask_for_more_or_fewer_tokens(said: Any, sent: Any) -> None:
    harness = ClientHarness(route_map())
    harness.route().converse(messages=MESSAGES, **said)
    assert harness.requests[0]["inferenceConfig"] == sent


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_every_argument_of_converse_is_a_callers_or_the_maps(operation: str) -> None:
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    members = set(shape.members)
    assert members == set(ConverseArguments.__annotations__) - {"maxTokens"} | set(SET_BY_MAP)


@pytest.mark.parametrize("name", SET_BY_MAP)
def test_what_the_map_says_is_not_a_callers_to_say(name: str) -> None:
    asked: Any = {"messages": MESSAGES, name: "x"}
    with pytest.raises(TypeError, match=f"{name}: the route's map sets it"):
        ClientHarness(route_map()).route().converse(**asked)


def test_metadata_is_within_bedrocks_limits_and_the_routes_tags_win() -> None:
    harness = ClientHarness(route_map())
    route = harness.route()
    route.converse(messages=MESSAGES, requestMetadata={"team": "mine"})
    assert harness.requests[0]["requestMetadata"] == {"team": "search"}
    with pytest.raises(ValueError, match="17 pairs, 1 of them the route's tags; Bedrock accepts at most 16"):
        route.converse(messages=MESSAGES, requestMetadata={str(key): "v" for key in range(16)})
    with pytest.raises(ValueError, match="256 characters"):
        route.converse(messages=MESSAGES, requestMetadata={"k": "v" * 257})
    assert len(harness.requests) == 1


@pytest.mark.parametrize(
    "key", ["distillery:run", "distillery:side", "distillery:route", "Distillery:Run", "distillery:"]
)
@pytest.mark.parametrize("how", ["converse", "converse_stream"])
def test_a_caller_cannot_say_what_logs_are_read_by(key: str, how: str) -> None:
    """`distillery:run` would prevent the collection of a call; `distillery:side` decides what a verdict sees."""
    harness = ClientHarness(route_map())
    with pytest.raises(ValueError, match="is reserved"):
        getattr(harness.route(), how)(messages=MESSAGES, requestMetadata={"user": "u", key: "train"})
    assert (harness.requests, harness.observed) == ([], [])


def test_what_the_product_says_of_a_request_goes_with_it_and_the_routes_tags_win() -> None:
    harness = ClientHarness(route_map())
    route = harness.route(marks=lambda asked: {"distillery:turns": str(len(asked["messages"])), "team": "mine"})
    route.converse(messages=MESSAGES, requestMetadata={"user": "u"})
    assert harness.requests[0]["requestMetadata"] == {"user": "u", "distillery:turns": "1", "team": "search"}


@pytest.mark.parametrize("served", [{}, {"performanceConfig": {"latency": "standard"}}])
def test_a_silent_downgrade_is_seen_and_costs_what_was_served(served: dict[str, Any]) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [answer(**served)]
    reply = harness.route().converse(messages=MESSAGES)
    assert (reply.requested, reply.served, reply.downgraded) == (Mode("optimized"), Mode("standard"), True)
    assert reply.cost == Decimal("0.000832")  # 0.80 and 3.20 are the prices of the step with standard latency


@pytest.mark.parametrize(
    ("steps", "more", "why"),
    [
        ((OPTIMIZED, OTHER), {}, "no step of this model has a price in standard latency"),
        ((OTHER,), {}, "the step has no prices"),
        (
            (STANDARD,),
            {"usage": {"inputTokens": 1, "outputTokens": 1, "cacheReadInputTokens": 5}},
            "the cache was used",
        ),
        ((STANDARD,), {"serviceTier": {"type": "flex"}}, "nobody asked for this tier"),
    ],
)
def test_a_cost_that_is_not_known_is_not_guessed(steps: tuple[Step, ...], more: dict[str, Any], why: str) -> None:
    harness = ClientHarness(route_map(*steps))
    for identifier in (PRO, HAIKU, "app-pro"):
        harness.script[identifier] = [answer(**more)]
    assert harness.route().converse(messages=MESSAGES).cost is None, why


def test_a_distilled_step_is_called_where_its_alias_points() -> None:
    harness = ClientHarness(route_map(STUDENT))
    harness.promote("arn:model-a")
    reply = harness.route().converse(messages=MESSAGES)
    assert (reply.identifier, reply.model, harness.regions) == (ENDPOINT, "arn:model-a", ["us-east-1"])


SHOP = {"shop": "app-shop"}
UNTRIED = Step(
    model="m", region="us-east-2", identifier="system", latency="optimized", application="app", cost_centres=SHOP
)
TRIED = Step(
    model="m",
    region="us-east-2",
    identifier="system",
    latency="optimized",
    application="app",
    cost_centres=SHOP,
    probed=True,
)
PLAIN = Step(model="m", region="us-east-2", identifier="app", cost_centres=SHOP)


@pytest.mark.parametrize(
    ("step", "cost_centre", "called"),
    [
        (PLAIN, None, "app"),
        (PLAIN, "shop", "app-shop"),
        (UNTRIED, None, "system"),
        (UNTRIED, "shop", "system"),
        (TRIED, None, "app"),
        (TRIED, "shop", "app-shop"),
    ],
)
def test_which_profile_is_called_for_whom(step: Step, cost_centre: str | None, called: str) -> None:
    harness = ClientHarness(route_map(step))
    harness.route(cost_centre=cost_centre).converse(messages=MESSAGES)
    assert harness.called == [called]


def test_a_cost_centre_that_no_step_has_is_refused() -> None:
    harness = ClientHarness(route_map(PLAIN))
    with pytest.raises(NotConfigured, match=r"no cost centre 'billing'; it has \['shop'\]"):
        harness.route(cost_centre="billing").converse(messages=MESSAGES)
    assert harness.called == []


@pytest.mark.parametrize("name", ["ValidationException", "ExpiredTokenException"])
def test_what_is_the_callers_to_mend_is_raised_at_once(name: str) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [refusal(name, "mend it")]
    with pytest.raises(ClientError, match="mend it"):
        harness.route().converse(messages=MESSAGES)
    assert (harness.called, [told.error for told in harness.observed]) == ([PRO], [name])


def test_nothing_is_called_before_the_first_request() -> None:
    harness = ClientHarness(route_map())
    harness.route()
    assert (harness.made, harness.ssm.reads) == ([], [])


def test_environment_and_region_are_said_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "DISTILLERY_ENV", "DISTILLERY_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    harness = ClientHarness(route_map())
    with pytest.raises(NotConfigured, match="no environment is set; pass environment=, or set DISTILLERY_ENV"):
        harness.route(environment=None)
    monkeypatch.setenv("DISTILLERY_ENVIRONMENT", "dev")
    with pytest.warns(FutureWarning, match="DISTILLERY_ENVIRONMENT is now called DISTILLERY_ENV"):
        assert harness.route(environment=None).map == route_map()
    monkeypatch.setenv("DISTILLERY_ENVIRONMENT", "another")
    monkeypatch.setenv("DISTILLERY_ENV", "dev")
    assert harness.route(environment=None).map == route_map()
    monkeypatch.setattr(harness, "region_name", None)
    with pytest.raises(NotConfigured, match="no region is set"):
        harness.route()
    monkeypatch.setenv("AWS_REGION", "us-east-2")
    assert harness.route().map == route_map()


@pytest.mark.parametrize("seconds", [0, -1, -math.inf, math.inf, math.nan, 86_401, 1e300], ids=str)
def test_a_deadline_is_some_time_and_at_most_a_day(seconds: float) -> None:
    told = rf"deadline is {re.escape(format(seconds, 'g'))}; it must be above 0 and at most 86400 seconds; pass "
    with pytest.raises(ValueError, match=told):
        ClientHarness().route(deadline=seconds)


@pytest.mark.parametrize("seconds", [86_400, Decimal("0.5"), Fraction(1, 3), True], ids=str)
def test_any_number_may_be_a_deadline(seconds: Any) -> None:
    harness = ClientHarness(route_map())
    assert harness.route(deadline=seconds).converse(messages=MESSAGES).text == "hi"
    assert harness.waits == [pytest.approx(float(seconds) / 2)]
