"""How a custom model is hosted: one interface over custom model deployments and Provisioned Throughput."""

from typing import TYPE_CHECKING

from lambdas.shared.aws import client
from lambdas.shared.catalog import HostingMode
from lambdas.shared.hosting.deployments import Deployments
from lambdas.shared.hosting.hosted import Hosted, State
from lambdas.shared.hosting.hosting import Hosting
from lambdas.shared.hosting.throughput import Throughput

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

__all__ = ["Deployments", "Hosted", "Hosting", "State", "Throughput", "hosting_by_mode"]


def hosting_by_mode(bedrock: "BedrockClient | None" = None) -> dict[HostingMode, Hosting]:
    """Both modes, in the function's own Region."""
    bedrock = bedrock or client("bedrock")
    return {HostingMode.ON_DEMAND: Deployments(bedrock), HostingMode.PROVISIONED: Throughput(bedrock)}
