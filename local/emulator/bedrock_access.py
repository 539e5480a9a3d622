"""The action of a Bedrock call, and every resource that IAM checks it on.

Source: Service Authorization Reference for Amazon Bedrock; for inference profiles
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html. CreateModelCustomizationJob
is checked on the base model, the model and the job to come, the three that the Step Functions guide grants. A call
with a guardrail needs bedrock:ApplyGuardrail on it (guardrails-permissions-id.html).
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

import botocore.session
from ministack.core.responses import get_account_id, get_region

from local.emulator import bedrock_conditions, model_kms
from local.emulator.bedrock_conditions import Invocation
from local.emulator.current_request import header, raw_path
from local.emulator.iam_check import Check
from local.emulator.simulator import ask

SERVICES = ("bedrock", "bedrock-runtime")
_NEW = "000000000000"  # the id of a resource that does not exist yet
_GEOGRAPHIES = ("us", "eu", "apac", "jp", "au", "global")
_AUTHORIZED_AS = {"Converse": "InvokeModel", "ConverseStream": "InvokeModelWithResponseStream"}


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        uri = http["requestUri"].split("?")[0]
        pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", uri)
        found.append((http["method"], re.compile(pattern + "/?"), name))
    return sorted(found, key=lambda route: route[1].pattern.count("?P<"))


def operation(service: str, method: str, path: str) -> tuple[str | None, dict[str, str]]:
    """Returns the operation of an undecoded path, with its decoded path parameters."""
    for verb, pattern, name in _routes(service):
        if verb == method and (found := pattern.fullmatch(path)):
            return name, {key: unquote(value) for key, value in found.groupdict().items()}
    return None, {}


def action(service: str, method: str) -> str | None:
    """Returns the IAM action of the current request; None if Bedrock has no such operation."""
    name, _ = operation(service, method, raw_path())
    return name and f"bedrock:{_AUTHORIZED_AS.get(name, name)}"


def _arn(kind: str, name: str) -> str:
    account = "" if kind == "foundation-model" else get_account_id()
    return name if name.startswith("arn:") else f"arn:aws:bedrock:{get_region()}:{account}:{kind}/{name}"


def _found(simulator: Any, path: str, key: str, kind: str, name: str) -> str:
    """Returns the ARN of a resource that is given by its name, id or ARN."""
    if name.startswith("arn:"):
        return name
    try:
        return str(ask(simulator, "GET", f"{path}/{quote(name, safe='')}")[key])
    except ValueError:
        return _arn(kind, name)


def _job(simulator: Any, name: str) -> str:
    return _found(simulator, "/model-customization-jobs", "jobArn", "model-customization-job", name)


def _custom_model(simulator: Any, name: str) -> str:
    return _found(simulator, "/custom-models", "modelArn", "custom-model", name)


def _hosted(simulator: Any, name: str) -> str:
    """Returns the ARN of a custom or foundation model, as Provisioned Throughput names it."""
    custom = _custom_model(simulator, name)
    return custom if name.startswith("arn:") or not custom.endswith(f"/{name}") else _arn("foundation-model", name)


def _throughput(simulator: Any, name: str) -> str:
    return _found(simulator, "/provisioned-model-throughput", "provisionedModelArn", "provisioned-model", name)


def _deployment(simulator: Any, name: str) -> str:
    path, kind = "/model-customization/custom-model-deployments", "custom-model-deployment"
    return _found(simulator, path, "customModelDeploymentArn", kind, name)


def _profile(simulator: Any, name: str) -> str:
    return _found(simulator, "/inference-profiles", "inferenceProfileArn", "inference-profile", name)


def _callable(name: str) -> str:
    """Returns the ARN of a foundation model or an inference profile, as the runtime names them."""
    return _arn("inference-profile" if name.split(".")[0] in _GEOGRAPHIES else "foundation-model", name)


def _evaluated(body: dict[str, Any]) -> list[str]:
    """Returns the models whose answers are evaluated; an evaluation of given answers has none."""
    models = (body.get("inferenceConfig") or {}).get("models") or []
    return [_callable(each["bedrockModel"].get("modelIdentifier", "")) for each in models if "bedrockModel" in each]


def _base_id(arn: str) -> str:
    return arn.split(":", 5)[5].split("/", 1)[1]


def _resources(simulator: Any, name: str, path: dict[str, str], body: dict[str, Any]) -> list[str]:
    match name:
        case "CreateModelCustomizationJob":
            base = _hosted(simulator, body.get("baseModelIdentifier", ""))
            within = f"{_base_id(base).split('/')[0]}/{_NEW}"
            return [base, _arn("model-customization-job", within), _arn("custom-model", within)]
        case "GetModelCustomizationJob" | "StopModelCustomizationJob":
            return [_job(simulator, path["jobIdentifier"])]
        case "GetCustomModel" | "DeleteCustomModel":
            return [_custom_model(simulator, path["modelIdentifier"])]
        case "GetFoundationModel":
            return [_arn("foundation-model", path["modelIdentifier"])]
        case "CreateProvisionedModelThroughput":
            return [_hosted(simulator, body.get("modelId", ""))]
        case "UpdateProvisionedModelThroughput":
            wanted = body.get("desiredModelId")
            own = _throughput(simulator, path["provisionedModelId"])
            return [own, *([_hosted(simulator, wanted)] if wanted else [])]
        case "GetProvisionedModelThroughput" | "DeleteProvisionedModelThroughput":
            return [_throughput(simulator, path["provisionedModelId"])]
        case "CreateCustomModelDeployment":
            return [_custom_model(simulator, body.get("modelArn", ""))]
        case "UpdateCustomModelDeployment":
            own = _deployment(simulator, path["customModelDeploymentIdentifier"])
            return [own, _custom_model(simulator, body.get("modelArn", ""))]
        case "GetCustomModelDeployment" | "DeleteCustomModelDeployment":
            return [_deployment(simulator, path["customModelDeploymentIdentifier"])]
        case "CreateInferenceProfile":
            source = (body.get("modelSource") or {}).get("copyFrom", "")
            return [_arn("application-inference-profile", _NEW), source]
        case "GetInferenceProfile" | "DeleteInferenceProfile":
            return [_profile(simulator, path["inferenceProfileIdentifier"])]
        case "CreateModelInvocationJob":
            return [_callable(body.get("modelId", ""))]
        case "GetModelInvocationJob" | "StopModelInvocationJob":
            return [_arn("model-invocation-job", path["jobIdentifier"])]
        case "CreateEvaluationJob":
            return _evaluated(body) or ["*"]
        case "GetEvaluationJob" | "StopEvaluationJob":
            return [path["jobIdentifier"]]
        case "BatchDeleteEvaluationJob":
            return list(body.get("jobIdentifiers") or ["*"])
        case "CreateModelCopyJob":
            return [body.get("sourceModelArn", "*")]
        case "GetModelCopyJob":
            return [path["jobArn"]]
        case "PutResourcePolicy":
            return [body.get("resourceArn", "*")]
        case "GetResourcePolicy" | "DeleteResourcePolicy":
            return [path["resourceArn"]]
        case "TagResource" | "UntagResource" | "ListTagsForResource":
            return [body.get("resourceARN", "*")]
    return ["*"]


_TAGGED_AS = {
    "CreateModelCustomizationJob": "model-customization-job",
    "CreateProvisionedModelThroughput": "provisioned-model",
    "CreateCustomModelDeployment": "custom-model-deployment",
    "CreateInferenceProfile": "application-inference-profile",
    "CreateModelCopyJob": "custom-model",
    "CreateModelInvocationJob": "model-invocation-job",
    "CreateEvaluationJob": "evaluation-job",
}


def _along(name: str, resources: list[str], body: dict[str, Any]) -> list[Check]:
    """Returns the checks of the role that is passed, and of the tags of each resource that is created."""
    found = []
    for kind, tags in _tagged(name, body):
        own = next((arn for arn in resources if f":{kind}/" in arn and arn.endswith(_NEW)), _arn(kind, _NEW))
        found.append(Check("bedrock:TagResource", "bedrock", own, bedrock_conditions.tagging({"tags": tags})))
    logs = (body.get("loggingConfig") or {}).get("cloudWatchConfig") or {}
    if role := body.get("roleArn") or logs.get("roleArn"):
        found.append(Check("iam:PassRole", "iam", role, {"iam:PassedToService": "bedrock.amazonaws.com"}))
    return found


def _tagged(name: str, body: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yields the kinds of resources that a request creates, with their tags; a job's model has its own tags."""
    own = body.get("jobTags") or body.get("tags") or body.get("targetModelTags")
    if own and name in _TAGGED_AS:
        yield _TAGGED_AS[name], own
    if name == "CreateModelCustomizationJob" and (of_model := body.get("customModelTags")):
        yield "custom-model", of_model


def _invoked(simulator: Any, as_action: str, model: str, asked: Invocation) -> list[Check]:
    keys = asked.keys
    guarded = [Check("bedrock:ApplyGuardrail", "bedrock", asked.guardrail)] if asked.guardrail else []
    if re.fullmatch(r"arn:aws:bedrock:.*:(provisioned-model|custom-model-deployment|foundation-model)/.+", model):
        return [Check(as_action, "bedrock", model, keys), *guarded]
    try:
        profile = ask(simulator, "GET", f"/inference-profiles/{quote(model, safe='')}")
    except ValueError:
        return [Check(as_action, "bedrock", _arn("foundation-model", model), keys), *guarded]
    arn = profile["inferenceProfileArn"]
    through = {**keys, "bedrock:InferenceProfileArn": arn}
    destinations = [Check(as_action, "bedrock", each["modelArn"], through) for each in profile["models"]]
    return [Check(as_action, "bedrock", arn, keys), *destinations, *guarded]


def checks(simulator: Any, service: str, method: str, body: bytes) -> list[Check]:
    """Returns all checks of the current request, at least one."""
    name, path = operation(service, method, raw_path())
    try:
        given = json.loads(body) if body else {}
    except ValueError:
        given = {}
    given = given if isinstance(given, dict) else {}
    as_action = f"bedrock:{_AUTHORIZED_AS.get(name or '', name)}"
    keys = list(model_kms.checks(simulator, name or "", path, given))
    if service == "bedrock-runtime" and "modelId" in path:
        asked = bedrock_conditions.invocation(name or "", given, header)
        return _invoked(simulator, as_action, path["modelId"], asked) + keys
    resources, tagging = _resources(simulator, name or "", path, given), bedrock_conditions.tagging(given)
    own = [Check(as_action, "bedrock", arn, tagging) for arn in resources]
    return own + _along(name or "", resources, given) + keys


def tags(simulator: Any, arn: str) -> dict[str, str] | None:
    """Returns the tags of a Bedrock resource; None if it does not exist."""
    try:
        found = ask(simulator, "POST", "/listTagsForResource", {"resourceARN": arn})
    except ValueError:
        return None
    return {tag["key"]: tag["value"] for tag in found["tags"]}
