"""A student is asked with the system prompt that it was trained with, unless the caller gives another."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.client import AllStepsFailed
from distillery.client.alias import parse_alias
from distillery.client.clients import Clients
from distillery.client.errors import UnreadableAlias
from distillery.client.single_step import SingleStep, step_arguments, user_message
from distillery.client.system_prompt import MAX_BYTES, SHARED, StudentPrompt
from tests.unit.client.harness import ALIAS, ENDPOINT, MESSAGES, OTHER, STANDARD, STUDENT, ClientHarness, end, refusal
from tests.unit.client.harness import delta as text_delta
from tests.unit.client.harness import route_map as published

LONG = "Answer with one label of this list. " * 430  # 15 KB
ONE, TWO = "Answer in one word.", "Réponds en un mot 😀."
OWN = [{"text": "The caller's own."}]
BUCKET = "distillery-dev-foundation-data-1"


def system_of(text: str) -> dict[str, Any]:
    """Returns what promotion writes into an alias."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    uri = f"s3://{BUCKET}/system-prompts/support/{sha256}.txt"
    return {"use": "shared", "uri": uri, "sha256": sha256, "bytes": len(text.encode())}


def harness(*steps: Any, text: str | None = LONG, **alias: Any) -> ClientHarness:
    made = ClientHarness(published(*(steps or (STUDENT,))))
    if text is not None:
        made.s3.put(system_of(text)["uri"], text)
        alias = {"system": system_of(text)} | alias
    made.promote(**alias)
    return made


@pytest.mark.parametrize("text", [ONE, TWO, LONG])
def test_a_request_without_a_system_prompt_is_sent_with_the_students(text: str) -> None:
    world = harness(text=text)
    reply = world.route().converse(messages=MESSAGES)
    assert world.requests[0]["system"] == [{"text": text}]
    assert reply.system == "student"


def test_a_stream_is_too() -> None:
    world = harness()
    world.script[ENDPOINT] = [[text_delta("hi"), *end()]]
    with world.route().converse_stream(messages=MESSAGES) as stream:
        assert "".join(stream) == "hi"
    assert world.requests[0]["system"] == [{"text": LONG}]


@pytest.mark.parametrize("own", [OWN, []])
def test_the_callers_own_replaces_it_and_nothing_is_read(own: Any) -> None:
    world = harness()
    reply = world.route().converse(messages=MESSAGES, system=own)
    assert world.requests[0]["system"] == own
    assert (reply.system, world.s3.reads) == ("caller", [])


@pytest.mark.parametrize(
    ("system", "reported"),
    [(None, "none"), ({"use": "none"}, "none"), ({"use": "several", "uri": "", "sha256": "", "bytes": 0}, "several")],
)
def test_without_a_shared_one_the_request_stays_as_it_is(system: Any, reported: str) -> None:
    world = harness(text=None, **({} if system is None else {"system": system}))
    reply = world.route().converse(messages=MESSAGES)
    assert "system" not in world.requests[0]
    assert reply.system == reported


def test_a_text_is_read_once_however_long_the_process_lives() -> None:
    world = harness()
    route = world.route()
    for _ in range(5):
        route.converse(messages=MESSAGES)
        world.at += 3600
    assert len(world.s3.reads) == 1
    assert ("s3", "us-east-1") in world.made, "in the Region of the alias, wherever the caller is"


def test_a_promotion_and_a_rollback_change_it_within_a_minute() -> None:
    world = harness(text=ONE)
    world.s3.put(system_of(TWO)["uri"], TWO)
    route = world.route()
    for text in (ONE, TWO, ONE):
        world.promote(system=system_of(text))
        world.at += 61
        route.converse(messages=MESSAGES)
    assert [request["system"][0]["text"] for request in world.requests] == [ONE, TWO, ONE]
    assert len(world.s3.reads) == 2


def test_models_that_stand_in_for_the_student_are_asked_with_the_same() -> None:
    world = harness(STUDENT, OTHER)
    world.script[ENDPOINT] = [refusal("ThrottlingException", status=429)]
    reply = world.route().converse(messages=MESSAGES)
    assert reply.index == 1
    assert world.requests[-1]["system"] == [{"text": LONG}]


def test_a_route_of_another_model_sends_it_to_the_student_alone() -> None:
    world = harness(STANDARD, STUDENT, OTHER)
    world.script[str(STANDARD.identifier)] = world.script[ENDPOINT] = [refusal("ThrottlingException", status=429)]
    world.route().converse(messages=MESSAGES)
    systems = {request["modelId"]: request.get("system") for request in world.requests}
    assert systems == {STANDARD.identifier: None, ENDPOINT: [{"text": LONG}], OTHER.identifier: None}


def _missing(world: ClientHarness) -> None:
    world.s3.kept.clear()


def _altered(world: ClientHarness) -> None:
    world.s3.put(system_of(LONG)["uri"], LONG + " ")


def _denied(world: ClientHarness) -> None:
    world.s3.unreadable.add(system_of(LONG)["uri"].partition(f"{BUCKET}/")[2])


def _large(world: ClientHarness) -> None:
    world.s3.put(system_of(LONG)["uri"], b"x" * (MAX_BYTES + 1))


BROKEN: dict[str, Callable[[ClientHarness], None]] = {
    "NoSuchKey": _missing,
    "was altered": _altered,
    "AccessDenied": _denied,
    "UnreadableReply": _large,
}


@pytest.mark.parametrize("why", BROKEN)
@pytest.mark.parametrize("steps", [(STUDENT,), (STUDENT, OTHER)])
def test_without_its_text_nothing_is_asked(why: str, steps: Any) -> None:
    """Not the models that stand in for the student either: they would answer another question."""
    world = harness(*steps)
    BROKEN[why](world)
    with pytest.raises(AllStepsFailed, match="SystemPromptUnavailable") as failed:
        world.route().converse(messages=MESSAGES)
    assert world.requests == []
    assert why in str(failed.value.attempts[0].message)
    assert LONG[:20] not in str(failed.value.attempts)


@pytest.mark.parametrize("why", BROKEN)
def test_the_policy_continues_with_steps_that_need_no_text(why: str) -> None:
    world = harness(STANDARD, STUDENT, OTHER)
    BROKEN[why](world)
    world.script[str(STANDARD.identifier)] = [refusal("ThrottlingException", status=429)]
    reply = world.route().converse(messages=MESSAGES)
    assert reply.index == 2
    assert "SystemPromptUnavailable" in {attempt.error for attempt in reply.attempts}


@pytest.mark.parametrize("why", BROKEN)
def test_a_caller_with_its_own_is_served_all_the_same(why: str) -> None:
    world = harness()
    BROKEN[why](world)
    assert world.route().converse(messages=MESSAGES, system=OWN).text == "hi"


def test_a_text_that_failed_is_read_again_after_a_few_seconds() -> None:
    world = harness()
    _missing(world)
    route = world.route()
    with pytest.raises(AllStepsFailed):
        route.converse(messages=MESSAGES)
    world.s3.put(system_of(LONG)["uri"], LONG)
    world.at += 6
    assert route.converse(messages=MESSAGES).system == "student"


def test_a_kept_text_survives_its_object() -> None:
    world = harness()
    route = world.route()
    route.converse(messages=MESSAGES)
    _missing(world)
    world.at += 3600
    assert route.converse(messages=MESSAGES).system == "student"


def test_marks_see_the_system_prompt_that_is_sent() -> None:
    """The side of a logged prompt is computed again from the log, which has the system prompt."""
    seen = list[Any]()

    def marks(arguments: Any) -> dict[str, str]:
        seen.append(arguments.get("system"))
        return {"distillery:side": "train"}

    world = harness()
    world.route(marks=marks).converse(messages=MESSAGES)
    assert seen == [[{"text": LONG}]]
    assert world.requests[0]["requestMetadata"]["distillery:side"] == "train"


def test_the_longest_that_may_be_added_is_known_before_a_request() -> None:
    assert harness(text=TWO).route().longest_system_prompt() == len(TWO.encode())
    assert harness(STANDARD, STUDENT).route().longest_system_prompt() == len(LONG)
    assert harness(STANDARD).route().longest_system_prompt() == 0
    world = harness()
    _missing(world)
    assert world.route().longest_system_prompt() == 0


def test_measurements_of_a_step_send_it_too() -> None:
    world = harness(STUDENT, OTHER)
    direct: Any = object.__new__(SingleStep)
    direct._environment, direct._clients = "dev", Clients(world)
    route = published(STUDENT, OTHER)
    for index in (0, 1):
        assert step_arguments(route, direct.resolve(route, index), user_message("x"), 5)["system"] == [{"text": LONG}]


ALTERED: list[Any] = [
    "text",
    [],
    {},
    {"use": "shared"},
    {"use": "another"},
    {"use": "shared", "uri": "s3://b/k", "sha256": "0" * 64},
    {"use": "shared", "uri": "http://bucket/key", "sha256": "0" * 64},
    {"use": "shared", "uri": "s3://bucket/key\n", "sha256": "0" * 64},
    {"use": "shared", "uri": "s3://bucket/key", "sha256": "A" * 64},
    {"use": "shared", "uri": 1, "sha256": None},
]


@pytest.mark.parametrize("system", ALTERED)
def test_an_alias_with_another_value_is_unreadable(system: Any) -> None:
    world = harness(text=None, system=system)
    with pytest.raises(UnreadableAlias) as wrong:
        parse_alias(world.homes["us-east-1"].parameters[ALIAS], "us-east-1")
    assert "http" not in str(wrong.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
SYSTEMS = st.fixed_dictionaries({}, optional={"use": VALUES, "uri": VALUES, "sha256": VALUES, "bytes": VALUES})


@given(SYSTEMS | VALUES)
def test_whatever_an_alias_says_is_read_or_refused(system: Any) -> None:
    try:
        prompt = StudentPrompt.of({"system": system})
    except ValueError:
        return
    assert (prompt.use == SHARED) == bool(prompt.uri) == bool(prompt.sha256)
