"""The fallback policy: when a step is retried, when the next one is called, and when the request fails."""

import contextlib
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from distillery.client import AllStepsFailed, Step
from distillery.client.fallback import BREAKER_FAILURES, BREAKER_SECONDS, ROUNDS, SHORTEST, STEP_ATTEMPTS
from tests.unit.client.harness import (
    ALIAS,
    ENDPOINT,
    HAIKU,
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    STANDARD,
    STUDENT,
    THROTTLED,
    ClientHarness,
    answer,
    refusal,
    route_map,
)

ENDED = "This model version has reached the end of its life. Please refer to the AWS documentation for more details."
TRANSIENT: list[Exception] = [
    THROTTLED,
    refusal("ModelNotReadyException", status=429),
    refusal("InternalServerException", status=500),
    refusal("ServiceUnavailableException", status=503),
    refusal("ModelErrorException", status=424),
    refusal("SomethingNew", status=502),
    ConnectionClosedError(endpoint_url="http://x"),
    EndpointConnectionError(endpoint_url="http://x"),
]
LATE: list[Exception] = [refusal("ModelTimeoutException", status=408), ReadTimeoutError(endpoint_url="http://x")]
GONE: list[Exception] = [
    refusal("ResourceNotFoundException", ENDED, 404),
    refusal("ResourceNotFoundException", "Access denied. This Model is marked by provider as Legacy …", 404),
    refusal("ValidationException", "The provided model identifier is invalid."),
    refusal("ValidationException", ENDED),
    refusal("ValidationException", "Latency performance configuration is not supported for amazon.nova-pro-v1:0 in x"),
    refusal("ValidationException", "The service tier priority is not supported for amazon.nova-lite-v1:0."),
    refusal(
        "ValidationException",
        "Invocation of model ID amazon.nova-pro-v1:0 with on-demand throughput isn’t supported. Retry your request …",
    ),
]


def ask(harness: ClientHarness, **more: Any) -> Any:
    return harness.route(**more).converse(messages=MESSAGES)


@pytest.mark.parametrize("error", TRANSIENT, ids=str)
def test_what_passes_is_tried_again_after_a_pause(error: Exception) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [error, answer()]
    reply = ask(harness)
    assert (harness.called, reply.index, harness.pauses) == ([PRO, PRO], 0, [0.1])
    assert reply.attempts[0].error is not None
    assert reply.attempts[-1].error is None


@pytest.mark.parametrize("error", TRANSIENT, ids=str)
def test_a_step_is_tried_so_often_and_then_the_next(error: Exception) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [error]
    assert ask(harness).index == 1
    assert harness.called == [PRO] * STEP_ATTEMPTS + ["app-pro"]


@pytest.mark.parametrize("error", LATE, ids=str)
def test_who_used_up_its_time_is_not_asked_again_at_once(error: Exception) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = [error]
    assert ask(harness).index == 1
    assert (harness.called, harness.pauses) == ([PRO, "app-pro"], [])


@pytest.mark.parametrize("error", GONE, ids=str)
def test_for_what_is_gone_the_map_is_read_once_more_and_the_next_step_asked(error: Exception) -> None:
    harness = ClientHarness(route_map())
    harness.script[PRO] = harness.script["app-pro"] = [error]
    route = harness.route()
    assert route.map
    harness.at += 10
    assert route.converse(messages=MESSAGES).index == 2
    assert harness.called == [PRO, "app-pro", HAIKU]
    assert len(harness.ssm.reads) == 2  # once more, although two steps are gone


def test_what_the_map_says_by_then_is_asked_instead() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = [GONE[0]]
    route = harness.route()
    assert route.map
    harness.at += 10
    harness.publish(route_map(STANDARD, OTHER))
    assert route.converse(messages=MESSAGES).identifier == "app-pro"


def test_a_new_endpoint_of_the_alias_is_found_at_once() -> None:
    harness = ClientHarness(route_map(STUDENT, OTHER))
    harness.promote()
    route = harness.route()
    route.converse(messages=MESSAGES)
    harness.script[ENDPOINT] = [refusal("ResourceNotFoundException", "Could not find the deployment", 404)]
    new = ENDPOINT.replace("abcdefghijkl", "newnewnewnew")
    harness.promote("model-b", new)
    harness.at += 10
    reply = route.converse(messages=MESSAGES)
    assert (reply.identifier, reply.model, reply.index) == (new, "model-b", 0)


def test_a_burst_is_waited_out() -> None:
    """Every step is throttled for longer than its retries. Time is left, so the policy starts again."""
    harness = ClientHarness(route_map(OPTIMIZED, STANDARD))
    harness.script[PRO] = [THROTTLED] * 5 + [answer()]
    harness.script["app-pro"] = [THROTTLED]
    assert ask(harness).identifier == PRO
    assert harness.pauses == [0.1, 0.1, 0.2, 0.4, 0.2, 0.4, 0.8, 1.6]


def test_a_route_gives_up_with_every_attempt() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO], harness.script[HAIKU] = [THROTTLED], [refusal("InternalServerException", "oh", 500)]
    with pytest.raises(
        AllStepsFailed, match=r"us-east-2: ThrottlingException \(2 times\).*us-west-2: Internal"
    ) as lost:
        ask(harness)
    assert [attempt.index for attempt in lost.value.attempts] == [0, 0, 1, 1] * ROUNDS
    assert [told.error for told in harness.observed] == ["AllStepsFailed"]


def test_a_deadline_ends_it() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = harness.script[HAIKU] = [harness.take(3, THROTTLED)]
    with pytest.raises(AllStepsFailed, match="within 10 s"):
        ask(harness, deadline=10)
    assert harness.at <= 1010
    assert len(harness.called) == 4


def test_a_step_that_hangs_leaves_time_for_the_others() -> None:
    harness = ClientHarness(route_map())
    late = ReadTimeoutError(endpoint_url="http://x")
    harness.script[PRO] = harness.script["app-pro"] = [harness.take(1000, late)]
    reply = ask(harness, deadline=60)
    assert reply.index == 2
    assert harness.waits == [30.0, 15.0, 15.0]


def test_the_last_step_has_all_the_time_that_is_left() -> None:
    harness = ClientHarness(route_map(OTHER))
    ask(harness, deadline=60)
    assert harness.waits == [60.0]


@pytest.mark.parametrize(("left", "calls"), [(60 * SHORTEST, 1), (60 * SHORTEST - 0.1, 0)])
def test_with_too_little_time_left_no_attempt_is_made(left: float, calls: int) -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))

    def slow(_: Any) -> Exception:
        harness.at += 60 - left
        return LATE[0]

    harness.script[PRO] = [slow]
    with contextlib.suppress(AllStepsFailed):
        ask(harness)
    assert harness.called.count(HAIKU) == calls


def test_a_student_that_nobody_promoted_is_left_out_until_somebody_does() -> None:
    harness = ClientHarness(route_map(STUDENT, OTHER))
    route = harness.route()
    reply = route.converse(messages=MESSAGES)
    assert (reply.index, reply.attempts[0].error, reply.attempts[0].identifier) == (1, "NothingPromoted", None)
    assert ALIAS in str(reply.attempts[0].message)
    harness.promote()
    harness.at += 6
    assert route.converse(messages=MESSAGES).index == 0


PAUSED = {"since": "2026-11-30T17:00:04+00:00", "until": "2026-12-01T07:00:00+00:00"}


def test_a_student_outside_its_business_hours_is_not_called_until_it_serves_again() -> None:
    harness = ClientHarness(route_map(STUDENT, OTHER))
    route = harness.route()
    harness.promote()
    assert route.converse(messages=MESSAGES).index == 0
    harness.promote(paused=PAUSED)
    harness.at += 61  # the alias that was read before is no longer used
    before = len(harness.called)
    reply = route.converse(messages=MESSAGES)
    assert (reply.index, harness.called[before:]) == (1, [HAIKU])
    assert (reply.attempts[0].error, reply.attempts[0].identifier) == ("OutsideBusinessHours", None)
    assert "from 2026-11-30T17:00:04+00:00 to 2026-12-01T07:00:00+00:00" in str(reply.attempts[0].message)
    harness.promote(paused=None)
    harness.at += 61
    assert route.converse(messages=MESSAGES).index == 0


def test_a_route_without_a_fallback_says_that_its_student_is_paused() -> None:
    harness = ClientHarness(route_map(STUDENT))
    harness.promote(paused=PAUSED)
    with pytest.raises(AllStepsFailed, match="OutsideBusinessHours"):
        ask(harness)
    assert harness.called == []


@pytest.mark.parametrize("paused", ["yes", {"since": "now", "until": PAUSED["until"]}, {"since": PAUSED["since"]}])
def test_a_pause_that_promotion_cannot_have_written_makes_an_alias_unreadable(paused: object) -> None:
    harness = ClientHarness(route_map(STUDENT, OTHER))
    harness.promote(paused=paused)
    reply = ask(harness)
    assert (reply.index, reply.attempts[0].error) == (1, "UnreadableAlias")


def test_a_step_that_keeps_failing_is_left_alone_then_tried_with_one_request() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = [THROTTLED]
    route = harness.route()

    def asked() -> int:
        before = harness.called.count(PRO)
        assert route.converse(messages=MESSAGES).index == 1
        return harness.called.count(PRO) - before

    tries = [asked() for _ in range(4)]
    assert tries == [2, 2, 2, 0]
    assert sum(tries) >= BREAKER_FAILURES
    harness.at += BREAKER_SECONDS
    assert asked() == STEP_ATTEMPTS  # half-open
    assert asked() == 0
    harness.at += BREAKER_SECONDS
    harness.script[PRO] = [answer()]
    assert route.converse(messages=MESSAGES).index == 0
    assert route.converse(messages=MESSAGES).index == 0  # closed


def test_an_open_breaker_costs_nobody_the_only_answer_there_is() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = harness.script[HAIKU] = [THROTTLED]
    route = harness.route()
    with pytest.raises(AllStepsFailed):
        route.converse(messages=MESSAGES)
    harness.script[PRO] = [answer()]
    assert route.converse(messages=MESSAGES).index == 0


def test_steps_of_one_model_in_two_modes_fail_apart() -> None:
    priority = Step(model="amazon.nova-pro-v1:0", region="us-east-2", identifier=PRO, tier="priority")
    harness = ClientHarness(route_map(OPTIMIZED, priority))

    def only_priority(request: Any) -> Any:
        return answer() if "serviceTier" in request else THROTTLED

    harness.script[PRO] = [only_priority]
    route = harness.route()
    assert [route.converse(messages=MESSAGES).index for _ in range(5)] == [1] * 5
    assert len([request for request in harness.requests if "serviceTier" not in request]) == 6


def test_what_is_gone_is_asked_once_in_a_request_however_long_it_goes_on() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO], harness.script[HAIKU] = [GONE[0]], [THROTTLED]
    with pytest.raises(AllStepsFailed):
        ask(harness)
    assert harness.called == [PRO, *[HAIKU] * STEP_ATTEMPTS * ROUNDS]


def test_the_map_is_read_again_once_in_a_request_however_many_steps_are_gone() -> None:
    harness = ClientHarness(route_map())
    for identifier in (PRO, "app-pro", HAIKU):
        harness.script[identifier] = [harness.take(6, GONE[0])]
    with pytest.raises(AllStepsFailed, match="ResourceNotFoundException"):
        ask(harness)
    assert len(harness.ssm.reads) == 2


def test_a_callers_own_mistakes_open_no_breaker() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = [refusal("ValidationException", "too long")] * (BREAKER_FAILURES + 1) + [answer()]
    route = harness.route()
    for _ in range(BREAKER_FAILURES + 1):
        with pytest.raises(ClientError):
            route.converse(messages=MESSAGES)
    assert route.converse(messages=MESSAGES).index == 0
