"""Custom model deployments: on demand, billed by the token.

Source: UG deploy-custom-model-on-demand; botocore 1.44.5.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from distillery.core.hosting.hosting import EndpointRequest, Hosted, Hosting, State
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Endpoint
from distillery.core.redaction import redacted_message

if TYPE_CHECKING:
    from mypy_boto3_bedrock.type_defs import GetCustomModelDeploymentResponseTypeDef

STATES = {"Creating": State.CREATING, "Active": State.SERVING, "Failed": State.FAILED}
UPDATES = {"Updating": State.UPDATING, "UpdateFailed": State.UPDATE_FAILED}


class Deployments(Hosting):
    mode = HostingMode.ON_DEMAND

    def _get(self, name: str) -> Hosted:
        answer = self._bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=name)
        serving = answer["modelArn"]
        state = _state(answer)
        unfinished = state in (State.UPDATING, State.UPDATE_FAILED)
        return Hosted(
            endpoint=self._endpoint(answer["customModelDeploymentArn"], answer["modelDeploymentName"]),
            model_arn=serving,
            wanted_arn=answer["updateDetails"]["modelArn"] if unfinished else serving,
            state=state,
            failure=redacted_message(answer.get("failureMessage", ""), "its failureMessage"),
        )

    def _create(self, wanted: EndpointRequest) -> Endpoint:
        answer = self._bedrock.create_custom_model_deployment(
            modelDeploymentName=wanted.name,
            modelArn=wanted.model_arn,
            description=f"Distillery, recipe {wanted.recipe.name}",
            tags=wanted.tags,
            clientRequestToken=wanted.token,
        )
        return self._endpoint(answer["customModelDeploymentArn"], wanted.name)

    def _update(self, endpoint: Endpoint, model_arn: str) -> object:
        return self._bedrock.update_custom_model_deployment(
            customModelDeploymentIdentifier=endpoint.arn, modelArn=model_arn
        )

    def _delete(self, name: str) -> object:
        return self._bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=name)

    def _list(self, part: str) -> Iterator[Endpoint]:
        for page in self._bedrock.get_paginator("list_custom_model_deployments").paginate(nameContains=part):
            for item in page.get("modelDeploymentSummaries", []):
                yield self._endpoint(item["customModelDeploymentArn"], item["customModelDeploymentName"])


def _state(answer: "GetCustomModelDeploymentResponseTypeDef") -> State:
    """The state of a deployment. An update has a status of its own."""
    state = STATES[answer["status"]]
    update = answer.get("updateDetails", {}).get("updateStatus", "")
    return UPDATES.get(update, state) if state is State.SERVING else state
