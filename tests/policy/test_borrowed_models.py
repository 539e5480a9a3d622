"""Where no data is kept, an environment may use the models of those that a student passes before, and nothing else of
them; nobody may use those of any other environment."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

import pytest

from distillery.core.model_leases import lease_tag
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN, Names
from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.fakes.records import Signer
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import ACCOUNT, PolicyHolder, holders
from tests.policy.synthesis import TODAY, synthesized
from tests.policy.test_environment_isolation import CHANGES, TYPES

LENDER, STRANGER, OURS = "qa", "dev-two", "dev"
LEASE = lease_tag(OURS)
USED = {
    "CreateCustomModelDeployment",
    "CreateProvisionedModelThroughput",
    "UpdateCustomModelDeployment",
    "UpdateProvisionedModelThroughput",
}
"""What is done with a lender's model, besides the lease."""


def target(*, keep_data: bool = False) -> Settings:
    said = read(OURS)
    said["promotion"] = {"through": [LENDER], "public_keys": [Signer().public.pem]}
    return parse(said | ({"keep_data": True, "account": ACCOUNT, "data_days": 90} if keep_data else {}), OURS)


@functools.cache
def people(*, keep_data: bool = False) -> tuple[PolicyHolder, ...]:
    return tuple(holders(synthesized(target(keep_data=keep_data))))


def allowed(asks: list[Ask], *, keep_data: bool = False) -> set[str]:
    """The holders that are allowed one of the requests, by their constructs."""
    every = people(keep_data=keep_data)
    decided = decide((holder.document, asks) for holder in every)
    return {holder.name.partition("/")[2] for holder, each in zip(every, decided, strict=True) if any(each)}


def ask(action: str, *, of: str, says: str | None = None, tags: tuple[str, ...] = (), kind: str = "model") -> Ask:
    keys: Keys = {
        f"aws:ResourceTag/{TAG_ENVIRONMENT}": of,
        **({f"aws:RequestTag/{TAG_ENVIRONMENT}": says} if says else {}),
        **({"aws:TagKeys": [*tags]} if tags else {}),
    }
    return Ask(f"bedrock:{action}", TYPES[kind], keys)


def requests(kind: str, action: str, of: str) -> list[Ask]:
    """A request as each function sends it, and with the tag of our lease."""
    made = [(TAG_ENVIRONMENT, TAG_RECIPE, last) for last in (TAG_RUN, TAG_ROUTE)]
    tags = [(), (LEASE,), *made]
    return [ask(action, of=of, says=says, tags=each, kind=kind) for each in tags for says in (None, OURS, of)]


def test_the_settings_have_nothing_wrong() -> None:
    assert [str(one) for one in findings(target(), TODAY)] == []


def test_only_a_lender_s_model_is_used_and_only_hosted_and_leased() -> None:
    used = {
        (kind, action)
        for kind, actions in CHANGES.items()
        for action in actions
        if allowed(requests(kind, action, LENDER))
    }
    assert used == {("model", action) for action in (*USED, "TagResource", "UntagResource")}


@pytest.mark.parametrize(("of", "keep_data"), [(STRANGER, False), (LENDER, True)], ids=["stranger", "keeps data"])
def test_no_model_of_another_environment_or_of_a_target_that_keeps_data(of: str, keep_data: bool) -> None:
    asks = [ask for kind, actions in CHANGES.items() for action in actions for ask in requests(kind, action, of)]
    assert allowed(asks, keep_data=keep_data) == set()
    keys = [key(action, of) for action in ("kms:Decrypt", "kms:CreateGrant", "kms:GenerateDataKey", "kms:DescribeKey")]
    assert allowed(keys, keep_data=keep_data) == set()


def key(action: str, of: str, via: str = "bedrock.us-east-1.amazonaws.com") -> Ask:
    keys: Keys = {
        "kms:ViaService": via,
        "kms:ResourceAliases": [Names(of).key_alias],
        "kms:GrantIsForAWSResource": "true",
    }
    return Ask(action, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0", keys)


def test_a_lender_s_key_is_used_through_bedrock_alone_and_by_those_that_host_or_call() -> None:
    hosting = allowed([key("kms:CreateGrant", LENDER)])
    assert {name.partition("Function")[0] for name in hosting} == {"Endpoint", "Promotion"}
    calling = allowed([key("kms:Decrypt", LENDER)]) - hosting
    assert {name.partition("Role")[0] for name in calling} >= {"EvaluationFunction", "ServingFunction"}
    assert all(name.startswith(("Evaluation", "Serving")) for name in calling)
    through_s3 = [key(action, LENDER, "s3.us-east-1.amazonaws.com") for action in ("kms:Decrypt", "kms:CreateGrant")]
    assert allowed(through_s3) == set()


def _attacks() -> list[Ask]:
    """Tags beside the lease, another's lease, and what is not a lender's or not a model."""
    leasing = [
        ask(action, of=of, tags=tags, kind=kind)
        for action in ("TagResource", "UntagResource")
        for of, tags, kind in (
            (LENDER, (TAG_ENVIRONMENT,), "model"),
            (LENDER, (LEASE, TAG_RECIPE), "model"),
            (LENDER, (lease_tag(STRANGER),), "model"),
            (STRANGER, (LEASE,), "model"),
            (LENDER, (LEASE,), "deployment"),
            (LENDER, (LEASE,), "job"),
        )
    ]
    hosting = [
        ask(action, of=of, says=says, tags=(TAG_ENVIRONMENT, *more))
        for action in sorted(USED)
        for of, says, more in (
            (STRANGER, OURS, (TAG_RECIPE, TAG_RUN)),
            (STRANGER, OURS, (TAG_RECIPE, TAG_ROUTE)),
            (LENDER, LENDER, (TAG_RECIPE, TAG_RUN)),
            (LENDER, LENDER, (TAG_RECIPE, TAG_ROUTE)),
            (LENDER, OURS, ("owner",)),
        )
        if of == STRANGER or action.startswith("Create")
    ]
    keys = [
        *(key(action, STRANGER) for action in ("kms:Decrypt", "kms:CreateGrant")),
        key("kms:Decrypt", LENDER, "s3.us-east-1.amazonaws.com"),
        key("kms:CreateGrant", LENDER, "s3.us-east-1.amazonaws.com"),
        Ask(
            "kms:CreateGrant",
            f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0",
            {
                "kms:ViaService": "bedrock.us-east-1.amazonaws.com",
                "kms:ResourceAliases": [Names(LENDER).key_alias],
                "kms:GrantIsForAWSResource": "false",
            },
        ),
    ]
    return [*leasing, *hosting, *keys]


def _names_a_lender(statement: Any) -> bool:
    said = str(statement.get("Condition", {}))
    return f"'{LENDER}'" in said or LEASE in said or Names(LENDER).key_alias in said


def _loosened(holder: PolicyHolder) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy without one of the conditions of a statement about lenders, for each of them."""
    for index, statement in enumerate(holder.document["Statement"]):
        if not _names_a_lender(statement):
            continue
        for operator, tests in statement["Condition"].items():
            for one in tests:
                document = copy.deepcopy(holder.document)
                del document["Statement"][index]["Condition"][operator][one]
                yield f"{holder.name}[{index}] {operator} {one}", document


def test_the_attacks_fail_and_none_of_the_conditions_can_be_taken_away() -> None:
    attacks = _attacks()
    assert allowed(attacks) == set()
    loosened = [each for holder in people() for each in _loosened(holder)]
    decided = decide((document, attacks) for _, document in loosened)
    assert len(loosened) > 20
    assert [name for (name, _), each in zip(loosened, decided, strict=True) if not any(each)] == []
