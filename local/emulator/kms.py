"""The KMS key of a resource, and the permissions on the key that an action on the resource needs.

Sources: the data-protection chapters of S3 (UsingKMSEncryption), DynamoDB (encryption.usagenotes), SNS
(sns-key-management) and SQS (sqs-key-management). DynamoDB's names what its users need together, not which
operation needs what: here reading needs Decrypt, writing GenerateDataKey as well. A grant that a service makes on a
caller's behalf is one for a resource of AWS's (KMS guide, grant-authorization).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, dynamodb, kms, s3, sns, sqs

READ, WRITE, GRANT = "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"
SEND = (WRITE, READ)
_AWS_MANAGED = "alias/aws/"  # any principal of the account may use these through their service

_TABLE = re.compile(r"arn:aws:dynamodb:[^:]+:[^:]+:table/([^/]+)")
_READS = ("GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem", "PartiQLSelect")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
_NEEDS: dict[str, tuple[str, ...]] = {
    "s3:GetObject": (READ,),
    "s3:GetObjectVersion": (READ,),
    "s3:PutObject": (WRITE,),
    "sns:Publish": SEND,
    "sqs:SendMessage": SEND,
    "sqs:ReceiveMessage": (READ,),
    **dict.fromkeys((f"dynamodb:{name}" for name in _READS), (READ,)),
    **dict.fromkeys((f"dynamodb:{name}" for name in _WRITES), SEND),
}

_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


Conditions = dict[str, str | list[str]]
"""Condition keys of a request, with their values."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """An action on a key (an ARN), through a service (`s3.us-east-1.amazonaws.com`)."""

    action: str
    key: str
    via: str

    @property
    def conditions(self) -> Conditions:
        """The condition keys; a grant that a service creates is for an AWS resource."""
        grants: Conditions = {"kms:GrantIsForAWSResource": "true"} if self.action == GRANT else {}
        return {"kms:ViaService": self.via, "kms:ResourceAliases": aliases(self.key), **grants}


def aliases(key: str) -> list[str]:
    """Returns the aliases of a key (an ARN)."""
    ident = key.rsplit("/", 1)[-1]
    return ["alias/" + arn.split(":alias/", 1)[1] for arn, target in kms._aliases.items() if target == ident]


def key_arn(key: str | None) -> str | None:
    """Returns the ARN of a customer managed key, given by its ARN, id or alias; None for an AWS managed key."""
    if not key or _AWS_MANAGED in key:
        return None
    record = kms._resolve_key(key)
    return record["Arn"] if record else f"arn:aws:kms:{get_region()}:{get_account_id()}:key/{key}"


def bucket_key(bucket: str) -> str | None:
    """Returns the default encryption key of a bucket."""
    found = re.search(r"<KMSMasterKeyID>([^<]+)<", str(s3._bucket_encryption.get(bucket) or ""))
    return key_arn(found[1]) if found else None


def key_of_object(bucket: str, key: str) -> str | None:
    """Returns the key of an object."""
    stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key) or {}
    return key_arn((stored.get("preserved_headers") or {}).get(_HEADER)) or (bucket_key(bucket) if stored else None)


def table_key(table: str) -> str | None:
    """Returns the key of a DynamoDB table, by the name of the table."""
    described = (dynamodb._tables.get(table) or {}).get("SSEDescription") or {}
    return key_arn(described.get("KMSMasterKeyArn"))


def topic_key(topic: str) -> str | None:
    """Returns the key of an SNS topic, by the ARN of the topic."""
    found = sns._topic_by_arn_any_scope(topic) or {}
    return key_arn(found.get("attributes", {}).get("KmsMasterKeyId"))


def queue_key(queue: str) -> str | None:
    """Returns the key of an SQS queue, by the ARN of the queue."""
    found = sqs._queue_by_arn(queue) or {}
    return key_arn(found.get("attributes", {}).get("KmsMasterKeyId"))


def log_group_key(group: str) -> str | None:
    """Returns the key of a log group, by the name of the group."""
    return key_arn((cloudwatch_logs._log_groups.get(group) or {}).get("kmsKeyId"))


def _key(action: str, resource: str, named: str | None) -> str | None:
    service = action.partition(":")[0]
    if service == "s3":
        bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
        return key_arn(named) or bucket_key(bucket) if action == "s3:PutObject" else key_of_object(bucket, key)
    if service == "dynamodb":
        table = _TABLE.match(resource)
        return table_key(table[1]) if table else None
    return topic_key(resource) if service == "sns" else queue_key(resource)


def key_uses(action: str, resource: str, region: str, *, named: str | None = None) -> Iterator[KeyUse]:
    """Returns how an action on a resource (an ARN) uses the key that encrypts the resource; empty without such a key.

    named: the key that a PutObject names itself.
    """
    if (needs := _NEEDS.get(action)) and (key := _key(action, resource, named)):
        via = f"{action.partition(':')[0]}.{region}.amazonaws.com"
        yield from (KeyUse(need, key, via) for need in needs)
