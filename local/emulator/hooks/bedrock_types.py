"""Adds application inference profiles to CloudFormation.

AWS: `AWS::Bedrock::ApplicationInferenceProfile`; everything but Tags is replacement
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-bedrock-applicationinferenceprofile.html).
ministack: refuses the template, because it knows no type of Bedrock.
Patch: the type is registered, and calls the simulator's API.
"""

from typing import Any
from urllib.parse import quote

from ministack.services.cloudformation import provisioners

from local.emulator.simulator import Simulator, ask

PROFILE = "AWS::Bedrock::ApplicationInferenceProfile"
_KEPT = ("InferenceProfileName", "Description", "ModelSource")

Properties = dict[str, Any]


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in properties.get("Tags", [])]


def _attributes(profile: dict[str, Any]) -> dict[str, Any]:
    return {
        "InferenceProfileArn": profile["inferenceProfileArn"],
        "InferenceProfileId": profile["inferenceProfileId"],
        "InferenceProfileIdentifier": profile["inferenceProfileArn"],
        "Status": profile["status"],
        "Type": profile["type"],
        "CreatedAt": str(profile["createdAt"]),
        "UpdatedAt": str(profile["updatedAt"]),
        "Models": [{"ModelArn": model["modelArn"]} for model in profile["models"]],
    }


def install(simulator: Simulator) -> None:
    """Registers the type."""

    def read(profile: str) -> dict[str, Any]:
        return ask(simulator, "GET", f"/inference-profiles/{quote(profile, safe='')}")

    def create(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, dict[str, Any]]:
        body = {
            "inferenceProfileName": properties["InferenceProfileName"],
            "modelSource": {"copyFrom": properties["ModelSource"]["CopyFrom"]},
        }
        body |= {"description": properties["Description"]} if "Description" in properties else {}
        body |= {"tags": _tags(properties)} if properties.get("Tags") else {}
        profile = read(ask(simulator, "POST", "/inference-profiles", body)["inferenceProfileArn"])
        return profile["inferenceProfileId"], _attributes(profile)

    def delete(profile: str, _properties: Properties) -> None:
        ask(simulator, "DELETE", f"/inference-profiles/{quote(profile, safe='')}")

    def update(profile: str, old: Properties, new: Properties, stack: str) -> tuple[str, dict[str, Any]]:
        if any(old.get(name) != new.get(name) for name in _KEPT):
            replaced = create("", new, stack)
            delete(profile, old)
            return replaced
        found = read(profile)
        gone = {tag["key"] for tag in _tags(old)} - {tag["key"] for tag in _tags(new)}
        resource = {"resourceARN": found["inferenceProfileArn"]}
        if gone:
            ask(simulator, "POST", "/untagResource", resource | {"tagKeys": sorted(gone)})
        if new.get("Tags"):
            ask(simulator, "POST", "/tagResource", resource | {"tags": _tags(new)})
        return profile, _attributes(found)

    provisioners._RESOURCE_HANDLERS[PROFILE] = {"create": create, "update": update, "delete": delete}
