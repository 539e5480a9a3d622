"""The validation of evaluation requests: the rules that test_evaluation_jobs does not cover."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.catalog import builtin_datasets
from simulator_support.fakes import ACCOUNT, World
from test_evaluation_jobs import (
    DATA,
    GIVEN,
    JUDGED,
    PRO,
    TONE,
    assert_refused,
    dataset,
    evaluation,
    metric,
    rows,
    run,
    scale,
)
from test_foundation_models import profile

HERE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
APPLICATION = f"{HERE}:application-inference-profile/{'a' * 12}"
PATTERN = "regular expression pattern"


def judged_by(*models: str) -> dict[str, Any]:
    automated = evaluation(JUDGED)["evaluationConfig"]["automated"]
    judges = {"bedrockEvaluatorModels": [{"modelIdentifier": model} for model in models]}
    return evaluation(model=GIVEN, evaluationConfig={"automated": {**automated, "evaluatorModelConfig": judges}})


def custom(**changes: Any) -> dict[str, Any]:
    """One custom metric, changed."""
    config = metric(rating=scale(1, 2))
    config["customMetrics"][0]["customMetricDefinition"] |= changes
    return evaluation(TONE, model=GIVEN, custom=config)


def custom_judge(model: str) -> dict[str, Any]:
    judges = {"evaluatorModelConfig": {"bedrockEvaluatorModels": [{"modelIdentifier": model}]}}
    return evaluation(TONE, model=GIVEN, custom={**metric(rating=scale(1, 2)), **judges})


def of(model: str) -> dict[str, Any]:
    return evaluation(model={"bedrockModel": {"modelIdentifier": model}})


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (judged_by(PRO, PRO), "bedrockEvaluatorModels' failed .* less than or equal to 1"),
        (judged_by(APPLICATION), PATTERN),
        (judged_by(f"{HERE}:custom-model-deployment/{'a' * 12}"), PATTERN),
        (judged_by(f"{HERE}:provisioned-model/{'a' * 12}"), PATTERN),
        (custom_judge(APPLICATION), PATTERN),
        (custom_judge("amazon.nova-lite-v1:0"), "cannot be an evaluator model"),
        (custom(instructions="Rate the tone of {{prompt}}."), "instructions of Tone must have the variable {{pred"),
        (custom(instructions="{{prediction}}" + "x" * 4987), "less than or equal to 5000"),
        (custom(ratingScale=scale(*range(11))), "ratingScale' failed .* less than or equal to 10"),
        (custom(ratingScale=scale(1, words="x" * 101)), "less than or equal to 100"),
        (custom(name="Pitch"), "The metric Tone is not supported in a job with"),
        (evaluation(dataset("Builtin.LogicalCoherence", task="General"), judge=PRO), "LogicalCoherence is not supp"),
        (evaluation(dataset("Builtin.Nonsense")), "Builtin.Nonsense is not supported in a job without"),
        (evaluation(dataset("Accuracy")), "The metric Accuracy is not supported in a job without"),
        (evaluation(*[dataset("Builtin.Accuracy")] * 6), "datasetMetricConfigs' failed .* less than or equal to 5"),
        (evaluation(dataset(*["Builtin.Refusal"] * 26), judge=PRO), "metricNames' failed .* less than or equal to 25"),
        (evaluation(dataset("Builtin.Accuracy", name="held out")), PATTERN),
        (of(f"{HERE}:custom-model/amazon.nova-micro-v1:0:128k/{'a' * 12}"), PATTERN),
        (of(f"{HERE}:application-inference-profile/{'a' * 11}-"), PATTERN),
        (evaluation(inferenceConfig={"models": [GIVEN] * 3}), "models' failed .* less than or equal to 2"),
        (evaluation(model={"bedrockModel": {"modelIdentifier": PRO, "inferenceParams": json.dumps({"a": "x" * 1020})}}),
         "inferenceParams' failed .* less than or equal to 1023"),
        (evaluation(model={"bedrockModel": {"modelIdentifier": PRO, "performanceConfig": {"latency": "fast"}}}),
         "enum value set"),
        (evaluation(model={"precomputedInferenceSource": {"inferenceSourceIdentifier": "-x"}}), PATTERN),
        (evaluation(outputDataConfig={"s3Uri": "s3://west-bucket/out/"}), "west-bucket of outputDataConfig is in us-w"),
        (evaluation(roleArn="evaluation"), "at 'roleArn'"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused(request_: dict[str, Any], sentence: str) -> None:
    assert_refused(request_, sentence)


def test_a_job_is_stopped_and_deleted_by_its_arn_alone() -> None:
    bedrock = World().client()
    bedrock.create_evaluation_job(**evaluation())
    with pytest.raises(ClientError, match=PATTERN):
        bedrock.stop_evaluation_job(jobIdentifier="eval-1")
    with pytest.raises(ClientError, match=PATTERN):
        bedrock.batch_delete_evaluation_job(jobIdentifiers=["eval-1"])


def test_twenty_five_jobs_are_deleted_at_once_at_most() -> None:
    none = [f"{HERE}:evaluation-job/{number:012}" for number in range(26)]
    with pytest.raises(ClientError, match=r"jobIdentifiers' failed .* less than or equal to 25"):
        World().client().batch_delete_evaluation_job(jobIdentifiers=none)


def test_bedrock_must_be_let_into_the_role_for_an_evaluation() -> None:
    world = World()
    world.roles.refusal = "Could not assume provided IAM role."
    with pytest.raises(ClientError, match="Could not assume"):
        world.client().create_evaluation_job(**evaluation())
    assert world.roles.requested[0].startswith(f"{HERE}:evaluation-job/")


@pytest.mark.parametrize(
    ("denied", "verb"),
    [("eval-bucket", "read s3://eval-bucket/heldout"), ("out-bucket", "write s3://out-bucket/x/eval-1/")],
)
def test_the_role_must_read_the_dataset_and_write_the_output(denied: str, verb: str) -> None:
    world = World()
    world.objects.denied.add(denied)
    failed = run(world, evaluation(outputDataConfig={"s3Uri": "s3://out-bucket/x/"}))
    assert failed["status"] == "Failed"
    assert f"may not {verb}" in failed["failureMessages"][0]


@pytest.mark.parametrize("missing", ["profile", *("us-east-1", "us-east-2", "us-west-2")])
def test_the_role_must_be_allowed_an_application_profile_and_its_models(missing: str) -> None:
    world = World()
    arn = profile(world, f"{HERE}:inference-profile/us.{PRO}")
    needed = arn if missing == "profile" else f"arn:aws:bedrock:{missing}::foundation-model/{PRO}"
    world.roles.denied.add(("bedrock:InvokeModel", needed))
    failed = run(world, of(arn))
    assert f"is not authorized to perform: bedrock:InvokeModel on resource: {needed}" in failed["failureMessages"][0]


def line_with(**response: Any) -> bytes:
    stored, changed = rows(["a"] * 4).splitlines()[:3], json.loads(rows(["a"] * 4).splitlines()[3])
    changed["modelResponses"] = [{**changed["modelResponses"][0], **response}] * response.pop("times", 1)
    return b"\n".join([*stored, json.dumps(changed).encode()])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (line_with(modelIdentifier="another"), "Line 4 .* its modelIdentifier must be student-1"),
        (line_with(response=None), "Line 4 .* its response must be a string"),
        (line_with(times=2), "Line 4 .* exactly one of modelResponses"),
        (b'{"prompt": "x", "referenceResponse": 1}', "Line 1 .* referenceResponse must be a string"),
    ],
)
def test_given_answers_are_one_a_prompt_of_one_source(body: bytes, message: str) -> None:
    world = World()
    world.objects.objects[DATA] = body
    failed = run(world, evaluation(JUDGED, judge=PRO, model=GIVEN), body)
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(failed["failureMessages"][0])


@pytest.mark.parametrize("name", sorted(builtin_datasets.DATASETS))
def test_a_built_in_dataset_is_evaluated_without_a_location(name: str) -> None:
    world = World()
    task = builtin_datasets.DATASETS[name].task
    given = {"taskType": task, "dataset": {"name": name}, "metricNames": ["Builtin.Accuracy"]}
    arn = world.client().create_evaluation_job(**evaluation(given))["jobArn"]
    world.pass_time(60 * 24, step=60)
    assert world.client().get_evaluation_job(jobIdentifier=arn)["status"] == "Completed"
    (report,) = [body for (_, key), body in world.objects.objects.items() if key.endswith("_output.jsonl")]
    assert report.count(b"\n") == len(builtin_datasets.DATASETS[name].rows)


@pytest.mark.parametrize(
    ("name", "task", "more", "sentence"),
    [
        ("Builtin.Nothing", "Classification", {}, "is not one of the built-in datasets"),
        ("heldout", "Classification", {}, "The dataset heldout has no datasetLocation"),
        ("Builtin.BoolQ", "Classification", {}, "is for the task type QuestionAndAnswer, not Classification"),
        ("Builtin.BoolQ", "QuestionAndAnswer", {"judge": "amazon.nova-pro-v1:0"}, "is for automatic jobs that call"),
    ],
)
def test_a_built_in_dataset_is_refused_where_it_does_not_belong(name: str, task: str, more: Any, sentence: str) -> None:
    metric = "Builtin.Correctness" if more else "Builtin.Accuracy"
    given = {"taskType": task, "dataset": {"name": name}, "metricNames": [metric]}
    with pytest.raises(ClientError, match=sentence):
        World().client().create_evaluation_job(**evaluation(given, **more))
