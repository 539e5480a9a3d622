"""Hosting of custom models: one interface over custom model deployments and Provisioned Throughput."""

from typing import TYPE_CHECKING

from distillery.core.aws import client
from distillery.core.hosting.deployments import Deployments
from distillery.core.hosting.hosting import Hosted, Hosting, State
from distillery.core.hosting.throughput import Throughput
from distillery.core.hosting_mode import HostingMode

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

__all__ = ["Deployments", "Hosted", "Hosting", "State", "Throughput", "hosting_by_mode"]


def hosting_by_mode(bedrock: "BedrockClient | None" = None) -> dict[HostingMode, Hosting]:
    """Both modes, in the function's own Region."""
    bedrock = bedrock or client("bedrock")
    return {HostingMode.ON_DEMAND: Deployments(bedrock), HostingMode.PROVISIONED: Throughput(bedrock)}
