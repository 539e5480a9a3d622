"""What a Bedrock call needs of the key that a custom model is encrypted with, for `kms:ViaService` Bedrock.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-custom-job.html: who customizes or copies needs
Decrypt, GenerateDataKey, DescribeKey and CreateGrant, who invokes Decrypt, to which the Nova guide
(customize-fine-tune-encrypt.html) adds GenerateDataKey. Who buys throughput for the model needs Decrypt, and for a
custom Nova model Bedrock itself uses the key too (the same page; the key's policy admits it, with a condition on the
encryption context). For on-demand deployments nothing is documented: here they are as throughput. Who copies needs
Decrypt of the original's key too, also of another account's or Region's, through Bedrock of the Region of the copy.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from ministack.core.responses import get_region, request_scope

from local.emulator.iam_check import Check
from local.emulator.kms import GRANT, READ, WRITE, KeyUse, key_arn
from local.emulator.simulator import ask

_CUSTOMIZE = (GRANT, READ, "kms:DescribeKey", WRITE)
_ARN_PARTS = 6
_HOST = (READ,)
_INVOKE = (READ, WRITE)
_MADE_UNDER = {"CreateModelCustomizationJob": "customModelKmsKeyId", "CreateModelCopyJob": "modelKmsKeyId"}
_MODEL = {  # where a request that hosts a model names it
    "CreateProvisionedModelThroughput": "modelId",
    "UpdateProvisionedModelThroughput": "desiredModelId",
    "CreateCustomModelDeployment": "modelArn",
    "UpdateCustomModelDeployment": "modelArn",
}
_ENDPOINTS = {
    ":provisioned-model/": "/provisioned-model-throughput",
    ":custom-model-deployment/": "/model-customization/custom-model-deployments",
}


def _asked(simulator: Any, path: str, name: str, member: str) -> str | None:
    try:
        found = ask(simulator, "GET", f"{path}/{quote(name, safe='')}").get(member)
    except ValueError:
        return None
    return str(found) if found else None


def _behind(simulator: Any, endpoint: str) -> str | None:
    """The model that an endpoint (an ARN) serves."""
    path = next((path for kind, path in _ENDPOINTS.items() if kind in endpoint), None)
    return _asked(simulator, path, endpoint, "modelArn") if path else None


def checks(simulator: Any, operation: str, path: dict[str, str], body: dict[str, Any]) -> Iterator[Check]:
    """Returns the checks of the customer managed KMS keys that the request uses; empty if it uses none."""
    if operation in _MADE_UNDER:
        yield from _on(key_arn(body.get(_MADE_UNDER[operation])), _CUSTOMIZE)
        if original := body.get("sourceModelArn"):
            yield from _of_original(simulator, str(original))
        return
    model = body.get(_MODEL[operation]) if operation in _MODEL else _behind(simulator, path.get("modelId", ""))
    if model:
        actions = _HOST if operation in _MODEL else _INVOKE
        yield from _on(key_arn(_asked(simulator, "/custom-models", model, "modelKmsKeyArn")), actions)


def _of_original(simulator: Any, model: str) -> Iterator[Check]:
    """Returns the check of the key of a model that is copied, by the aliases that it has where it is."""
    here, parts = get_region(), model.split(":")
    if len(parts) < _ARN_PARTS:
        return
    with request_scope(parts[4], parts[3]):
        key = key_arn(_asked(simulator, "/custom-models", model, "modelKmsKeyArn"))
        use = KeyUse(READ, key, f"bedrock.{here}.amazonaws.com") if key else None
        conditions = use.conditions if use else {}
    if use:
        yield Check(use.action, "kms", use.key, conditions)


def _on(key: str | None, actions: tuple[str, ...]) -> Iterator[Check]:
    if key:
        uses = (KeyUse(action, key, f"bedrock.{get_region()}.amazonaws.com") for action in actions)
        yield from (Check(use.action, "kms", use.key, use.conditions) for use in uses)
