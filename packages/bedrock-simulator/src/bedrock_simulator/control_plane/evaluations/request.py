"""Validates and reads the request of an evaluation job.

User Guide, model-evaluation-* and evaluation-judge (of a custom metric: "at a minimum, you must specify the response
from the generator model"); doc strings of the API ("for automated model evaluation jobs, only a single model is
supported"); quotas in `catalog.job_limits`. Not simulated, and refused: evaluation by people, of knowledge bases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator import errors, json_text
from bedrock_simulator.catalog import builtin_datasets, job_limits
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params
from bedrock_simulator.runtime.call import resolve_target

_WORDS = 5  # in a definition on a rating scale
_RESPONSE = "{{prediction}}"


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """The parts of a request that the work needs.

    Attributes:
        model: The ID of the model to evaluate, None for a job that brings its responses.
        source: The identifier of the responses that the job brings.
        judge: The evaluator model of built-in metrics.
        custom_judge: The evaluator model of custom metrics.
        custom: The definitions of custom metrics by name.
    """

    datasets: list[Params]
    model: str | None
    source: str | None
    parameters: Params
    latency: str | None
    judge: str | None
    custom_judge: str | None
    custom: dict[str, Params]

    @property
    def judged(self) -> bool:
        """Whether a model scores the responses."""
        return self.judge is not None or self.custom_judge is not None


def read(request: Mapping[str, Any]) -> EvaluationRequest:
    """Reads a validated request."""
    config, model = request["evaluationConfig"]["automated"], request["inferenceConfig"]["models"][0]
    called, custom = model.get("bedrockModel", {}), config.get("customMetricConfig", {})
    definitions = [each["customMetricDefinition"] for each in custom.get("customMetrics", [])]
    return EvaluationRequest(
        config["datasetMetricConfigs"],
        called.get("modelIdentifier"),
        model.get("precomputedInferenceSource", {}).get("inferenceSourceIdentifier"),
        json_text.parse(called.get("inferenceParams", "{}")),
        called.get("performanceConfig", {}).get("latency"),
        _first(config.get("evaluatorModelConfig", {})),
        _first(custom.get("evaluatorModelConfig", {})),
        {definition["name"]: definition for definition in definitions},
    )


def _first(config: Params) -> str | None:
    models = config.get("bedrockEvaluatorModels", [])
    return models[0]["modelIdentifier"] if models else None


def check(call: ControlPlaneCall) -> None:
    """Validates a request. Raises a ValidationException for the first violation."""
    params = call.params
    if "automated" not in params["evaluationConfig"]:
        raise errors.validation("The local Bedrock runs automated evaluation jobs only.")
    rag = params.get("applicationType", "ModelEvaluation") != "ModelEvaluation"
    if rag or "models" not in params["inferenceConfig"]:
        raise errors.validation("The local Bedrock evaluates models only, not knowledge bases.")
    if len(params["inferenceConfig"]["models"]) != 1:
        raise errors.validation("An automated evaluation job supports a single model in inferenceConfig.models.")
    _check_parameters(params["inferenceConfig"]["models"][0])
    evaluation = read(params)
    _check_names(params["evaluationConfig"]["automated"].get("customMetricConfig", {}))
    for model, allowed in (
        (evaluation.judge, job_limits.EVALUATOR_MODELS),
        (evaluation.custom_judge, job_limits.CUSTOM_METRIC_EVALUATORS),
    ):
        if model is not None:
            _check_judge(model, allowed, call)
    for definition in evaluation.custom.values():
        _check_metric(definition)
    for each in evaluation.datasets:
        _check_dataset(each, evaluation)


def _check_names(custom: Params) -> None:
    """Requires unique names of custom metrics (API reference, CustomMetricDefinition: "Names must be unique")."""
    names = [each["customMetricDefinition"]["name"] for each in custom.get("customMetrics", [])]
    for name in names:
        if names.count(name) > 1:
            raise errors.validation(f"The custom metric {name} is defined more than once.")


def _check_parameters(model: Params) -> None:
    try:
        parameters = json_text.parse(model.get("bedrockModel", {}).get("inferenceParams", "{}"))
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise errors.validation("inferenceParams must be a JSON object.")


def _check_judge(identifier: str, allowed: frozenset[str], call: ControlPlaneCall) -> None:
    """Requires a judge that can be called by the ID that the request names (INFERENCE)."""
    message = f"The model {identifier} cannot be an evaluator model in {call.region}"
    try:
        model = resolve_target(identifier, call.resources, call.now).model
    except errors.ServiceError as why:
        raise errors.validation(f"{message}: {why.message}") from None
    if model.id not in allowed:
        raise errors.validation(f"{message}.")


def _check_metric(definition: Params) -> None:
    if _RESPONSE not in definition["instructions"]:
        raise errors.validation(f"The instructions of {definition['name']} must have the variable {_RESPONSE}.")
    scale = definition.get("ratingScale", [])
    kinds = {kind for item in scale for kind in item["value"]}
    if len(kinds) > 1:
        raise errors.validation(f"The rating scale of {definition['name']} mixes strings and numbers.")
    for item in scale:
        if len(item["definition"].split()) > _WORDS:
            raise errors.validation(
                f"A definition on the rating scale of {definition['name']} has more than {_WORDS} words."
            )


def _check_dataset(config: Params, evaluation: EvaluationRequest) -> None:
    dataset, most = config["dataset"], job_limits.MAX_COMPUTED_METRICS
    if "s3Uri" not in dataset.get("datasetLocation", {}):
        _check_builtin(dataset["name"], config["taskType"], evaluation)
    elif not dataset["datasetLocation"]["s3Uri"].endswith(".jsonl"):
        raise errors.validation(f"The dataset {dataset['name']} must be a .jsonl file.")
    if config["taskType"] == "General" and not evaluation.judged:
        raise errors.validation("The task type General is for jobs with an evaluator model.")
    for name in _unknown(config["metricNames"], evaluation):
        kind = "with" if evaluation.judged else "without"
        raise errors.validation(f"The metric {name} is not supported in a job {kind} an evaluator model.")
    if not evaluation.judged and len(config["metricNames"]) > most:
        raise errors.validation(f"The dataset {dataset['name']} has more than {most} metrics.")


def _check_builtin(name: str, task: str, evaluation: EvaluationRequest) -> None:
    found = builtin_datasets.find(name)
    if found is None:
        raise errors.validation(f"The dataset {name} has no datasetLocation, and is not one of the built-in datasets.")
    if evaluation.judged or evaluation.source is not None:
        raise errors.validation(f"The built-in dataset {name} is for automatic jobs that call the model themselves.")
    if task not in (found.task, "Custom"):
        raise errors.validation(f"The built-in dataset {name} is for the task type {found.task}, not {task}.")


def _unknown(names: list[str], evaluation: EvaluationRequest) -> Iterator[str]:
    known = set(evaluation.custom) | (job_limits.JUDGE_METRICS if evaluation.judge else frozenset())
    yield from (name for name in names if name not in (known if evaluation.judged else job_limits.COMPUTED_METRICS))
