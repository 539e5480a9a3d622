"""Get, List and DeleteCustomModel, and finding a custom model by name or ARN."""

from collections.abc import Mapping
from typing import Any

from bedrock_simulator import errors, records
from bedrock_simulator.control_plane.call import Call, Params, paginate, without_none

_FOUNDATION = "foundationModelArnEquals"


def get(call: Call) -> Params:
    """The model by name or ARN."""
    model = records.find_custom_model(call.estate, call.params["modelIdentifier"])
    request = model.request
    return without_none(
        modelArn=model.arn,
        modelName=model.name,
        jobName=model.job_name,
        jobArn=model.job_arn,
        baseModelArn=model.base,
        customizationType=customization_type(request),
        modelKmsKeyArn=model.key,
        hyperParameters=request.get("hyperParameters"),
        trainingDataConfig=request["trainingDataConfig"],
        validationDataConfig=request.get("validationDataConfig"),
        outputDataConfig=request["outputDataConfig"],
        trainingMetrics={"trainingLoss": model.loss},
        validationMetrics=[{"validationLoss": loss} for loss in model.validation_losses] or None,
        creationTime=model.created,
        customizationConfig=request.get("customizationConfig"),
        modelStatus="Active",
    )


def list_models(call: Call) -> Params:
    """A page of summaries. Everything here is owned: sharing is another service's, and not simulated."""
    asked = call.params
    rows = [
        {
            "modelArn": model.arn,
            "modelName": model.name,
            "creationTime": model.created,
            "baseModelArn": model.base,
            "baseModelName": records.base_id(model).split(":")[0],
            "customizationType": customization_type(model.request),
            "ownerAccountId": call.account,
            "modelStatus": "Active",
        }
        for model in call.estate.models.values()
        if asked.get("isOwned", True)
        and all(asked.get(field, model.base) == model.base for field in ("baseModelArnEquals", _FOUNDATION))
        and asked.get("modelStatus", "Active") == "Active"
    ]
    return paginate(asked, rows, "modelSummaries", name="modelName", created="creationTime")


def customization_type(request: Mapping[str, Any]) -> str:
    """What the job did; a request need not say so, but only one with a teacher has settings."""
    return "DISTILLATION" if "customizationConfig" in request else "FINE_TUNING"


def delete(call: Call) -> Params:
    """Deletes the model; a distilled model's Provisioned Throughput and deployments go first (User Guide)."""
    model = records.find_custom_model(call.estate, call.params["modelIdentifier"])
    hosts = [t.arn for t in call.estate.throughputs.values() if model.arn in (t.model_arn, t.desired_arn)]
    hosts += [d.arn for d in call.estate.deployments.values() if model.arn in (d.model_arn, d.desired_arn)]
    if hosts:
        raise errors.conflict(f"The model {model.name} is still hosted by {', '.join(hosts)}; delete those first.")
    del call.estate.models[model.arn]
    call.estate.tags.pop(model.arn, None)
    call.estate.policies.pop(model.arn, None)
    return {}
