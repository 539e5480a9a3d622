"""Callers of routes have the permissions that a call needs, in every Region that may serve it, and no others."""

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.policy.callers import PROFILE_OF, Caller, Callers
from tests.policy.engine import Ask, decide
from tests.policy.synthesis import ENVIRONMENTS, TODAY, settings, synthesized, templates
from tests.policy.templates import Json, as_list


def divided() -> Settings:
    """Returns dev with cost centres, and with fallbacks from students to models and from models to students."""
    said = read("dev")
    said["recipes"]["returns"] = dict(said["recipes"]["support"])
    said["routes"]["haiku"] |= {"cost_centres": ["shop", "billing"], "fallback": ["distilled/returns"]}
    said["routes"]["distilled/support"] = {"fallback": ["teacher"]}
    return parse(said, "dev")


def of_one_region() -> Settings:
    """Returns settings for a Region where models are called by their model ids."""
    said = read("dev")
    model = {"description": "x", "model": "amazon.nova-lite-v1:0", "cost_centres": ["shop"]}
    return parse(said | {"inference_region": "eu-west-2", "routes": {"small": model}}, "dev")


MADE = {"divided": divided, "of one Region": of_one_region}
WHICH = [*ENVIRONMENTS, *MADE]


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_up_here_are_settings_that_nothing_is_wrong_with(name: str) -> None:
    assert [str(one) for one in findings(MADE[name](), TODAY)] == []


@functools.cache
def callers(name: str) -> tuple[Caller, ...]:
    of = MADE[name]() if name in MADE else settings(name)
    found = synthesized(of) if name in MADE else templates(name)
    return tuple(Callers(found, home=of.home_region).all())


@dataclass(frozen=True, slots=True)
class Change:
    """A policy without one part, and that part."""

    caller: Caller
    what: str
    document: Json


def _spelled(asks: list[Ask], decided: list[bool], wanted: bool) -> list[str]:
    return [
        f"{ask.action} on {ask.resource} with {ask.keys}"
        for ask, got in zip(asks, decided, strict=True)
        if got is not wanted
    ]


@pytest.mark.parametrize("name", WHICH)
def test_every_call_of_a_route_is_allowed_in_every_region_where_it_may_be_served(name: str) -> None:
    cases = [(caller.document, list(caller.asks)) for caller in callers(name)]
    for caller, (_, asks), decided in zip(callers(name), cases, decide(cases), strict=True):
        assert _spelled(asks, decided, True) == [], caller.name


@pytest.mark.parametrize("name", WHICH)
def test_what_is_near_to_a_call_and_is_none_is_refused(name: str) -> None:
    cases = [(caller.document, list(caller.never)) for caller in callers(name)]
    for caller, (_, never), decided in zip(callers(name), cases, decide(cases), strict=True):
        assert never, caller.name
        assert _spelled(never, decided, False) == [], caller.name


@pytest.mark.parametrize("name", WHICH)
def test_no_arn_no_action_and_no_value_of_a_condition_can_be_taken_out(name: str) -> None:
    changes = [change for caller in callers(name) for change in _narrowed(caller)]
    decided = decide((change.document, change.caller.asks) for change in changes)
    idle = [f"{c.caller.name}: {c.what}" for c, each in zip(changes, decided, strict=True) if all(each)]
    assert idle == []
    assert any(":foundation-model/" in change.what for change in changes)


@pytest.mark.parametrize("name", WHICH)
def test_no_condition_can_be_left_out(name: str) -> None:
    changes = [change for caller in callers(name) for change in _widened(caller)]
    decided = decide((change.document, change.caller.never) for change in changes)
    idle = [f"{c.caller.name}: {c.what}" for c, each in zip(changes, decided, strict=True) if not any(each)]
    assert idle == []
    assert changes or name == "of one Region"


def test_each_destination_of_each_route_is_among_what_is_asked() -> None:
    for caller in callers("dev"):
        regions = {ask.resource.split(":")[3] for ask in caller.asks if PROFILE_OF in ask.keys}
        wanted = set() if caller.name.startswith("distilled/") else {"us-east-1", "us-east-2", "us-west-2"}
        assert regions == wanted, caller.name


def _narrowed(caller: Caller) -> Iterator[Change]:
    """Yields the policy without each of its resources, actions and condition values."""
    for index, statement in enumerate(caller.document["Statement"]):
        for part in ("Resource", "Action"):
            for one in as_list(statement[part]):
                yield _without(caller, index, one, part)
        for operator, tests in statement.get("Condition", {}).items():
            for key, values in tests.items():
                for value in as_list(values):
                    yield _without(caller, index, value, "Condition", operator, key)


def _widened(caller: Caller) -> Iterator[Change]:
    """Yields the policy without each of its conditions."""
    for index, statement in enumerate(caller.document["Statement"]):
        for operator, tests in statement.get("Condition", {}).items():
            for key in tests:
                document = copy.deepcopy(caller.document)
                del document["Statement"][index]["Condition"][operator][key]
                yield Change(caller, f"{operator} {key} of {statement['Resource']}", document)


def _without(caller: Caller, index: int, value: str, *path: str) -> Change:
    document = copy.deepcopy(caller.document)
    within = document["Statement"][index]
    for part in path[:-1]:
        within = within[part]
    within[path[-1]] = [one for one in as_list(within[path[-1]]) if one != value]
    if not within[path[-1]]:  # the statement would allow nothing
        del document["Statement"][index]
    return Change(caller, f"{' '.join(path)} {value}", document)
