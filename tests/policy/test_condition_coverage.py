"""Each condition in a policy of a role or user is attacked in a running deployment, or a reason is given.

`tests/journey/test_statements.py` carries out the attacks. This test checks that none is missing.
"""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

from distillery.settings.reading import parse, read
from tests.fakes.records import Signer
from tests.journey.conditions import ADMISSION_CASES, CONDITION_CASES
from tests.policy.synthesis import synthesized
from tests.policy.templates import EnvironmentTemplates, as_list

ELSEWHERE = {
    "aws:PrincipalTag/distillery:recipe": "tests/policy/test_people.py puts to each role, without the tag, with its "
    "own and with another's, every thing and every verb",
    "aws:RequestedRegion": "the account's alarms and metrics, which hold no text: on call sees those of the "
    "environment's Regions",
    "dynamodb:LeadingKeys": "tests/policy/test_people.py asks for every item of the ledger",
    "s3:prefix": "tests/policy/test_people.py asks for every listing",
    "aws:ResourceAccount": "the local account is one: tests/unit/stages/test_collection.py asks the template",
    "iam:PassedToService": "no role of ours may call another service that takes a role, so there is nothing to try: "
    "tests/policy/rules/identity.py asks the templates",
    "lambda:FunctionUrlAuthType": "by a URL without signatures nobody's policy is asked, but the function's own: "
    "tests/policy/test_decisions.py and test_url.py ask the templates",
}
"""Keys that no attack covers, with the test that does."""

ALIKE = {
    "bedrock:InferenceProfileArn": "each role's statement differs in its models alone: tests/policy/test_routes.py",
    "kms:ResourceAliases": "the invoke function's statement and a team's are one; the collector's is tried too",
    "kms:ViaService": "each statement differs in its service alone, and each service's is taken away as a statement",
}
"""Keys that are attacked for some of the roles that have them."""


def full_text() -> dict[str, Any]:
    """Returns the settings of dev as the journey deploys it, with caller quotas, log collection, signed records and
    canaries."""
    said = read("dev")
    logs = {"match": {"distillery:route": "teacher"}, "principals": ["assumed-role/distillery-dev-serving-*/*"]}
    said["recipes"]["support"] |= {"logs": logs, "canary": {}}
    more = {"quota": {"per": "day", "tokens": 1_000_000}, "logging": {"keep_days": 30}, "promotion": {"sign": True}}
    return said | more


@functools.cache
def full_settings() -> EnvironmentTemplates:
    return synthesized(parse(full_text(), "dev"))


class Condition(NamedTuple):
    holder: str
    actions: tuple[str, ...]
    operator: str
    key: str


def conditions(of: EnvironmentTemplates) -> Iterator[Condition]:
    for policy in of.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        holder = policy.id[:-8].removesuffix("DefaultPolicy")
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            for operator, tests in statement.get("Condition", {}).items():
                for key in tests:
                    yield Condition(holder, tuple(as_list(statement["Action"])), operator, key)


def test_each_condition_of_dev_is_tried_or_it_is_said_why_not() -> None:
    tried = {(bound.holder, bound.allows, bound.operator, bound.key) for bound in CONDITION_CASES.values()}
    untried = [
        one
        for one in conditions(full_settings())
        if one.key not in ELSEWHERE.keys() | ALIKE.keys()
        and not any((one.holder, action, one.operator, one.key) in tried for action in one.actions)
    ]
    assert untried == []


def test_each_condition_of_what_admits_records_is_tried_or_it_is_said_why_not() -> None:
    """In an environment that keeps its data, as `tests/journey/test_admitted.py` deploys it."""
    promotion = {"through": ["qa"], "public_keys": [Signer().public.pem]}
    more = {"keep_data": True, "account": "111111111111", "promotion": promotion}
    found = [
        one
        for one in conditions(synthesized(parse(read("dev") | more, "dev")))
        if one.holder in ("Promoters", "AdmissionFunctionRole") and one.key not in ELSEWHERE.keys() | ALIKE.keys()
    ]
    tried = {(bound.holder, bound.operator, bound.key) for bound in ADMISSION_CASES.values()}
    assert {(one.holder, one.operator, one.key) for one in found} == tried


def test_nothing_is_tried_or_excused_that_is_not_there() -> None:
    there = list(conditions(full_settings()))
    assert ELSEWHERE.keys() | ALIKE.keys() <= {one.key for one in there}
    assert ALIKE.keys() <= {bound.key for bound in CONDITION_CASES.values()}
    needless = [
        name
        for name, bound in CONDITION_CASES.items()
        if not any(
            (bound.holder, bound.operator, bound.key) == (one.holder, one.operator, one.key)
            and bound.allows in one.actions
            for one in there
        )
    ]
    assert needless == []
