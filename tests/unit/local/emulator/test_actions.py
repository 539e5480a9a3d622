"""Every Bedrock action is checked on the resource types that the Service Authorization Reference has for it."""

from typing import Any

import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_access import HERE, PROFILE, refusal

# What a row names is not there or cannot be had: what IAM lets through, the simulator refuses, and nothing is made.
OWN, WESTERN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0", PROFILE.replace("east-1", "west-2")
WITHIN = "amazon.nova-micro-v1:0:128k/abcdefabcdef"
JOB, MODEL, COPIED = (f"{HERE}:model-customization-job/{WITHIN}", f"{HERE}:custom-model/{WITHIN}",
                      f"arn:aws:bedrock:us-west-2:111111111111:custom-model/{WITHIN}")  # fmt: skip
UNITS, DEPLOYMENT, COPY, EVALUATION, BATCH, ROUTE = (
    f"{HERE}:{kind}/abcdefabcdef"
    for kind in (
        *("provisioned-model", "custom-model-deployment", "model-copy-job", "evaluation-job"),
        *("model-invocation-job", "application-inference-profile"),
    )
)
NEW_ROUTE = f"{HERE}:application-inference-profile/000000000000"
LOGGING = {"loggingConfig": {"s3Config": {"bucketName": "nowhere-at-all"}}}

Row = tuple[str, dict[str, Any], list[str]]
TABLE: list[Row] = [
    ("get_model_customization_job", {"jobIdentifier": JOB}, [JOB]),
    ("stop_model_customization_job", {"jobIdentifier": JOB}, [JOB]),
    ("list_model_customization_jobs", {}, ["*"]),
    ("list_custom_models", {}, ["*"]),
    ("list_provisioned_model_throughputs", {}, ["*"]),
    ("list_custom_model_deployments", {}, ["*"]),
    ("get_custom_model", {"modelIdentifier": MODEL}, [MODEL]),
    ("delete_custom_model", {"modelIdentifier": MODEL}, [MODEL]),
    ("create_provisioned_model_throughput", {"provisionedModelName": "x", "modelUnits": 1, "modelId": MODEL}, [MODEL]),
    ("create_provisioned_model_throughput", {"provisionedModelName": "x", "modelUnits": 1, "modelId": OWN}, [OWN]),
    ("update_provisioned_model_throughput", {"provisionedModelId": UNITS, "desiredModelId": MODEL}, [UNITS, MODEL]),
    ("update_provisioned_model_throughput", {"provisionedModelId": UNITS, "desiredModelId": OWN}, [UNITS, OWN]),
    ("get_provisioned_model_throughput", {"provisionedModelId": UNITS}, [UNITS]),
    ("delete_provisioned_model_throughput", {"provisionedModelId": UNITS}, [UNITS]),
    ("create_custom_model_deployment", {"modelDeploymentName": "x", "modelArn": MODEL}, [MODEL]),
    ("update_custom_model_deployment", {"customModelDeploymentIdentifier": DEPLOYMENT, "modelArn": MODEL},
     [DEPLOYMENT, MODEL]),
    ("get_custom_model_deployment", {"customModelDeploymentIdentifier": DEPLOYMENT}, [DEPLOYMENT]),
    ("delete_custom_model_deployment", {"customModelDeploymentIdentifier": DEPLOYMENT}, [DEPLOYMENT]),
    ("create_model_copy_job", {"sourceModelArn": COPIED, "targetModelName": "x"}, [COPIED]),
    ("get_model_copy_job", {"jobArn": COPY}, [COPY]),
    ("get_evaluation_job", {"jobIdentifier": EVALUATION}, [EVALUATION]),
    ("stop_evaluation_job", {"jobIdentifier": EVALUATION}, [EVALUATION]),
    ("batch_delete_evaluation_job", {"jobIdentifiers": [EVALUATION, f"{EVALUATION[:-1]}g"]},
     [EVALUATION, f"{EVALUATION[:-1]}g"]),
    ("get_model_invocation_job", {"jobIdentifier": BATCH}, [BATCH]),
    ("stop_model_invocation_job", {"jobIdentifier": BATCH}, [BATCH]),
    ("create_inference_profile", {"inferenceProfileName": "x", "modelSource": {"copyFrom": WESTERN}},
     [NEW_ROUTE, WESTERN]),
    ("get_inference_profile", {"inferenceProfileIdentifier": PROFILE}, [PROFILE]),
    ("get_inference_profile", {"inferenceProfileIdentifier": ROUTE}, [ROUTE]),
    ("delete_inference_profile", {"inferenceProfileIdentifier": ROUTE}, [ROUTE]),
    ("put_model_invocation_logging_configuration", LOGGING, ["*"]),
    ("get_model_invocation_logging_configuration", {}, ["*"]),
    ("delete_model_invocation_logging_configuration", {}, ["*"]),
    ("put_resource_policy", {"resourceArn": MODEL, "resourcePolicy": "{}"}, [MODEL]),
    ("tag_resource", {"resourceARN": MODEL, "tags": [{"key": "k", "value": "v"}]}, [MODEL]),
]  # fmt: skip


def _action(call: str) -> str:
    return f"bedrock:{''.join(word.capitalize() for word in call.split('_'))}"


@pytest.mark.parametrize(("call", "request_", "resources"), TABLE, ids=[f"{row[0]} {len(row[2])}" for row in TABLE])
def test_an_action_is_checked_on_each_of_its_resources(
    harness: EmulatorHarness, call: str, request_: dict[str, Any], resources: list[str]
) -> None:
    action = _action(call)

    def denial(*granted: str) -> str:
        statements = [allow(action, *granted)] if granted else []
        return refusal(getattr(harness.acting("bedrock", *statements), call), **request_)

    assert f"perform: {action} {'because' if resources == ['*'] else f'on resource: {resources[0]}'}" in denial()
    for missing in resources[1:]:
        assert f"{action} on resource: {missing}" in denial(*(each for each in resources if each != missing))
    assert denial(*resources) == ""
