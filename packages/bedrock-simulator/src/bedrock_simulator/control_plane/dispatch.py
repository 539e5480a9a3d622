"""The operations of the control plane, and idempotency by `clientRequestToken`."""

import hashlib
import json
from collections.abc import Callable

from bedrock_simulator import errors
from bedrock_simulator.control_plane import (
    custom_models,
    customization_jobs,
    deployments,
    foundation_models,
    inference_profiles,
    invocation_logging,
    model_copy_jobs,
    provisioned_throughput,
    resource_policies,
)
from bedrock_simulator.control_plane.batches import jobs as batches
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, list_tags, tag_resource, untag_resource
from bedrock_simulator.control_plane.evaluations import jobs as evaluations

CONTROL: dict[str, Callable[[ControlPlaneCall], Params]] = {
    "CreateModelCustomizationJob": customization_jobs.create,
    "GetModelCustomizationJob": customization_jobs.get,
    "ListModelCustomizationJobs": customization_jobs.list_jobs,
    "StopModelCustomizationJob": customization_jobs.stop,
    "GetCustomModel": custom_models.get,
    "ListCustomModels": custom_models.list_models,
    "DeleteCustomModel": custom_models.delete,
    "CreateProvisionedModelThroughput": provisioned_throughput.create,
    "GetProvisionedModelThroughput": provisioned_throughput.get,
    "ListProvisionedModelThroughputs": provisioned_throughput.list_throughputs,
    "UpdateProvisionedModelThroughput": provisioned_throughput.update,
    "DeleteProvisionedModelThroughput": provisioned_throughput.delete,
    "CreateCustomModelDeployment": deployments.create,
    "GetCustomModelDeployment": deployments.get,
    "ListCustomModelDeployments": deployments.list_deployments,
    "UpdateCustomModelDeployment": deployments.update,
    "DeleteCustomModelDeployment": deployments.delete,
    "CreateInferenceProfile": inference_profiles.create,
    "GetInferenceProfile": inference_profiles.get,
    "ListInferenceProfiles": inference_profiles.list_profiles,
    "DeleteInferenceProfile": inference_profiles.delete,
    "GetFoundationModel": foundation_models.get,
    "ListFoundationModels": foundation_models.list_models,
    "GetFoundationModelAvailability": foundation_models.availability,
    "CreateModelCopyJob": model_copy_jobs.create,
    "GetModelCopyJob": model_copy_jobs.get,
    "ListModelCopyJobs": model_copy_jobs.list_copies,
    "CreateModelInvocationJob": batches.create,
    "GetModelInvocationJob": batches.get,
    "ListModelInvocationJobs": batches.list_batches,
    "StopModelInvocationJob": batches.stop,
    "CreateEvaluationJob": evaluations.create,
    "GetEvaluationJob": evaluations.get,
    "ListEvaluationJobs": evaluations.list_evaluations,
    "StopEvaluationJob": evaluations.stop,
    "BatchDeleteEvaluationJob": evaluations.batch_delete,
    "PutResourcePolicy": resource_policies.put,
    "GetResourcePolicy": resource_policies.get,
    "DeleteResourcePolicy": resource_policies.delete,
    "PutModelInvocationLoggingConfiguration": invocation_logging.put,
    "GetModelInvocationLoggingConfiguration": invocation_logging.get,
    "DeleteModelInvocationLoggingConfiguration": invocation_logging.delete,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags,
}


def dispatch(operation: str, call: ControlPlaneCall) -> Params:
    """Runs an operation.

    A request that repeats a `clientRequestToken` with the same parameters gets the first answer again. After an error
    it is run anew.
    """
    if operation not in CONTROL:
        raise errors.unknown_operation(f"The local Bedrock does not simulate {operation}.")
    key = _idempotency_key(operation, call.params)
    if key is None:
        return CONTROL[operation](call)
    if key not in call.resources.replays:
        call.resources.replays[key] = CONTROL[operation](call)
    return call.resources.replays[key]


def _idempotency_key(operation: str, params: Params) -> str | None:
    token = params.get("clientRequestToken")
    if not token:
        return None
    parameters = json.dumps(params, sort_keys=True, default=str).encode()
    return f"{operation} {token} {hashlib.sha256(parameters).hexdigest()}"
