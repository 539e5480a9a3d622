"""Bedrock resources of two environments in one account, created and tagged by root, and the roles that use them."""

import contextlib
import functools
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

from distillery.core import model_ids
from distillery.core.names import TAG_ENVIRONMENT, TAG_ROUTE
from lambdas.distillation.preflight import customize_id
from tests.journey.environment import RECIPE, Environment
from tests.journey.iam_usage import SESSION
from tests.journey.policies import resource, trust
from tests.journey.prompts import DELIVERY, jsonl, support

OURS, THEIRS = "dev", "dev-two"
PREFIX = "tried-"
"""A name prefix that the environment's cleanup and the simulator's fault injection ignore."""
Tags = list[dict[str, str]]


def tags(whose: str, *more: str) -> Tags:
    """Returns an environment's tag and further tag keys."""
    return [{"key": key, "value": value} for key, value in {TAG_ENVIRONMENT: whose, **dict.fromkeys(more, "x")}.items()]


class Role(NamedTuple):
    """A role of the environment, by its construct id."""

    ident: str
    stack: str = "pipeline"

    def client(self, environment: Environment, service: str, region: str) -> Any:
        """Returns a client for the role, by default in the home Region, where Bedrock's resources and the key are."""
        return _client(environment, self, service, region)


@functools.cache
def _client(environment: Environment, role: Role, service: str, region: str) -> Any:
    endpoint, keys = environment.account.endpoint, _session(environment, role)
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys)  # type: ignore[call-overload]  # by name


@functools.cache
def _session(environment: Environment, role: Role) -> dict[str, str]:
    """Assumes the role. Its trust policy admits the account while this runs."""
    account, policy = environment.account.account, trust(role.ident, role.stack)(environment)
    name = resource(environment, role.stack, role.ident)
    before = policy.read()
    policy.write([*before, {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}])
    try:
        arn = environment.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        got = environment.client("sts").assume_role(RoleArn=arn, RoleSessionName=SESSION)["Credentials"]
    finally:
        policy.write(before)
    return {
        "aws_access_key_id": got["AccessKeyId"],
        "aws_secret_access_key": got["SecretAccessKey"],
        "aws_session_token": got["SessionToken"],
    }


TRAINING_FILE = "datasets/tried/train.jsonl"


def job_role(environment: Environment) -> str:
    role = resource(environment, "pipeline", "DistillationJobRole")
    return str(environment.client("iam").get_role(RoleName=role)["Role"]["Arn"])


def put_training_file(environment: Environment) -> None:
    """Writes what `distillation` trains with."""
    bucket, body = str(environment.outputs["data_bucket"]), jsonl(support(*DELIVERY))
    environment.client("s3").put_object(Bucket=bucket, Key=TRAINING_FILE, Body=body)


def distillation(environment: Environment, name: str, given: Tags, *, role: str) -> dict[str, Any]:
    """Returns a valid request for a job of that name, with these tags."""
    data, recipe = environment.outputs["data_bucket"], environment.settings.recipes[RECIPE]
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, environment.home)
    return {
        "jobName": name,
        "customModelName": name,
        "roleArn": role,
        "baseModelIdentifier": customize_id(recipe.student),
        "customizationType": "DISTILLATION",
        "trainingDataConfig": {"s3Uri": f"s3://{data}/{TRAINING_FILE}"},
        "outputDataConfig": {"s3Uri": f"s3://{data}/jobs/{name}/"},
        "customizationConfig": {"distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": teacher}}},
        "jobTags": given,
        "customModelTags": given,
    }


class TaggedResources:
    """One model for each environment, under the key of ours, and temporary resources made from them."""

    def __init__(self, environment: Environment) -> None:
        self.environment, self._names = environment, itertools.count()
        self._bedrock = environment.client("bedrock")
        self._data = str(environment.outputs["data_bucket"])
        self.job_role = job_role(environment)
        self.key = str(environment.client("kms").describe_key(KeyId=environment.names.key_alias)["KeyMetadata"]["Arn"])
        put_training_file(environment)
        jobs = {whose: self.start_job(whose, customModelKmsKeyId=self.key) for whose in (OURS, THEIRS)}
        self.models = {whose: self._model(job) for whose, job in jobs.items()}

    @property
    def signing_key(self) -> str:
        return str(self.environment.outputs["signing_key"])

    def object(self) -> dict[str, str]:
        """Writes a version of a data set and returns its S3 coordinates."""
        named = {"Bucket": self._data, "Key": "datasets/old.jsonl"}
        return {**named, "VersionId": self.environment.client("s3").put_object(**named, Body=b"{}")["VersionId"]}

    @property
    def prompts(self) -> str:
        return str(self.environment.outputs["prompts_bucket"])

    @contextlib.contextmanager
    def lookalike_bucket(self) -> Iterator[str]:
        """Creates a bucket whose name starts like the environment's bucket but that is encrypted under another key."""
        s3, name = self.environment.client("s3"), f"{self.prompts[:24]}-{self.name()}"
        key = self.environment.client("kms").create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.create_bucket(Bucket=name)
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        try:
            yield name
        finally:
            for one in s3.list_objects_v2(Bucket=name).get("Contents", []):
                s3.delete_object(Bucket=name, Key=one["Key"])
            s3.delete_bucket(Bucket=name)

    def name(self) -> str:
        return f"{PREFIX}{next(self._names)}"

    def job(self, given: Tags, **more: Any) -> dict[str, Any]:
        """Returns a valid request for a job."""
        return {**distillation(self.environment, self.name(), given, role=self.job_role), **more}

    def start_job(self, whose: str, **more: str) -> str:
        return str(self._bedrock.create_model_customization_job(**self.job(tags(whose), **more))["jobArn"])

    def _model(self, job: str) -> str:
        def made() -> str:
            self.environment.advance_hours(0.25)
            found = self._bedrock.get_model_customization_job(jobIdentifier=job)
            assert found["status"] in ("InProgress", "Completed"), found.get("failureMessage")
            return str(found.get("outputModelArn", ""))

        return self.environment.until(made, "model")

    @contextlib.contextmanager
    def running(self, whose: str) -> Iterator[str]:
        """Starts a job and yields its ARN. Stops the job on exit."""
        arn = self.start_job(whose)
        try:
            yield arn
        finally:
            self.stop(arn)

    def stop(self, job: str) -> None:
        with contextlib.suppress(self._bedrock.exceptions.ConflictException):
            self._bedrock.stop_model_customization_job(jobIdentifier=job)

    @contextlib.contextmanager
    def deployment(self, whose: str) -> Iterator[str]:
        """Creates an endpoint and yields its ARN. Deletes the endpoint on exit."""
        asked = {"modelDeploymentName": self.name(), "modelArn": self.models[OURS], "tags": tags(whose)}
        arn = str(self._bedrock.create_custom_model_deployment(**asked)["customModelDeploymentArn"])
        try:
            self.environment.until(lambda: self._rests(arn), "endpoint at rest")
            yield arn
        finally:
            self.delete(arn)

    def delete(self, deployment: str) -> None:
        with contextlib.suppress(self._bedrock.exceptions.ResourceNotFoundException):
            self.environment.until(lambda: self._rests(deployment), "endpoint at rest")
            self._bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=deployment)

    def live(self, whose: str, route: str) -> str:
        """Returns the one permanent endpoint, tagged with this environment and route."""
        arn = self._standing
        self._bedrock.tag_resource(resourceARN=arn, tags=[*tags(whose), {"key": TAG_ROUTE, "value": route}])
        self.environment.until(lambda: self._rests(arn), "endpoint at rest")
        return arn

    @functools.cached_property
    def _standing(self) -> str:
        made = self._bedrock.create_custom_model_deployment(modelDeploymentName=self.name(), modelArn=self.models[OURS])
        return str(made["customModelDeploymentArn"])

    def _rests(self, arn: str) -> bool:
        found = self._bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)
        updated = found.get("updateDetails", {}).get("updateStatus", "UpdateCompleted")
        return (found["status"], updated) == ("Active", "UpdateCompleted")

    def discard(self) -> None:
        """Deletes the permanent endpoint and every model."""
        if "_standing" in vars(self):
            self.delete(self._standing)
        for model in self._bedrock.list_custom_models(nameContains=PREFIX.rstrip("-"))["modelSummaries"]:
            self._bedrock.delete_custom_model(modelIdentifier=model["modelArn"])

    @functools.cached_property
    def sealed(self) -> bytes:
        """Ciphertext under the environment's key."""
        kms = self.environment.client("kms")
        return bytes(kms.encrypt(KeyId=self.key, Plaintext=b"a prompt")["CiphertextBlob"])


_MADE: dict[Environment, TaggedResources] = {}


def tagged_resources(environment: Environment) -> TaggedResources:
    if environment not in _MADE:
        _MADE[environment] = TaggedResources(environment)
    return _MADE[environment]


def discard_tagged_resources(environment: Environment) -> None:
    """Deletes what was made in the environment besides its runs, if anything was."""
    if made := _MADE.pop(environment, None):
        made.discard()


def error_message(step: Any, *given: Any) -> str:
    """Returns the AWS error message of a call, or ""."""
    try:
        step(*given)
    except ClientError as error:
        return str(error)
    return ""
