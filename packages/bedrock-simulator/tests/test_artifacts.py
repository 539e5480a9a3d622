"""The output of a job in S3, and the prompts that it rejects."""

import csv
import json

from simulator_support.fakes import World, distilled, job, jsonl, prompts


def written(world: World) -> dict[str, str]:
    """The objects under the job's own folder, by the path below it."""
    found = {key.split("/", 2)[2]: body for (_, key), body in world.objects.objects.items() if key.startswith("out/")}
    return {name: body.decode() for name, body in found.items()}


def test_results_lie_where_the_user_guide_and_the_samples_of_aws_say() -> None:
    world = World()
    distilled(world)
    files = written(world)
    assert set(files) == {
        "training_artifacts/step_wise_training_metrics.csv",
        "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv",
        "validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv",
        "synthetic_data/sample_synthetic_data.jsonl",
        "prompt_insights/prompt_insights.jsonl",
    }
    rows = list(csv.DictReader(files["training_artifacts/step_wise_training_metrics.csv"].splitlines()))
    assert list(rows[0]) == ["step_number", "epoch_number", "training_loss", "perplexity"]
    assert (rows[0]["step_number"], rows[0]["epoch_number"], rows[-1]["epoch_number"]) == ("0", "0", "1")
    losses = [float(row["training_loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert "validation_loss" in files["validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"]


def test_samples_are_prompts_with_the_teachers_answers_and_every_prompt_has_its_insight() -> None:
    world = World()
    distilled(world)
    samples = [json.loads(line) for line in written(world)["synthetic_data/sample_synthetic_data.jsonl"].splitlines()]
    assert len(samples) == 50
    assert samples[0]["schemaVersion"] == "bedrock-conversation-2024"
    assert [message["role"] for message in samples[0]["messages"]] == ["user", "assistant"]
    reported = [json.loads(line) for line in written(world)["prompt_insights/prompt_insights.jsonl"].splitlines()]
    assert len(reported) == 120
    assert {each["status"] for each in reported} == {"ACCEPTED"}


def test_the_teacher_gives_no_more_tokens_than_are_requested_of_it() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    request = job()
    request["customizationConfig"]["distillationConfig"]["teacherModelConfig"]["maxResponseLengthForInference"] = 1
    world.client().create_model_customization_job(**request)
    world.pass_time(120, step=10)
    samples = written(world)["synthetic_data/sample_synthetic_data.jsonl"].splitlines()
    answers = {json.loads(line)["messages"][1]["content"][0]["text"] for line in samples}
    assert answers == {"refu", "deli", "logi", "canc"}


def test_job_and_model_report_losses() -> None:
    world = World()
    model = distilled(world)
    done = world.client().get_model_customization_job(jobIdentifier="distill-intent-1")
    reported = world.client().get_custom_model(modelIdentifier=model)
    assert done["trainingMetrics"] == reported["trainingMetrics"]
    assert done["validationMetrics"] == reported["validationMetrics"]
    assert len(reported["validationMetrics"]) == 1
