"""Bedrock called directly, for what is measured or tried: no fallback, and no try after the first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from distillery.client.account import Account
from distillery.client.document import DEFAULT_TIER, STANDARD, Step

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=120)
STAND_IN = "x-distillery-stand-in"
"""The header by which the local Bedrock says that it is none."""


def runtime(account: Account, region: str) -> "BedrockRuntimeClient":
    """A client of that Region; each call is one request on the wire."""
    return account._session.client("bedrock-runtime", region_name=region, config=ONCE)


def request(step: Step, identifier: str, text: str, *, max_tokens: int, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of Converse, and of its stream, for one user's text."""
    return {
        "modelId": identifier,
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": max_tokens},
        "requestMetadata": dict(metadata),
        **({"performanceConfig": {"latency": step.latency}} if step.latency != STANDARD else {}),
        **({"serviceTier": {"type": step.tier}} if step.tier != DEFAULT_TIER else {}),
    }


def stand_in(reply: Mapping[str, Any]) -> bool:
    """Whether a simulator gave it."""
    return STAND_IN in reply["ResponseMetadata"]["HTTPHeaders"]
