"""GetCustomModel, ListCustomModels, DeleteCustomModel."""

from collections.abc import Mapping
from typing import Any

from bedrock_simulator import errors, records
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, paginate, without_none

_FOUNDATION = "foundationModelArnEquals"


def get(call: ControlPlaneCall) -> Params:
    """Returns the model with that name or ARN."""
    model = records.find_custom_model(call.resources, call.params["modelIdentifier"])
    request = model.request
    return without_none(
        modelArn=model.arn,
        modelName=model.name,
        jobName=model.job_name,
        jobArn=model.job_arn,
        baseModelArn=model.base,
        customizationType=type_of_model(request),
        modelKmsKeyArn=model.key,
        hyperParameters=request.get("hyperParameters"),
        trainingDataConfig=request["trainingDataConfig"],
        validationDataConfig=request.get("validationDataConfig"),
        outputDataConfig=request["outputDataConfig"],
        trainingMetrics={"trainingLoss": model.loss},
        validationMetrics=[{"validationLoss": loss} for loss in model.validation_losses],
        creationTime=model.created,
        customizationConfig=request.get("customizationConfig"),
        modelStatus="Active",
    )


def list_models(call: ControlPlaneCall) -> Params:
    """Returns a page of models. The account owns all of them: sharing is done by AWS RAM and is not simulated."""
    params = call.params
    rows = [
        {
            "modelArn": model.arn,
            "modelName": model.name,
            "creationTime": model.created,
            "baseModelArn": model.base,
            "baseModelName": records.base_id(model).split(":")[0],
            "customizationType": type_of_model(model.request),
            "ownerAccountId": call.account,
            "modelStatus": "Active",
        }
        for model in call.resources.models.values()
        if params.get("isOwned", True)
        and all(params.get(field, model.base) == model.base for field in ("baseModelArnEquals", _FOUNDATION))
        and params.get("modelStatus", "Active") == "Active"
    ]
    return paginate(params, rows, "modelSummaries", name="modelName", created="creationTime")


def type_of_model(request: Mapping[str, Any]) -> str:
    """The type of the job, which its request may omit: only a request with a teacher has settings."""
    return "DISTILLATION" if "customizationConfig" in request else "FINE_TUNING"


def delete(call: ControlPlaneCall) -> Params:
    """Deletes a model. Its Provisioned Throughput and deployments must be deleted before it (User Guide)."""
    model = records.find_custom_model(call.resources, call.params["modelIdentifier"])
    hosts = [t.arn for t in call.resources.throughputs.values() if model.arn in (t.model_arn, t.desired_arn)]
    hosts += [d.arn for d in call.resources.deployments.values() if model.arn in (d.model_arn, d.desired_arn)]
    if hosts:
        raise errors.conflict(f"The model {model.name} is still hosted by {', '.join(hosts)}; delete those first.")
    del call.resources.models[model.arn]
    call.resources.tags.pop(model.arn, None)
    call.resources.policies.pop(model.arn, None)
    return {}
