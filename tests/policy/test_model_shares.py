"""Models of `launch` go to one account alone, by the function that shares them; what copies them reads nothing else."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

from distillery.core.model_shares import SHARED
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.fakes.records import Signer
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import ACCOUNT, PolicyHolder, holders
from tests.policy.synthesis import ENVIRONMENTS, synthesized

THERE, STRANGER = "222222222222", "333333333333"
MODEL = "custom-model/anthropic.claude-3-haiku-20240307-v1:0:200k/abcdefghijkl"
OWNER = f"aws:ResourceTag/{TAG_ENVIRONMENT}"


def source() -> Settings:
    return parse(read("launch") | {"promotion": {"sign": True, "share_with": [THERE]}}, "launch")


def shares_no_more() -> Settings:
    """The source after `share_with` was emptied: shares may be left."""
    return parse(read("launch") | {"promotion": {"sign": True}}, "launch")


def target() -> Settings:
    admits = {"through": ["launch"], "public_keys": [Signer().public.pem], "copy_from": [ACCOUNT]}
    return parse(read("launch") | {"account": THERE, "promotion": admits}, "live")


@functools.cache
def people(of: str) -> tuple[PolicyHolder, ...]:
    return tuple(holders(synthesized({"launch": source, "shares no more": shares_no_more, "live": target}[of]())))


def allowed(of: str, asks: list[Ask]) -> set[str]:
    decided = decide((holder.document, asks) for holder in people(of))
    return {holder.name.partition("/")[2] for holder, each in zip(people(of), decided, strict=True) if any(each)}


def share(**changes: Any) -> Ask:
    keys: Keys = {
        "ram:RequestedResourceType": "bedrock:CustomModel",
        "ram:Principal": THERE,
        "ram:RequestedAllowsExternalPrincipals": "false",
        f"aws:RequestTag/{TAG_ENVIRONMENT}": "launch",
        "aws:TagKeys": list(SHARED),
    }
    return Ask("ram:CreateResourceShare", f"arn:aws:ram:us-west-2:{ACCOUNT}:whatever", {**keys, **changes})


ATTACKS = (
    share(**{"ram:Principal": STRANGER}),
    share(**{"ram:RequestedAllowsExternalPrincipals": "true"}),
    share(**{"ram:RequestedResourceType": "ec2:Subnet"}),
    share(**{f"aws:RequestTag/{TAG_ENVIRONMENT}": "dev"}),
    share(**{"aws:TagKeys": [*SHARED, "owner"]}),
    *(
        Ask(f"bedrock:{action}ResourcePolicy", f"arn:aws:bedrock:us-west-2:{ACCOUNT}:{MODEL}", {OWNER: "dev"})
        for action in ("Put", "Get", "Delete")
    ),
    Ask("ram:DeleteResourceShare", f"arn:aws:ram:us-west-2:{ACCOUNT}:resource-share/1", {OWNER: "dev"}),
)


def test_the_settings_have_nothing_wrong() -> None:
    wrong = [str(one) for each in (source(), target()) for one in findings(each, ENVIRONMENTS["launch"])]
    assert wrong == []


def test_one_function_shares_and_only_with_the_account_of_the_settings() -> None:
    assert {name.partition("Function")[0] for name in allowed("launch", [share()])} == {"Sharing"}
    assert allowed("launch", list(ATTACKS)) == set()
    assert allowed("live", [share()]) == set()


def test_guards_end_shares_after_the_settings_name_no_account() -> None:
    ends = [Ask("ram:DeleteResourceShare", f"arn:aws:ram:us-west-2:{ACCOUNT}:resource-share/1", {OWNER: "launch"})]
    guards = allowed("launch", ends) - allowed("launch", [share()])
    assert guards
    assert allowed("shares no more", ends) == guards
    assert allowed("shares no more", [share(), *ATTACKS]) == set()
    assert allowed("live", ends) == set()


def _loosened() -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy of each holder without one of the conditions of a statement about shares."""
    for holder in people("launch"):
        for index, statement in enumerate(holder.document["Statement"]):
            said = str(statement["Action"])
            if not ("ram:" in said or "ResourcePolicy" in said):
                continue
            for operator, tests in statement.get("Condition", {}).items():
                for key in tests:
                    document = copy.deepcopy(holder.document)
                    del document["Statement"][index]["Condition"][operator][key]
                    yield f"{holder.name}[{index}] {operator} {key}", document


def test_none_of_the_conditions_can_be_taken_away() -> None:
    loosened = list(_loosened())
    decided = decide((document, list(ATTACKS)) for _, document in loosened)
    assert len(loosened) >= 8
    assert [name for (name, _), each in zip(loosened, decided, strict=True) if not any(each)] == []


def _copy(account: str, **changes: Any) -> Ask:
    keys: Keys = {
        f"aws:RequestTag/{TAG_ENVIRONMENT}": "live",
        "aws:TagKeys": [TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN],
    }
    return Ask("bedrock:CreateModelCopyJob", f"arn:aws:bedrock:us-west-2:{account}:{MODEL}", {**keys, **changes})


def test_only_models_of_the_named_account_are_copied_under_the_environment_s_own_tag() -> None:
    assert {name.partition("Function")[0] for name in allowed("live", [_copy(ACCOUNT)])} == {"Adoption"}
    attacks = [
        _copy(STRANGER),
        _copy(THERE),
        _copy(ACCOUNT, **{f"aws:RequestTag/{TAG_ENVIRONMENT}": "launch"}),
        _copy(ACCOUNT, **{"aws:TagKeys": [TAG_ENVIRONMENT, "owner"]}),
        Ask("kms:Decrypt", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/0", {"kms:ViaService": "s3.us-west-2.amazonaws.com"}),
        Ask("bedrock:DeleteCustomModel", f"arn:aws:bedrock:us-west-2:{ACCOUNT}:{MODEL}", {OWNER: "launch"}),
    ]
    assert allowed("live", attacks) == set()
    assert allowed("launch", [_copy(ACCOUNT), _copy(STRANGER)]) == set()


KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/0"
COPIER = "aws:PrincipalArn"


def _decrypt(account: str, role: str, via: str = "bedrock.us-west-2", action: str = "Decrypt") -> Ask:
    keys: Keys = {"kms:ViaService": f"{via}.amazonaws.com"}
    return Ask(f"kms:{action}", KEY, keys, principal=f"arn:aws:iam::{account}:{role}")


def _copiers() -> dict[str, Any]:
    """The statement of the key that lets environments of other accounts copy."""
    ((_, found),) = [
        (key, each)
        for key, each in synthesized(source()).statements("AWS::KMS::Key")
        if each.get("Sid") == "ModelCopies"
    ]
    return dict(found)


def test_the_key_admits_roles_of_the_product_in_the_named_account_through_bedrock_alone() -> None:
    statement = _copiers()
    principals = statement.pop("Principal")
    assert STRANGER not in str(principals)
    assert THERE in str(principals)
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": [statement]}
    copies = [
        _decrypt(THERE, "role/distillery-live-pipeline-Adoption"),
        _decrypt(THERE, "role/distillery-live", "bedrock.eu-west-1"),
    ]
    attacks = {
        COPIER: [
            _decrypt(STRANGER, "role/distillery-live"),
            _decrypt(THERE, "role/admin"),
            _decrypt(THERE, "user/distillery-live"),
        ],
        "kms:ViaService": [_decrypt(THERE, "role/distillery-live", "s3.us-west-2")],
    }
    others = [
        _decrypt(THERE, "role/distillery-live", action=action)
        for action in ("Encrypt", "GenerateDataKey", "CreateGrant")
    ]
    asks = [*copies, *(each for those in attacks.values() for each in those), *others]
    assert decide([(document, asks)])[0] == [True] * len(copies) + [False] * (len(asks) - len(copies))
    assert {key for tests in statement["Condition"].values() for key in tests} == set(attacks)
    for operator, tests in statement["Condition"].items():
        for key in tests:
            loosened = copy.deepcopy(document)
            del loosened["Statement"][0]["Condition"][operator][key]
            assert all(decide([(loosened, attacks[key])])[0]), key


def test_an_environment_that_shares_nothing_admits_nobody() -> None:
    assert [
        each
        for _, each in synthesized(shares_no_more()).statements("AWS::KMS::Key")
        if each.get("Sid") == "ModelCopies"
    ] == []
