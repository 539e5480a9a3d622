"""A step that the caller may not call is skipped. An error message that quotes the caller's text counts as the caller's
error.
"""

import pytest
from botocore.exceptions import ClientError

from distillery.client import AllStepsFailed
from distillery.client.fallback import BREAKER_SECONDS
from tests.unit.client.harness import (
    HAIKU,
    MESSAGES,
    OPTIMIZED,
    OTHER,
    PRO,
    START,
    THROTTLED,
    ClientHarness,
    answer,
    delta,
    end,
    refusal,
    route_map,
)
from tests.unit.client.test_fallback import GONE, ask

DENIED = refusal("AccessDeniedException", "You don't have access to the model with the specified model ID.", 403)


@pytest.mark.parametrize("error", [error for error in GONE if "ValidationException" in str(error)], ids=str)
def test_what_a_refusal_quotes_of_the_caller_is_not_taken_for_one_of_the_map(error: ClientError) -> None:
    said = error.response["Error"].get("Message", "")
    harness = ClientHarness(route_map())
    harness.script[PRO] = [refusal("ValidationException", f"The text '{said}' is too long.")]
    with pytest.raises(ClientError, match="too long"):
        ask(harness)
    assert harness.called == [PRO]


def test_a_step_that_is_denied_is_skipped_and_left_alone_for_a_while() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO] = [DENIED]
    route = harness.route()
    assert [route.converse(messages=MESSAGES).index for _ in range(3)] == [1, 1, 1]
    assert (harness.called, harness.pauses, len(harness.ssm.reads)) == ([PRO, HAIKU, HAIKU, HAIKU], [], 1)
    harness.at += BREAKER_SECONDS
    harness.script[PRO] = [answer()]
    assert route.converse(messages=MESSAGES).index == 0


def test_where_every_step_is_denied_the_first_denial_is_raised() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    other = refusal("AccessDeniedException", "not this one either", 403)
    harness.script[PRO], harness.script[HAIKU] = [DENIED], [other]
    with pytest.raises(ClientError, match="have access to the model"):
        ask(harness)
    assert harness.called == [PRO, HAIKU]  # one warning each
    assert [(told.error, told.callers) for told in harness.observed] == [("AccessDeniedException", False)]


def test_where_a_step_failed_otherwise_a_denial_is_one_attempt_of_all() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO], harness.script[HAIKU] = [DENIED], [THROTTLED]
    with pytest.raises(AllStepsFailed, match=r"AccessDeniedException.*ThrottlingException") as lost:
        ask(harness)
    assert "have access" not in str(lost.value)  # Bedrock's messages may quote a prompt, and this is logged
    assert lost.value.attempts[0].message == "You don't have access to the model with the specified model ID."


def test_a_stream_passes_by_what_is_denied_as_well() -> None:
    harness = ClientHarness(route_map(OPTIMIZED, OTHER))
    harness.script[PRO], harness.script[HAIKU] = [DENIED], [[START, delta("other"), *end()]]
    route = harness.route()
    assert list(route.converse_stream(messages=MESSAGES)) == ["other"]
    harness.script[HAIKU] = [DENIED]
    with pytest.raises(ClientError, match="have access to the model"):
        route.converse_stream(messages=MESSAGES)
    assert [told.error for told in harness.observed] == [None, "AccessDeniedException"]
