"""The patterns that boto3 does not check, compared with its own service model."""

import re

import boto3
import pytest

from distillery.core import limits


@pytest.mark.parametrize(
    ("shape", "pattern", "longest"),
    [
        ("JobName", limits.JOB_NAME, limits.NAME_MAX),
        ("CustomModelName", limits.MODEL_NAME, limits.NAME_MAX),
        ("ModelDeploymentName", limits.MODEL_NAME, limits.NAME_MAX),
        ("IdempotencyToken", limits.TOKEN, 256),
        ("S3Uri", limits.S3_URI, limits.S3_URI_MAX),
        ("TagKey", limits.TAG, 128),
        ("TagValue", limits.TAG, 256),
    ],
)
def test_a_pattern_is_the_service_models_own(shape: str, pattern: re.Pattern[str], longest: int) -> None:
    client = boto3.client("bedrock", region_name="us-east-1")
    metadata = client.meta.service_model.shape_for(shape).metadata
    assert metadata["pattern"] == pattern.pattern
    assert metadata["max"] == longest


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        (limits.JOB_NAME, "distill-support-1", True),
        (limits.JOB_NAME, "distill_support", False),
        (limits.MODEL_NAME, "support-k3x9a", True),
        (limits.MODEL_NAME, "support--k3x9a", False),
        (limits.MODEL_NAME, "support.k3x9a", False),
        (limits.S3_URI, "s3://acme-train/support/v3/train.jsonl", True),
        (limits.S3_URI, "s3://acme-train/dt=2026-11-01/train.jsonl", False),
        (limits.S3_URI, "s3://acme-train/my prompts.jsonl", False),
        (limits.TOKEN, "run-1", True),
        (limits.TOKEN, "run_1", False),
    ],
)
def test_a_pattern_accepts_and_refuses(pattern: re.Pattern[str], value: str, matches: bool) -> None:
    assert bool(pattern.fullmatch(value)) is matches
