"""Custom model deployments: on-demand hosting without hourly cost (User Guide, deploy-custom-model-on-demand).

Available from 2025-07-16, in two Regions, for some base models and for models customized from that day on; ten
deployments per account. An update replaces the model behind a stable ARN. That the new model must have the same base,
and that creating takes 8 minutes and updating 5, are ASSUMPTIONS.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import availability, quotas, supported_models
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, paginate, without_none
from bedrock_simulator.faults import FaultContext, Faults
from bedrock_simulator.records import CustomModel, Deployment, RegionResources

CREATING, UPDATING = timedelta(minutes=8), timedelta(minutes=5)
FAILED = "The deployment failed (injected by a fault of this simulator)."


def create(call: ControlPlaneCall) -> Params:
    """Starts to deploy a custom model."""
    params = call.params
    model = records.find_custom_model(call.resources, params["modelArn"])
    _eligible(model, call)
    if any(d.name == params["modelDeploymentName"] for d in call.resources.deployments.values()):
        raise errors.validation(f"The deployment name {params['modelDeploymentName']} is already in use.")
    most = quotas.applied_quota(call.quotas, call.region, quotas.DEPLOYMENTS)
    if len(call.resources.deployments) >= most:
        raise errors.quota(f"The account has {most} custom model deployments, the maximum.")
    arn = call.arn(f"custom-model-deployment/{call.new_id('deployment')}")
    call.tag(arn, params.get("tags"))
    call.resources.deployments[arn] = Deployment(
        arn,
        params["modelDeploymentName"],
        model.arn,
        call.now,
        call.now,
        call.now + CREATING,
        description=params.get("description"),
    )
    return {"customModelDeploymentArn": arn}


def _eligible(model: CustomModel, call: ControlPlaneCall) -> None:
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


def get(call: ControlPlaneCall) -> Params:
    """Returns the deployment with that name or ARN."""
    deployment = records.find_deployment(call.resources, call.params["customModelDeploymentIdentifier"])
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


def list_deployments(call: ControlPlaneCall) -> Params:
    """Returns a page of deployments."""
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
        for d in call.resources.deployments.values()
        if model in (None, d.model_arn)
    ]
    return paginate(
        call.params, rows, "modelDeploymentSummaries", name="customModelDeploymentName", created="createdAt"
    )


def update(call: ControlPlaneCall) -> Params:
    """Starts to replace the deployed model by another one of the same base."""
    deployment = records.find_deployment(call.resources, call.params["customModelDeploymentIdentifier"])
    if deployment.status != "Active" or deployment.update == "Updating":
        state = "Updating" if deployment.status == "Active" else deployment.status
        raise errors.validation(f"{deployment.arn} is {state}; it can be updated when Active.")
    model = records.find_custom_model(call.resources, call.params["modelArn"])
    _eligible(model, call)
    present_base = records.find_custom_model(call.resources, deployment.model_arn).base
    if model.base != present_base:
        raise errors.validation(f"{model.arn} has the base {model.base}; the deployment serves {present_base}.")
    call.resources.deployments[deployment.arn] = replace(
        deployment, desired_arn=model.arn, update="Updating", changed=call.now, due=call.now + UPDATING
    )
    return {"customModelDeploymentArn": deployment.arn}


def delete(call: ControlPlaneCall) -> Params:
    """Deletes the deployment; the model stays. One that is created or updated cannot be deleted.

    Source: a note of cloud-custodian's on its fixture bedrock_provisionable_custom_model, of a deployment that is
    Creating; that an update refuses it too is INFERENCE.
    """
    deployment = records.find_deployment(call.resources, call.params["customModelDeploymentIdentifier"])
    if deployment.due is not None:
        raise errors.validation("Custom model deployment is in a mutating state")
    del call.resources.deployments[deployment.arn]
    call.resources.tags.pop(deployment.arn, None)
    return {}


def advance(resources: RegionResources, now: datetime, faults: Faults) -> None:
    """Applies the changes of status that are due."""
    for arn, deployment in list(resources.deployments.items()):
        if deployment.due is None or now < deployment.due:
            continue
        context = FaultContext(
            resources.account, resources.region, named=deployment.name, subject=f"{arn} {deployment.due}"
        )
        fault = faults.match("failed-deployment", context)
        settled = _settled(deployment) if fault is None else _failed(deployment, fault.message or FAILED)
        resources.deployments[arn] = replace(settled, changed=deployment.due, due=None)


def _failed(deployment: Deployment, why: str) -> Deployment:
    if deployment.status == "Creating":
        return replace(deployment, status="Failed", failure=why)
    return replace(deployment, update="UpdateFailed", failure=why)


def _settled(deployment: Deployment) -> Deployment:
    if deployment.status == "Creating":
        return replace(deployment, status="Active")
    return replace(deployment, model_arn=deployment.desired_arn or deployment.model_arn, update="UpdateCompleted")
