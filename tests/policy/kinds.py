"""What an environment has, by the ARNs that AWS would give it: CloudFormation names it from stack and logical id."""

from collections.abc import Iterator

from distillery.core.names import digest
from tests.policy.templates import EnvironmentTemplates, Resource, rendered

SHORT = 24
"""Characters that CloudFormation leaves of a stack's name for a bucket, at the least."""

_KINDS = {
    "AWS::Athena::WorkGroup": ("athena", "workgroup/{Name}"),
    "AWS::Bedrock::ApplicationInferenceProfile": ("bedrock", "application-inference-profile/{id}"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{name}"),
    "AWS::DynamoDB::GlobalTable": ("dynamodb", "table/{name}"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{name}"),
    "AWS::Events::Rule": ("events", "rule/{name}"),
    "AWS::IAM::Role": ("iam", "role/{name}"),
    "AWS::KMS::Key": ("kms", "key/{id}"),
    "AWS::Lambda::Function": ("lambda", "function:{name}"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{name}:log-stream:x1"),
    "AWS::S3::Bucket": ("s3", "{name}"),
    "AWS::SNS::Topic": ("sns", "{name}"),
    "AWS::SQS::Queue": ("sqs", "{name}"),
    "AWS::SSM::Parameter": ("ssm", "parameter{Name}"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{name}"),
}
_FOLDERS = (
    "AWSLogs",
    "collected",
    "datasets",
    "evaluations",
    "jobs",
    "pending",
    "prompts",
    "queries",
    "reports",
    "uploads",
)


def arns(templates: EnvironmentTemplates, account: str) -> Iterator[tuple[str, str]]:
    """(service, ARN) of each resource of these kinds, and of what lies in it."""
    for resource in templates.resources(*_KINDS):
        service, form = _KINDS[resource.kind]
        named = form.format(
            name=_name(resource), id=_id(resource), Name=rendered(resource.properties.get("Name", "")) or "-"
        )
        where = ":" if service == "s3" else f"{resource.stack.region}:{account}"
        account_wide = f":{account}" if service == "iam" else where
        arn = f"arn:aws:{service}:{account_wide}:{named}"
        yield service, arn
        yield from ((service, within) for within in _within(service, arn))


def _within(service: str, arn: str) -> Iterator[str]:
    if service == "s3":
        yield from (f"{arn}/{folder}/support/x1" for folder in _FOLDERS)
    if service == "lambda":
        yield f"{arn}:url"
    if service == "states":
        yield arn.replace(":stateMachine:", ":execution:") + ":x1"
    if service == "dynamodb":
        yield f"{arn}/index/x1"


def _name(resource: Resource) -> str:
    name = f"{resource.stack.name}-{resource.id}-x1"
    return (
        f"{resource.stack.name[:SHORT]}-{resource.id[:12]}-x1".lower() if resource.kind == "AWS::S3::Bucket" else name
    )


def _id(resource: Resource) -> str:
    """A random one, as a key or a profile has."""
    return digest([resource.stack.name, resource.id])[:12]
