"""The resources of an environment by ARN. CloudFormation derives names from stack and logical id."""

from collections.abc import Iterator

from distillery.core.names import digest
from tests.policy.templates import EnvironmentTemplates, Resource, rendered

SHORT = 24
"""Minimum number of characters of a stack's name that CloudFormation keeps in a bucket's name."""

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
    """Yields (service, ARN) of each resource of these kinds, and of what it contains."""
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
    """Returns a random id, as keys and profiles have."""
    return digest([resource.stack.name, resource.id])[:12]
