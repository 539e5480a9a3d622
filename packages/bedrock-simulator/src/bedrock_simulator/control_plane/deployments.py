"""Custom model deployments: on-demand hosting without hourly cost (User Guide, deploy-custom-model-on-demand).

Offered since 2025-07-16, in two Regions, for some bases and for models customized from that day on; ten of them
per account. An update swaps the model behind a stable ARN; that it must have the same base, and that creating
takes 8 minutes and updating 5, are this simulator's assumptions.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import availability, quotas, supported_models
from bedrock_simulator.control_plane.call import Call, Params, paginate, without_none
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.records import CustomModel, Deployment, RegionResources

CREATING, UPDATING = timedelta(minutes=8), timedelta(minutes=5)
FAILED = "The deployment failed (this simulated account was told to fail it)."


def create(call: Call) -> Params:
    """Begins to deploy an eligible custom model."""
    params = call.params
    model = records.find_custom_model(call.estate, params["modelArn"])
    _eligible(model, call)
    if any(d.name == params["modelDeploymentName"] for d in call.estate.deployments.values()):
        raise errors.validation(f"The deployment name {params['modelDeploymentName']} is already in use.")
    most = quotas.applied_quota(call.quotas, call.region, quotas.DEPLOYMENTS)
    if len(call.estate.deployments) >= most:
        raise errors.quota(f"The account has {most} custom model deployments, as many as it may have.")
    arn = call.arn(f"custom-model-deployment/{call.mint('deployment')}")
    call.tag(arn, params.get("tags"))
    call.estate.deployments[arn] = Deployment(
        arn,
        params["modelDeploymentName"],
        model.arn,
        call.now,
        call.now,
        call.now + CREATING,
        description=params.get("description"),
    )
    return {"customModelDeploymentArn": arn}


def _eligible(model: CustomModel, call: Call) -> None:
    base = supported_models.VARIANTS[records.base_id(model)]
    if call.region not in base.on_demand_custom:
        raise errors.validation(f"On-demand deployment is not supported for models of {base.id} in {call.region}.")
    customized = (model.customized or model.created).date()
    if customized < availability.DEPLOYMENTS:
        raise errors.validation(
            f"{model.name} was customized on {customized}; on-demand deployment needs a model "
            f"customized on or after {availability.DEPLOYMENTS}."
        )
    if base.ended(call.now.date()):
        raise errors.validation(f"The base model {base.id} has reached the end of its life.")


def get(call: Call) -> Params:
    """The deployment by name or ARN."""
    deployment = records.find_deployment(call.estate, call.params["customModelDeploymentIdentifier"])
    update = {"modelArn": deployment.desired_arn, "updateStatus": deployment.update} if deployment.update else None
    return without_none(
        customModelDeploymentArn=deployment.arn,
        modelDeploymentName=deployment.name,
        modelArn=deployment.model_arn,
        createdAt=deployment.created,
        status=deployment.status,
        description=deployment.description,
        updateDetails=update,
        failureMessage=deployment.failure,
        lastUpdatedAt=deployment.changed,
    )


def list_deployments(call: Call) -> Params:
    """A page of summaries."""
    model = call.params.get("modelArnEquals")
    rows = [
        without_none(
            customModelDeploymentArn=d.arn,
            customModelDeploymentName=d.name,
            modelArn=d.model_arn,
            createdAt=d.created,
            status=d.status,
            lastUpdatedAt=d.changed,
            failureMessage=d.failure,
        )
        for d in call.estate.deployments.values()
        if model in (None, d.model_arn)
    ]
    return paginate(
        call.params, rows, "modelDeploymentSummaries", name="customModelDeploymentName", created="createdAt"
    )


def update(call: Call) -> Params:
    """Begins to put another custom model of the same base behind the deployment."""
    deployment = records.find_deployment(call.estate, call.params["customModelDeploymentIdentifier"])
    if deployment.status != "Active" or deployment.update == "Updating":
        state = "Updating" if deployment.status == "Active" else deployment.status
        raise errors.validation(f"{deployment.arn} is {state}; it can be updated when Active.")
    model = records.find_custom_model(call.estate, call.params["modelArn"])
    _eligible(model, call)
    present_base = records.find_custom_model(call.estate, deployment.model_arn).base
    if model.base != present_base:
        raise errors.validation(f"{model.arn} has the base {model.base}; the deployment serves {present_base}.")
    call.estate.deployments[deployment.arn] = replace(
        deployment, desired_arn=model.arn, update="Updating", changed=call.now, due=call.now + UPDATING
    )
    return {"customModelDeploymentArn": deployment.arn}


def delete(call: Call) -> Params:
    """Deletes the deployment; the model stays."""
    deployment = records.find_deployment(call.estate, call.params["customModelDeploymentIdentifier"])
    del call.estate.deployments[deployment.arn]
    call.estate.tags.pop(deployment.arn, None)
    return {}


def advance(estate: RegionResources, now: datetime, faults: Faults) -> None:
    """What is due comes about."""
    for arn, deployment in list(estate.deployments.items()):
        if deployment.due is None or now < deployment.due:
            continue
        occasion = FaultContext(estate.account, estate.region, named=deployment.name, subject=f"{arn} {deployment.due}")
        fault = faults.strikes("failed-deployment", occasion)
        settled = _settled(deployment) if fault is None else _failed(deployment, fault.message or FAILED)
        estate.deployments[arn] = replace(settled, changed=deployment.due, due=None)


def _failed(deployment: Deployment, why: str) -> Deployment:
    if deployment.status == "Creating":
        return replace(deployment, status="Failed", failure=why)
    return replace(deployment, update="UpdateFailed", failure=why)


def _settled(deployment: Deployment) -> Deployment:
    if deployment.status == "Creating":
        return replace(deployment, status="Active")
    return replace(deployment, model_arn=deployment.desired_arn or deployment.model_arn, update="UpdateCompleted")
