"""What is under a KMS key needs the key too.

AWS: reading an object, a table or a queue that is under a customer's key needs `kms:Decrypt` on it, writing one
    `kms:GenerateDataKey`, for `kms:ViaService` the service, by the caller's policies and by the key's own
    (`local.emulator.keys` names the sources). HeadObject reads nothing.
ministack: asks for the service's own action alone. Its CloudFormation drops the key of a topic and of a new table.
We mend: every request is checked on the key as well; CloudFormation's topics and tables have their keys.
"""

from collections.abc import Iterator
from typing import Any

from ministack.services import dynamodb, sns

from local.emulator.hooks.access import Check
from local.emulator.hooks.requests import header, method
from local.emulator.hooks.resource_types import after
from local.emulator.keys import key_uses

_NAMED = "x-amz-server-side-encryption-aws-kms-key-id"


def key_checks(action: str, resource: str, region: str) -> Iterator[Check]:
    """What the request at hand is checked on besides the resource itself."""
    if not (action.startswith("s3:") and method() == "HEAD"):
        for use in key_uses(action, resource, region, named=header(_NAMED)):
            yield Check(use.action, "kms", use.key, {"kms:ViaService": use.via})


def _topic(arn: str, properties: dict[str, Any]) -> None:
    attributes = sns._topics[arn]["attributes"]
    attributes.pop("KmsMasterKeyId", None)
    if key := properties.get("KmsMasterKeyId"):
        attributes["KmsMasterKeyId"] = key


def _table(name: str, properties: dict[str, Any]) -> None:
    if given := properties.get("SSESpecification"):
        wanted = {"Enabled": given.get("SSEEnabled", False), **given}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(wanted)


def install() -> None:
    """Give CloudFormation's topics and tables their keys."""
    after("AWS::SNS::Topic", _topic)
    after("AWS::DynamoDB::Table", _table)
