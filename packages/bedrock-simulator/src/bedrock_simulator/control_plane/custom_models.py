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
    """Returns a page of models: the account's own, or with `isOwned` false those that others share with it."""
    params = call.params
    owned = params.get("isOwned", True)
    models = list(call.resources.models.values()) if owned else _shared(call)
    rows = [
        {
            "modelArn": model.arn,
            "modelName": model.name,
            "creationTime": model.created,
            "baseModelArn": model.base,
            "baseModelName": records.base_id(model).split(":")[0],
            "customizationType": type_of_model(model.request),
            "ownerAccountId": model.arn.split(":")[4],
            "modelStatus": "Active",
        }
        for model in models
        if all(params.get(field, model.base) == model.base for field in ("baseModelArnEquals", _FOUNDATION))
        and params.get("modelStatus", "Active") == "Active"
    ]
    return paginate(params, rows, "modelSummaries", name="modelName", created="creationTime")


def _shared(call: ControlPlaneCall) -> list[records.CustomModel]:
    """Returns the models of this Region that other accounts share with this one."""
    arns = [arn for arn in call.services.shares.shared_with(call.account) if arn.split(":")[3] == call.region]
    found = (call.services.resources(arn.split(":")[4], call.region).models.get(arn) for arn in arns)
    return [model for model in found if model]


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
