"""AWS RAM: models are shared within the organization alone, where their base can be, and by who may."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.emulator.hooks.sharing import STRANGER
from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_accounts import OTHER

MODEL = "arn:aws:bedrock:us-east-1:111111111111:custom-model/amazon.nova-micro-v1:0:128k/abcdefghijkl"


def asked(**changes: Any) -> dict[str, Any]:
    return {"name": "s", "resourceArns": [], "principals": [OTHER], "allowExternalPrincipals": False, **changes}


def test_a_share_is_made_found_changed_and_deleted(harness: EmulatorHarness) -> None:
    ram = harness.client("ram")
    tags = [{"key": "distillery:environment", "value": "dev"}]
    made = ram.create_resource_share(**asked(name="mine", tags=tags))["resourceShare"]
    arn = made["resourceShareArn"]
    assert (made["status"], made["owningAccountId"]) == ("ACTIVE", harness.account.account)
    filters = [{"tagKey": "distillery:environment", "tagValues": ["dev"]}]
    assert ram.get_resource_shares(resourceOwner="SELF", tagFilters=filters)["resourceShares"] == [made]
    assert ram.get_resource_shares(resourceOwner="SELF", name="other")["resourceShares"] == []
    theirs = EmulatorHarness(harness.account.beside(OTHER)).client("ram")
    assert len(theirs.get_resource_shares(resourceOwner="OTHER-ACCOUNTS")["resourceShares"]) == 1
    ram.disassociate_resource_share(resourceShareArn=arn, principals=[OTHER])
    assert theirs.get_resource_shares(resourceOwner="OTHER-ACCOUNTS")["resourceShares"] == []
    ram.associate_resource_share(resourceShareArn=arn, principals=[OTHER])
    with pytest.raises(ClientError, match="could not be found"):
        theirs.delete_resource_share(resourceShareArn=arn)
    ram.delete_resource_share(resourceShareArn=arn)
    active = ram.get_resource_shares(resourceOwner="SELF", name="mine", resourceShareStatus="ACTIVE")
    assert active["resourceShares"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principals": [STRANGER]}, "OperationNotPermittedException"),
        ({"principals": [STRANGER], "allowExternalPrincipals": True}, "OperationNotPermittedException"),
        ({"principals": ["111111111111"]}, "InvalidParameterException"),
        ({"resourceArns": [MODEL]}, "UnknownResourceException"),
        ({"resourceArns": [MODEL.replace("1" * 12, OTHER)]}, "InvalidParameterException"),
    ],
)
def test_what_ram_refuses(harness: EmulatorHarness, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        harness.client("ram").create_resource_share(**asked(**changes))
    assert refused.value.response["Error"]["Code"] == code


def test_a_share_is_made_under_its_conditions_and_with_the_right_to_the_model(harness: EmulatorHarness) -> None:
    condition = {
        "StringEquals": {"ram:Principal": OTHER, "aws:RequestTag/distillery:environment": "dev"},
        "Bool": {"ram:RequestedAllowsExternalPrincipals": "false"},
    }
    create = {**allow("ram:CreateResourceShare", "*"), "Condition": condition}
    ram = harness.acting("ram", create)
    tags = [{"key": "distillery:environment", "value": "dev"}]
    assert ram.create_resource_share(**asked(tags=tags))["resourceShare"]["status"] == "ACTIVE"
    changes: tuple[dict[str, Any], ...] = (
        {"principals": ["333333333333"]},
        {"allowExternalPrincipals": True},
        {"tags": []},
    )
    for wrong in changes:
        with pytest.raises(ClientError, match="not authorized"):
            ram.create_resource_share(**asked(**{"tags": tags, **wrong}))
    with pytest.raises(ClientError, match="PutResourcePolicy"):
        ram.create_resource_share(**asked(tags=tags, resourceArns=[MODEL]))
