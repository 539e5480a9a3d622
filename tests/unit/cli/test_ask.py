"""`distillery ask`: it calls one function and reports its answer."""

from typing import Any

import pytest

from distillery.client import FunctionRefused
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

ANSWER: dict[str, Any] = {
    "text": "card [lost]",
    "identifier": "us.amazon.nova-pro-v1:0",
    "region": "us-east-2",
    "requested": {"latency": "optimized", "tier": "default"},
    "served": {"latency": "optimized", "tier": "default"},
    "step": 0,
    "attempts": [{"step": 0, "error": None}],
    "cost_usd": "0.00104",
    "latency_ms": 312,
}


def test_a_route_is_asked_in_the_inference_region(account: FakeAccount, command: Command) -> None:
    account.answers["serving-function"] = ANSWER
    said = command("ask", "fast", "Where is my card?")
    assert (said.code, said.out) == (
        0,
        "card [lost] us.amazon.nova-pro-v1:0 in us-east-2 · optimized latency · 312 ms · $0.00104",
    )
    assert account.calls == [("serving-function", {"route": "fast", "prompt": "Where is my card?"}, "us-east-2")]


@pytest.mark.parametrize(
    ("asked", "route"), [("support", "distilled/support"), ("distilled/support", "distilled/support")]
)
def test_a_recipes_name_means_its_student(account: FakeAccount, command: Command, asked: str, route: str) -> None:
    account.answers["serving-function"] = ANSWER
    command("ask", asked, "hello")
    assert account.calls[0][1]["route"] == route


def test_a_system_prompt_goes_along(account: FakeAccount, command: Command) -> None:
    account.answers["serving-function"] = ANSWER
    command("ask", "fast", "hello", "--system", "Answer with a label.")
    assert account.calls[0][1]["system"] == "Answer with a label."


THROTTLED = {"step": 0, "error": "ThrottlingException"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"served": {"latency": "standard", "tier": "default"}},
            "us-east-2 · optimized latency requested, standard latency served · 312 ms",
        ),
        ({"served": {"latency": "standard", "tier": "priority"}}, "standard latency, priority tier served · 312 ms"),
        (
            {"step": 1, "attempts": [THROTTLED, THROTTLED, {"step": 1, "error": None}]},
            "optimized latency · step 2 after ThrottlingException · 312 ms",
        ),
        (
            {"attempts": [THROTTLED, {"step": 0, "error": None}]},
            "optimized latency · tried 2 times after ThrottlingException · 312 ms",
        ),
        ({"cost_usd": None}, "optimized latency · 312 ms"),
    ],
)
def test_how_it_was_served_is_reported(account: FakeAccount, command: Command, more: dict[str, Any], said: str) -> None:
    account.answers["serving-function"] = ANSWER | more
    out = command("ask", "fast", "hello").out
    assert said in out
    assert ("$" in out) == ("cost_usd" not in more)


def test_an_unknown_route_is_refused_with_the_routes_there_are(account: FakeAccount, command: Command) -> None:
    said = command("ask", "x", "hello")
    there_are = "environment 'dev' has ['distilled/support', 'fast']"
    assert (said.code, said.out, said.err) == (2, "", f"distillery: there is no route 'x'; {there_are}")
    assert account.calls == []


def test_what_the_function_refuses_is_its_own_sentence(account: FakeAccount, command: Command) -> None:
    account.answers["serving-function"] = FunctionRefused("BadRequest", "route 'fast' has no model yet")
    said = command("ask", "fast", "hello")
    assert (said.code, said.out, said.err) == (2, "", "distillery: route 'fast' has no model yet")


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("student", "optimized latency · system prompt of the student · 312 ms"),
        ("several", "The student was trained with several system prompts, and none was sent: send the right one with"),
        ("caller", "optimized latency · 312 ms"),
        ("none", "optimized latency · 312 ms"),
    ],
)
def test_whose_system_prompt_was_sent_is_printed(
    account: FakeAccount, command: Command, system: str, told: str
) -> None:
    account.answers["serving-function"] = ANSWER | {"system": system}
    said = command("ask", "support", "hello")
    assert told in said.out
    assert ("several system prompts" in said.out) == (system == "several")
