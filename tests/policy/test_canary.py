"""The role of a canary creates, tags and deletes endpoints of recipes with canaries, and moves no live one."""

import functools
from typing import Any

import pytest

from distillery.core.names import DISTILLED_PREFIX, RECIPE_MAX, TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN
from distillery.settings.reading import parse, read
from infra.stages.canary import NAMED_MAX
from tests.policy import sizes
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import ACCOUNT, PolicyHolder, holders
from tests.policy.synthesis import synthesized
from tests.policy.templates import EnvironmentTemplates
from tests.policy.test_environment_isolation import TYPES

OURS, THEIRS = "dev", "dev-two"
TRIED, UNTRIED = "support", "faq"
"""Two recipes of dev: one with a canary, one without."""
CREATED = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN)
LET_IN = (TAG_ENVIRONMENT, TAG_ROUTE)


def with_recipes(*recipes: str, canaries: int) -> EnvironmentTemplates:
    """Dev with these recipes, the first of which have canaries."""
    told = read("dev")
    support = told["recipes"]["support"]
    tables: dict[str, Any] = {
        name: support | ({"canary": {"share": 0.2}} if number < canaries else {}) for number, name in enumerate(recipes)
    }
    return synthesized(parse(told | {"recipes": tables}, "dev"))


def of(templates: EnvironmentTemplates) -> PolicyHolder:
    (found,) = [each for each in holders(templates) if "CanaryFunctionRole" in each.name.replace("/", "")]
    return found


@functools.cache
def role() -> PolicyHolder:
    return of(with_recipes(TRIED, UNTRIED, canaries=1))


def ask(
    action: str,
    *,
    of: str = "",
    recipe: str = "",
    run: str = "",
    route: str = "",
    says: dict[str, str] | None = None,
    tags: tuple[str, ...] = (),
    kind: str = "deployment",
) -> Ask:
    """A request. `of`, `recipe`, `run`, `route`: tags of the resource; `says`: those of the request."""
    has = {TAG_ENVIRONMENT: of, TAG_RECIPE: recipe, TAG_RUN: run, TAG_ROUTE: route}
    keys: Keys = {
        **{f"aws:ResourceTag/{tag}": value for tag, value in has.items() if value},
        **{f"aws:RequestTag/{tag}": value for tag, value in (says or {}).items()},
        **({"aws:TagKeys": [*tags]} if tags else {}),
    }
    return Ask(f"bedrock:{action}", TYPES[kind], keys)


def made(recipe: str = TRIED, environment: str = OURS) -> dict[str, str]:
    return {TAG_ENVIRONMENT: environment, TAG_RECIPE: recipe, TAG_RUN: f"{recipe}-1"}


def routed(recipe: str = TRIED, environment: str = OURS) -> dict[str, str]:
    return {TAG_ENVIRONMENT: environment, TAG_ROUTE: DISTILLED_PREFIX + recipe}


def create(of: str, recipe: str, says: str) -> Ask:
    return ask("CreateCustomModelDeployment", of=of, recipe=recipe, says=made(says), tags=CREATED, kind="model")


def let_in(says: dict[str, str], tags: tuple[str, ...] = LET_IN, **resource: Any) -> Ask:
    return ask("TagResource", says=says, tags=tags, **resource)


def parameter(action: str, recipe: str) -> Ask:
    return Ask(f"ssm:{action}", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/distillery/dev/alias/{recipe}", {})


CANARY: dict[str, Any] = {"of": OURS, "recipe": TRIED, "run": "support-1"}
LIVE: dict[str, Any] = {"of": OURS, "recipe": TRIED, "route": "distilled/support"}
ASKED = [
    (create(OURS, TRIED, TRIED), True),
    (create(THEIRS, TRIED, TRIED), False),
    (create(OURS, UNTRIED, TRIED), False),
    (create(OURS, TRIED, UNTRIED), False),
    (let_in(made(), CREATED), True),  # at its creation it has no tags
    (let_in(made(UNTRIED), CREATED), False),
    (let_in(made(), CREATED, **LIVE), False),  # it would pass for a canary's
    (let_in(made(), CREATED, of=OURS, recipe=UNTRIED, run="faq-1"), False),
    (let_in(made(), CREATED, of=THEIRS, recipe=TRIED), False),
    (let_in(routed(), **CANARY), True),
    (let_in(routed(), **CANARY, route="distilled/support"), True),
    (let_in({TAG_ROUTE: "distilled/support"}, (TAG_ROUTE,), **CANARY), False),
    (let_in(routed(UNTRIED), **CANARY), False),
    (let_in(routed(), **LIVE), False),
    (let_in(routed(), of=OURS, recipe=UNTRIED, run="faq-1"), False),
    (let_in(routed(), of=THEIRS, recipe=TRIED, run="support-1"), False),
    (let_in(routed(), (*LET_IN, TAG_RUN), **CANARY), False),
    (ask("DeleteCustomModelDeployment", **CANARY), True),
    (ask("DeleteCustomModelDeployment", **LIVE), False),
    (ask("DeleteCustomModelDeployment", of=OURS, recipe=UNTRIED, run="faq-1"), False),
    (ask("DeleteCustomModelDeployment", of=THEIRS, recipe=TRIED, run="support-1"), False),
    (ask("UpdateCustomModelDeployment", **LIVE), False),
    (ask("InvokeModel", **CANARY), False),
    (parameter("PutParameter", TRIED), True),
    (parameter("PutParameter", UNTRIED), False),
    (parameter("GetParameter", TRIED), True),
    (parameter("GetParameter", UNTRIED), False),
]


@pytest.mark.parametrize(
    ("asked", "allowed"), ASKED, ids=[f"{number}-{each.action}-{yes}" for number, (each, yes) in enumerate(ASKED)]
)
def test_it_may_do_what_a_canary_needs_and_no_more(asked: Ask, allowed: bool) -> None:
    assert decide([(role().document, [asked])]) == [[allowed]]


@pytest.mark.parametrize("canaries", [NAMED_MAX, 50])
def test_any_number_of_recipes_with_canaries_fits_a_role(canaries: int) -> None:
    recipes = [f"support-{number:03}-".ljust(RECIPE_MAX, "x") for number in range(50)]
    templates = with_recipes(*recipes, canaries=canaries)
    assert sizes.over(sizes.of_roles(templates), sizes.ROLE_MAX) == []
    assert sizes.over(sizes.of_managed_policies(templates), sizes.MANAGED_MAX) == []
    others = [parameter("PutParameter", recipe) for recipe in (recipes[0], recipes[-1])]
    assert decide([(of(templates).document, others)]) == [[True, canaries > NAMED_MAX]]
