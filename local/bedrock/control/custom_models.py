"""Get, List and DeleteCustomModel, and finding a custom model by name or ARN."""

from local.bedrock import errors
from local.bedrock.control import listing
from local.bedrock.control.call import Call, Params, present
from local.bedrock.records import CustomModel, Estate


def get(call: Call) -> Params:
    """The model by name or ARN."""
    model = find(call.estate, call.params["modelIdentifier"])
    request = model.request
    return present(
        modelArn=model.arn,
        modelName=model.name,
        jobName=model.job_name,
        jobArn=model.job_arn,
        baseModelArn=model.base,
        customizationType="DISTILLATION",
        hyperParameters=request.get("hyperParameters"),
        trainingDataConfig=request["trainingDataConfig"],
        validationDataConfig=request.get("validationDataConfig"),
        outputDataConfig=request["outputDataConfig"],
        trainingMetrics={"trainingLoss": model.loss},
        creationTime=model.created,
        customizationConfig=request["customizationConfig"],
        modelStatus="Active",
    )


def list_models(call: Call) -> Params:
    """A page of summaries; every model here is owned and Active."""
    base = call.params.get("baseModelArnEquals", call.params.get("foundationModelArnEquals"))
    hidden = call.params.get("isOwned") is False or call.params.get("modelStatus", "Active") != "Active"
    rows = [
        {
            "modelArn": model.arn,
            "modelName": model.name,
            "creationTime": model.created,
            "baseModelArn": model.base,
            "baseModelName": base_id(model).split(":")[0],
            "customizationType": "DISTILLATION",
            "ownerAccountId": call.account,
            "modelStatus": "Active",
        }
        for model in call.estate.models.values()
        if not hidden and base in (None, model.base)
    ]
    return listing.page(call.params, rows, "modelSummaries", name="modelName", created="creationTime")


def delete(call: Call) -> Params:
    """Deletes the model; a distilled model's Provisioned Throughput and deployments go first (User Guide)."""
    model = find(call.estate, call.params["modelIdentifier"])
    hosts = [t.arn for t in call.estate.throughputs.values() if model.arn in (t.model_arn, t.desired_arn)]
    hosts += [d.arn for d in call.estate.deployments.values() if model.arn in (d.model_arn, d.desired_arn)]
    if hosts:
        raise errors.conflict(f"The model {model.name} is still hosted by {', '.join(hosts)}; delete those first.")
    del call.estate.models[model.arn]
    call.estate.tags.pop(model.arn, None)
    return {}


def find(estate: Estate, identifier: str) -> CustomModel:
    """The model with that name or ARN, or ResourceNotFoundException."""
    for model in estate.models.values():
        if identifier in (model.arn, model.name):
            return model
    raise errors.not_found(f"There is no custom model {identifier} in this account and Region.")


def base_id(model: CustomModel) -> str:
    """The id of the variant it was trained from, e.g. `amazon.nova-micro-v1:0:128k`."""
    return model.base.rsplit("/", 1)[1]
