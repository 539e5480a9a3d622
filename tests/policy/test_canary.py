"""The role of a canary's function creates, tags and deletes endpoints of its environment, and moves no live one."""

import functools

import pytest

from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN
from distillery.settings.reading import parse, read
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import PolicyHolder, holders
from tests.policy.synthesis import synthesized
from tests.policy.test_environment_isolation import TYPES

OURS, THEIRS = "dev", "dev-two"
CREATED = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN)


@functools.cache
def role() -> PolicyHolder:
    told = read("dev")
    support = told["recipes"]["support"] | {"canary": {"share": 0.2}}
    templates = synthesized(parse(told | {"recipes": {"support": support}}, "dev"))
    (found,) = [each for each in holders(templates) if "CanaryFunctionRole" in each.name.replace("/", "")]
    return found


def ask(
    action: str, *, of: str = "", run: str = "", says: str = "", tags: tuple[str, ...] = (), kind: str = "deployment"
) -> Ask:
    keys: Keys = {
        **({f"aws:ResourceTag/{TAG_ENVIRONMENT}": of} if of else {}),
        **({f"aws:ResourceTag/{TAG_RUN}": run} if run else {}),
        **({f"aws:RequestTag/{TAG_ENVIRONMENT}": says} if says else {}),
        **({"aws:TagKeys": [*tags]} if tags else {}),
    }
    return Ask(f"bedrock:{action}", TYPES[kind], keys)


ASKED = [
    (ask("CreateCustomModelDeployment", of=OURS, says=OURS, tags=CREATED, kind="model"), True),
    (ask("CreateCustomModelDeployment", of=THEIRS, says=OURS, tags=CREATED, kind="model"), False),
    (ask("TagResource", of=OURS, says=OURS, tags=(TAG_ENVIRONMENT, TAG_ROUTE)), True),
    (ask("TagResource", of=OURS, tags=(TAG_ROUTE,)), False),
    (ask("TagResource", of=THEIRS, says=OURS, tags=(TAG_ENVIRONMENT, TAG_ROUTE)), False),
    (ask("DeleteCustomModelDeployment", of=OURS, run="support-1"), True),
    (ask("DeleteCustomModelDeployment", of=OURS), False),  # a live endpoint
    (ask("DeleteCustomModelDeployment", of=THEIRS, run="support-1"), False),
    (ask("UpdateCustomModelDeployment", of=OURS), False),
    (ask("InvokeModel", of=OURS), False),
]


@pytest.mark.parametrize(("asked", "allowed"), ASKED, ids=[f"{each.action}-{yes}" for each, yes in ASKED])
def test_it_may_do_what_a_canary_needs_and_no_more(asked: Ask, allowed: bool) -> None:
    assert decide([(role().document, [asked])]) == [[allowed]]
