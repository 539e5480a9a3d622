"""Operations that roles and users try on resources of their own environment and on resources of another."""

import functools
from collections.abc import Callable
from typing import Any

from distillery.core.names import COLLECTED_PREFIX, PENDING_RECORDS_PREFIX
from tests.journey.environment import RECIPE, Environment
from tests.journey.policies import resource
from tests.journey.route_callers import QUESTION, Team
from tests.journey.tagged_resources import (
    OURS,
    PREFIX,
    THEIRS,
    Role,
    TaggedResources,
    error_message,
    tagged_resources,
    tags,
)

Operation = Callable[[TaggedResources, Any], object]
Named = Callable[[Environment], str]
Step = Callable[[Environment], str]
ROUTE = f"distilled/{RECIPE}"


def as_role(role: Role, service: str, operation: Operation, region: str = "home") -> Step:
    """Runs the operation as the role, in the home or `inference` Region. The step returns the AWS error, or ""."""

    def step(environment: Environment) -> str:
        return error_message(
            operation, tagged_resources(environment), role.client(environment, service, getattr(environment, region))
        )

    return step


def delete_endpoint(whose: str) -> Operation:
    """Deletes an endpoint."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        with made.deployment(whose) as arn:
            bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)

    return operation


def delete_hosted_model(whose: str) -> Operation:
    """Deletes a model that an endpoint hosts, which the service refuses: other attacks need the model."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        model = made.models[whose]
        asked = {"modelDeploymentName": made.name(), "modelArn": model, "tags": tags(whose)}
        host = made.environment.client("bedrock").create_custom_model_deployment(**asked)["customModelDeploymentArn"]
        try:
            bedrock.delete_custom_model(modelIdentifier=model)
        finally:
            made.delete(host)

    return operation


def create_endpoint(model: str, says: str, *more: str) -> Operation:
    """Deploys a model of environment `model` with the tag of environment `says` and the tag keys `more`."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        asked = {"modelDeploymentName": made.name(), "modelArn": made.models[model], "tags": tags(says, *more)}
        made.delete(bedrock.create_custom_model_deployment(**asked)["customModelDeploymentArn"])

    return operation


def tag_endpoint(whose: str, says: str, *more: str) -> Operation:
    """Tags an endpoint of environment `whose` with the tag of environment `says` and the tag keys `more`."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        with made.deployment(whose) as arn:
            bedrock.tag_resource(resourceARN=arn, tags=tags(says, *more))

    return operation


def tag_job(whose: str, says: str, *more: str) -> Operation:
    def operation(made: TaggedResources, bedrock: Any) -> None:
        with made.running(whose) as arn:
            bedrock.tag_resource(resourceARN=arn, tags=tags(says, *more))

    return operation


def update_endpoint(whose: str) -> Operation:
    """Deploys another model behind an endpoint."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        asked = {"customModelDeploymentIdentifier": made.live(whose, ROUTE), "modelArn": made.models[OURS]}
        bedrock.update_custom_model_deployment(**asked)

    return operation


def start_job(says: str, *more: str) -> Operation:
    """Starts a job with the tag of one environment and the given tag keys."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        made.stop(bedrock.create_model_customization_job(**made.job(tags(says, *more)))["jobArn"])

    return operation


def start_job_on_foreign_model(made: TaggedResources, bedrock: Any) -> None:
    """Starts a job whose base model belongs to the other environment."""
    base = made.models[THEIRS]
    made.stop(bedrock.create_model_customization_job(**made.job(tags(OURS), baseModelIdentifier=base))["jobArn"])


def stop_job(whose: str) -> Operation:
    def operation(made: TaggedResources, bedrock: Any) -> None:
        with made.running(whose) as arn:
            bedrock.stop_model_customization_job(jobIdentifier=arn)

    return operation


def call_endpoint(whose: str, route: str = ROUTE) -> Operation:
    """Calls the endpoint after tagging it with this environment and route."""
    return lambda made, runtime: runtime.converse(modelId=made.live(whose, route), messages=QUESTION)


def call_model_without_profile(made: TaggedResources, runtime: Any) -> None:
    """Calls a teacher in another Region directly. IAM allows it there only through its inference profile."""
    runtime.converse(modelId="amazon.nova-pro-v1:0", messages=QUESTION)


def create_grant(made: TaggedResources, kms: Any) -> None:
    """Grants the key to a principal that is not an AWS resource."""
    kms.create_grant(KeyId=made.key, GranteePrincipal=made.job_role, Operations=["Decrypt"])


def decrypt(made: TaggedResources, kms: Any) -> None:
    """Decrypts with the key directly, not through a service."""
    kms.decrypt(KeyId=made.key, CiphertextBlob=made.sealed)


def decrypt_under_other_key(made: TaggedResources, kms: Any) -> None:
    """Decrypts with a key that does not belong to the environment."""
    root = made.environment.client("kms")
    key = root.create_key()["KeyMetadata"]["Arn"]
    kms.decrypt(KeyId=key, CiphertextBlob=root.encrypt(KeyId=key, Plaintext=b"a prompt")["CiphertextBlob"])


def as_team(operation: Operation) -> Step:
    """Runs the operation as the team of the route to the recipe's student."""
    return lambda environment: error_message(
        operation, tagged_resources(environment), _team(environment).client("bedrock-runtime", environment.home)
    )


@functools.cache
def _team(environment: Environment) -> Team:
    return Team(environment, ROUTE)


def invoke(kind: str, named: Named, region: str = "home") -> Step:
    """Invokes a function directly as a user. The step returns the IAM error message, or "" if the function answers."""

    def step(environment: Environment) -> str:
        client, name = environment.client_as(kind, "lambda", getattr(environment, region)), named(environment)
        return error_message(lambda: client.invoke(FunctionName=name, Payload=b"{}"))

    return step


def write_collected(made: TaggedResources, s3: Any) -> None:
    """Writes prompts to the prefix that only the collector may write to."""
    s3.put_object(Bucket=made.prompts, Key=f"{COLLECTED_PREFIX}{made.name()}", Body=b"{}")


def write_collected_elsewhere(made: TaggedResources, s3: Any) -> None:
    """Writes to a bucket whose name starts like the environment's bucket but that is encrypted under another key."""
    with made.lookalike_bucket() as bucket:
        s3.put_object(Bucket=bucket, Key=f"{COLLECTED_PREFIX}{made.name()}", Body=b"{}")


def record_upload(made: TaggedResources, dynamodb: Any) -> None:
    """Records who uploaded an object."""
    keys = {name: {"S": f"{PREFIX}{name}"} for name in ("pk", "sk")}
    dynamodb.put_item(TableName=str(made.environment.outputs["ledger"]), Item=keys)


def delete_version(made: TaggedResources, s3: Any) -> None:
    """Permanently deletes a version of a data set."""
    s3.delete_object(**made.object())


def sign(message_type: str = "DIGEST", algorithm: str = "ECDSA_SHA_256") -> Operation:
    """Signs with the key of records."""
    message = {"Message": b"0" * 32, "MessageType": message_type, "SigningAlgorithm": algorithm}
    return lambda made, kms: kms.sign(KeyId=made.signing_key, **message)


def read_public_key(made: TaggedResources, kms: Any) -> None:
    kms.get_public_key(KeyId=made.signing_key)


def write_record(made: TaggedResources, s3: Any) -> None:
    """Writes what looks like the record of a run that goes live."""
    key = f"{PENDING_RECORDS_PREFIX}{made.name()}/record.json"
    s3.put_object(Bucket=str(made.environment.outputs["data_bucket"]), Key=key, Body=b"{}")


def describe_machine(made: TaggedResources, sfn: Any) -> None:
    """Reads a state machine while it has the tag of another environment."""
    environment = made.environment
    machine, tagged = resource(environment, "teardown", "GuardRetirementMachine"), environment.client("stepfunctions")
    try:
        tagged.tag_resource(resourceArn=machine, tags=tags(THEIRS))
        sfn.describe_state_machine(stateMachineArn=machine)
    finally:
        tagged.tag_resource(resourceArn=machine, tags=tags(OURS))
