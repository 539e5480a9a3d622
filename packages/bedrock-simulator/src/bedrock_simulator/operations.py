"""Every operation that is simulated, and what answers it."""

from collections.abc import Callable

from bedrock_simulator.control_plane import (
    copies,
    custom_models,
    deployments,
    foundation_models,
    invocation_logging,
    jobs,
    policies,
    profiles,
    tags,
    throughput,
)
from bedrock_simulator.control_plane.batches import jobs as batches
from bedrock_simulator.control_plane.call import Call, Params
from bedrock_simulator.control_plane.evaluations import jobs as evaluations
from bedrock_simulator.runtime import converse, counting, invoke
from bedrock_simulator.runtime.call import Call as RuntimeCall
from bedrock_simulator.runtime.call import Outcome

CONTROL: dict[str, Callable[[Call], Params]] = {
    "CreateModelCustomizationJob": jobs.create,
    "GetModelCustomizationJob": jobs.get,
    "ListModelCustomizationJobs": jobs.list_jobs,
    "StopModelCustomizationJob": jobs.stop,
    "GetCustomModel": custom_models.get,
    "ListCustomModels": custom_models.list_models,
    "DeleteCustomModel": custom_models.delete,
    "CreateProvisionedModelThroughput": throughput.create,
    "GetProvisionedModelThroughput": throughput.get,
    "ListProvisionedModelThroughputs": throughput.list_throughputs,
    "UpdateProvisionedModelThroughput": throughput.update,
    "DeleteProvisionedModelThroughput": throughput.delete,
    "CreateCustomModelDeployment": deployments.create,
    "GetCustomModelDeployment": deployments.get,
    "ListCustomModelDeployments": deployments.list_deployments,
    "UpdateCustomModelDeployment": deployments.update,
    "DeleteCustomModelDeployment": deployments.delete,
    "CreateInferenceProfile": profiles.create,
    "GetInferenceProfile": profiles.get,
    "ListInferenceProfiles": profiles.list_profiles,
    "DeleteInferenceProfile": profiles.delete,
    "GetFoundationModel": foundation_models.get,
    "ListFoundationModels": foundation_models.list_models,
    "GetFoundationModelAvailability": foundation_models.availability,
    "CreateModelCopyJob": copies.create,
    "GetModelCopyJob": copies.get,
    "ListModelCopyJobs": copies.list_copies,
    "CreateModelInvocationJob": batches.create,
    "GetModelInvocationJob": batches.get,
    "ListModelInvocationJobs": batches.list_batches,
    "StopModelInvocationJob": batches.stop,
    "CreateEvaluationJob": evaluations.create,
    "GetEvaluationJob": evaluations.get,
    "ListEvaluationJobs": evaluations.list_evaluations,
    "StopEvaluationJob": evaluations.stop,
    "BatchDeleteEvaluationJob": evaluations.batch_delete,
    "PutResourcePolicy": policies.put,
    "GetResourcePolicy": policies.get,
    "DeleteResourcePolicy": policies.delete,
    "PutModelInvocationLoggingConfiguration": invocation_logging.put,
    "GetModelInvocationLoggingConfiguration": invocation_logging.get,
    "DeleteModelInvocationLoggingConfiguration": invocation_logging.delete,
    "TagResource": tags.add,
    "UntagResource": tags.remove,
    "ListTagsForResource": tags.list_tags,
}
RUNTIME: dict[str, Callable[[RuntimeCall], Outcome]] = {
    "Converse": converse.converse,
    "ConverseStream": converse.stream,
    "InvokeModel": invoke.invoke,
    "InvokeModelWithResponseStream": invoke.stream,
    "CountTokens": counting.count,
}
