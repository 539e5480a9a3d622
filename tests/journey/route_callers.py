"""Callers of a route: a user that holds only the managed policy of that route."""

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import ClientError

from distillery.client.route_map import RouteMap, Step
from tests.journey.environment import Environment
from tests.journey.policies import Managed, Statement

QUESTION = [{"role": "user", "content": [{"text": "Where is my parcel?"}]}]


class Team:
    """Calls its route with boto3 alone, as the route map describes."""

    def __init__(self, environment: Environment, route: str) -> None:
        self._environment, self.route = environment, route
        self._iam = environment.client("iam")
        user = f"team-{route.replace('/', '-')}"
        self._iam.create_user(UserName=user)
        self._iam.attach_user_policy(UserName=user, PolicyArn=self.policy)
        key = self._iam.create_access_key(UserName=user)["AccessKey"]
        self.keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    @functools.cached_property
    def policy(self) -> str:
        """The ARN of the policy, found by its path."""
        path = f"{self._environment.names.route(self.route)}/"
        (found,) = self._iam.list_policies(Scope="Local", PathPrefix=path)["Policies"]
        return str(found["Arn"])

    @functools.cache  # noqa: B019 - lives as long as its journey
    def client(self, service: str, region: str) -> Any:
        endpoint = self._environment.account.endpoint
        return boto3.client(service, region_name=region, endpoint_url=endpoint, **self.keys)  # type: ignore[call-overload]  # by name

    @functools.cached_property
    def map(self) -> RouteMap:
        return RouteMap.from_json(self._read(self._environment.names.route(self.route), self._environment.inference))

    def _read(self, parameter: str, region: str) -> str:
        return str(self.client("ssm", region).get_parameter(Name=parameter)["Parameter"]["Value"])

    def identifier(self, step: Step) -> str:
        """Returns the `modelId` for Converse. A student's is in its alias."""
        if step.alias is None:
            return str(step.identifier)
        return str(json.loads(self._read(step.alias, step.region))["endpoint"]["arn"])

    def refusals(self, identifier: str, region: str, **mode: Any) -> list[str]:
        """Returns IAM's error messages for Converse and ConverseStream. Empty if both are allowed."""
        runtime = self.client("bedrock-runtime", region)
        found = []
        for call in (runtime.converse, runtime.converse_stream):
            try:
                answer = call(modelId=identifier, messages=QUESTION, **mode)
                if "stream" in answer:
                    answer["stream"].close()
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDeniedException":
                    raise
                found.append(error.response["Error"]["Message"])
        return found

    def refused(self) -> list[str]:
        """Returns IAM's error messages for the route's steps, each called in its latency mode and service tier, and
        for the system prompts of students."""
        return [
            said for step in self.map.steps for said in self.refusals(self.identifier(step), step.region, **_mode(step))
        ] + [said for step in self.map.steps for said in self._unreadable(step)]

    def _unreadable(self, step: Step) -> list[str]:
        """Returns IAM's error message for reading the system prompt of a student, from the caller's Region."""
        if step.alias is None:
            return []
        uri = str(json.loads(self._read(step.alias, step.region))["system"]["uri"])
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            self.client("s3", step.region).get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return [error.response["Error"]["Message"]]
        return []

    def statements(self) -> list[Statement]:
        return Managed(self._iam, self.policy).read()

    @contextmanager
    def attached_policy(self, statements: list[Statement]) -> Iterator[None]:
        """Replaces the policy's statements until exit."""
        policy = Managed(self._iam, self.policy)
        before = policy.read()
        policy.write(statements)
        try:
            yield
        finally:
            policy.write(before)


def _mode(step: Step) -> dict[str, Any]:
    latency = {"performanceConfig": {"latency": step.latency}} if step.latency != "standard" else {}
    return latency | ({"serviceTier": {"type": step.tier}} if step.tier != "default" else {})
