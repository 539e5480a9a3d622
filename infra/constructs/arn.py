"""The partition, Region and account of a construct, for ARNs of resources that no template creates."""

import functools
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from aws_cdk import Stack
from constructs import IConstruct


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Partition, Region and account. The account is a token if the settings name none."""

    partition: str
    region: str
    account: str

    @classmethod
    def of(cls, scope: IConstruct) -> Self:
        return cls(**_cached(cast(Hashable, scope)))

    def at(self, region: str) -> Self:
        """The same account in another Region."""
        return replace(self, region=region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def foundation_model(self, model: str) -> str:
        """Base models have no account in their ARN (Service Authorization Reference, Amazon Bedrock)."""
        return f"arn:{self.partition}:bedrock:{self.region}::foundation-model/{model}"

    def via(self, *services: str) -> dict[str, list[str]]:
        """The value of a `kms:ViaService` condition."""
        return {"kms:ViaService": [f"{service}.{self.region}.amazonaws.com" for service in services]}


@functools.cache
def _cached(scope: Any) -> dict[str, str]:
    """Cached for each construct and for its stack: every value is a call to the CDK's Node process."""
    return _of(Stack.of(scope))


@functools.cache
def _of(stack: Stack) -> dict[str, str]:
    return {"partition": stack.partition, "region": stack.region, "account": stack.account}


@functools.cache
def attribute(resource: Hashable, name: str) -> str:
    """The attribute of a construct, as `bucket_arn` of a bucket. Cached: see `Location`."""
    return str(getattr(resource, name))
