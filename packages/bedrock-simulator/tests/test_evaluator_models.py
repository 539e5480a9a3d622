"""Evaluator models: which can judge, by which identifiers, and the names of custom metrics."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ACCOUNT, World
from test_evaluation_jobs import GIVEN, JUDGED, PRO, TONE, evaluation, metric, scale

HAIKU_45 = "anthropic.claude-haiku-4-5-20251001-v1:0"
OF_HERE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"


@pytest.mark.parametrize(
    "judge",
    [PRO, f"us.{PRO}", f"us.{HAIKU_45}", f"global.{HAIKU_45}", f"{OF_HERE}:inference-profile/us.{PRO}"],
)
def test_a_judge_is_named_as_it_is_called(judge: str) -> None:
    assert World().client().create_evaluation_job(**evaluation(JUDGED, judge=judge, model=GIVEN))["jobArn"]


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        (HAIKU_45, "cannot be an evaluator model in us-east-1: .* with on-demand throughput isn’t supported"),
        ("us.amazon.nova-2-lite-v1:0", "cannot be an evaluator model in us-east-1."),
        (f"{PRO}:300k", "cannot be an evaluator model in us-east-1: .* isn’t supported"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "cannot be an evaluator model in us-east-1."),
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "evaluator model .* reached the end of its life"),
    ],
)
def test_another_cannot_judge(judge: str, message: str) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        World().client().create_evaluation_job(**evaluation(JUDGED, judge=judge, model=GIVEN))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def custom(*names: str, judge: str = PRO) -> dict[str, Any]:
    """The settings of metrics with those names."""
    config = metric(rating=scale(1, 2))
    definition = config["customMetrics"][0]["customMetricDefinition"]
    config["customMetrics"] = [{"customMetricDefinition": {**definition, "name": name}} for name in names]
    config["evaluatorModelConfig"] = {"bedrockEvaluatorModels": [{"modelIdentifier": judge}]}
    return config


TEN = ("Tone", *(f"Tone{number}" for number in range(9)))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (custom("Tone", "Pitch", "Tone"), "The custom metric Tone is defined more than once"),
        (custom("Tone", "a b"), "regular expression"),
        (custom(*TEN, "Tone9"), "length less than or equal to 10"),
        (custom("Tone", judge=HAIKU_45), "cannot be an evaluator model"),
    ],
)
def test_custom_metrics_that_cannot_be_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        World().client().create_evaluation_job(**evaluation(TONE, model=GIVEN, custom=config))
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def test_custom_metrics_have_a_longer_list_of_judges_and_may_be_ten() -> None:
    config = custom(*TEN, judge="us.meta.llama3-3-70b-instruct-v1:0")
    assert World().client().create_evaluation_job(**evaluation(TONE, model=GIVEN, custom=config))["jobArn"]
