"""TLS only, said with named actions.

CDK's `enforce_ssl` denies `s3:*` and `sqs:*`; no template of ours has a wildcard in an action, so every action that
reads, writes or lists what is kept is named instead. cdk-nag looks for the wildcard and is told why it is not there.
"""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.parts import compliance

_OBJECTS = tuple(
    f"s3:{name}"
    for name in (
        "AbortMultipartUpload",
        "DeleteObject",
        "DeleteObjectTagging",
        "DeleteObjectVersion",
        "DeleteObjectVersionTagging",
        "GetObject",
        "GetObjectAcl",
        "GetObjectAttributes",
        "GetObjectTagging",
        "GetObjectVersion",
        "GetObjectVersionAcl",
        "GetObjectVersionAttributes",
        "GetObjectVersionTagging",
        "ListBucket",
        "ListBucketMultipartUploads",
        "ListBucketVersions",
        "ListMultipartUploadParts",
        "PutObject",
        "PutObjectAcl",
        "PutObjectTagging",
        "PutObjectVersionAcl",
        "PutObjectVersionTagging",
        "RestoreObject",
    )
)
_MESSAGES = tuple(
    f"sqs:{name}"  # a statement of a queue's policy takes at most seven actions (SQS guide, quotas-policies)
    for name in (
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    )
)


def require_tls(bucket: s3.Bucket) -> None:
    bucket.add_to_resource_policy(_deny(_OBJECTS, bucket.bucket_arn, bucket.arn_for_objects("*")))
    reason = "Requests without TLS are denied by named actions, all that reach objects; no action is a wildcard."
    compliance.acknowledge(bucket, {"AwsSolutions-S10": reason, "NIST.800.53.R5-S3BucketSSLRequestsOnly": reason})


def require_tls_of_queue(queue: sqs.Queue) -> None:
    queue.add_to_resource_policy(_deny(_MESSAGES, queue.queue_arn))
    reason = "Requests without TLS are denied by named actions, all that reach messages; no action is a wildcard."
    compliance.acknowledge(queue, {"AwsSolutions-SQS4": reason})


def _deny(actions: tuple[str, ...], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement.from_json(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": list(actions),
            "Resource": list(resources),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
