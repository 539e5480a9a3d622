"""Access to an encrypted resource needs its KMS key as well.

AWS: reading an object, a table or a queue with a customer managed key needs `kms:Decrypt` on it, writing one
    `kms:GenerateDataKey`, for `kms:ViaService` the service, by the caller's policies and by the key's own
    (`local.emulator.kms` names the sources). HeadObject reads nothing.
ministack: checks only the service's own action. Its CloudFormation drops the key of a bucket, a topic and a new
    table.
Patch: every request is checked on the key as well; CloudFormation's buckets, topics and tables get their keys.
"""

from collections.abc import Iterator
from typing import Any

from ministack.services import dynamodb, s3, sns

from local.emulator.current_request import header, method
from local.emulator.hooks.resource_types import after
from local.emulator.iam_check import Check
from local.emulator.kms import key_uses

_NAMED = "x-amz-server-side-encryption-aws-kms-key-id"
_CONFIGURATION = (
    f'<ServerSideEncryptionConfiguration xmlns="{s3.S3_NS}"><Rule><ApplyServerSideEncryptionByDefault>'
    "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)


def key_checks(action: str, resource: str, region: str) -> Iterator[Check]:
    """Returns the checks of the current request on keys."""
    if not (action.startswith("s3:") and method() == "HEAD"):
        for use in key_uses(action, resource, region, named=header(_NAMED)):
            yield Check(use.action, "kms", use.key, use.conditions)


def _bucket(name: str, properties: dict[str, Any]) -> None:
    """Only for a customer managed key: for an AWS managed one ministack needs an id, and callers need no permission."""
    s3._bucket_encryption.pop(name, None)
    for rule in (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration", []):
        if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
            s3._bucket_encryption[name] = _CONFIGURATION.format(key)


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
    """Sets the keys of CloudFormation's buckets, topics and tables."""
    after("AWS::S3::Bucket", _bucket)
    after("AWS::SNS::Topic", _topic)
    after("AWS::DynamoDB::Table", _table)
