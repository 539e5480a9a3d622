"""Where Bedrock delivers logged calls: prompts and answers of whoever calls, so they go after some days."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.arn import Place
from infra.constructs.bucket import Bucket
from infra.constructs.encryption import Key
from infra.constructs.permissions import trust


class CallBucket(Construct):
    """As `Bucket`, and Bedrock of this account and Region may put its logs there and nothing else."""

    def __init__(
        self, scope: Construct, ident: str, *, key: Key, access_logs: s3.IBucket, keep_data: bool, keep_days: int
    ) -> None:
        super().__init__(scope, ident)
        made = Bucket(self, "Calls", key=key.key, logs=access_logs, keep_data=keep_data, keep_days=keep_days)
        self.bucket = made.bucket
        key.admit_invocation_logs()
        place = Place.of(self)
        statement = iam.PolicyStatement(
            sid="AmazonBedrockLogsWrite",
            principals=[iam.ServicePrincipal("bedrock.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[self.bucket.arn_for_objects(f"AWSLogs/{place.account}/BedrockModelInvocationLogs/*")],
            conditions=trust.from_source(place, "bedrock", "*"),
        )
        self.bucket.add_to_resource_policy(statement)


def logs_uri(place: Place, bucket: s3.IBucket) -> str:
    """The folder of one Region's logged calls, with its closing slash (UG model-invocation-logging)."""
    return f"s3://{bucket.bucket_name}/AWSLogs/{place.account}/BedrockModelInvocationLogs/{place.region}/"
