"""Provisioned Throughput: billed by the hour until deleted, under a commitment at least until its term ends.

Source: UG prov-throughput; botocore 1.44.5.
"""

from collections.abc import Iterator
from typing import Any

from distillery.core.hosting.hosting import EndpointRequest, Hosted, Hosting, State
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Endpoint
from distillery.core.recipe_options import CommitmentTerm
from distillery.core.redaction import redacted_message

STATES = {
    "Creating": State.CREATING,
    "InService": State.SERVING,
    "Updating": State.UPDATING,
    "Failed": State.FAILED,
}
DURATIONS = {
    CommitmentTerm.ONE_MONTH: "OneMonth",
    CommitmentTerm.SIX_MONTHS: "SixMonths",
}
UNTIL_UPDATED = {State.SERVING: State.UPDATING, State.FAILED: State.UPDATE_FAILED}


class Throughput(Hosting):
    mode = HostingMode.PROVISIONED

    def _get(self, name: str) -> Hosted:
        answer = self._bedrock.get_provisioned_model_throughput(provisionedModelId=name)
        serving, wanted = answer["modelArn"], answer["desiredModelArn"]
        state = STATES[answer["status"]]
        return Hosted(
            endpoint=self._endpoint(answer["provisionedModelArn"], answer["provisionedModelName"]),
            model_arn=serving,
            wanted_arn=wanted,
            # "This value differs from the modelArn if updating hasn't completed" (GetProvisionedModelThroughput)
            state=state if serving == wanted else UNTIL_UPDATED.get(state, state),
            failure=redacted_message(answer.get("failureMessage", ""), "its failureMessage"),
        )

    def _create(self, wanted: EndpointRequest) -> Endpoint:
        answer = self._bedrock.create_provisioned_model_throughput(
            provisionedModelName=wanted.name,
            modelId=wanted.model_arn,
            modelUnits=wanted.recipe.model_units,
            tags=wanted.tags,
            clientRequestToken=wanted.token,
            **_duration(wanted.commitment),
        )
        return self._endpoint(answer["provisionedModelArn"], wanted.name)

    def _update(self, endpoint: Endpoint, model_arn: str) -> object:
        return self._bedrock.update_provisioned_model_throughput(
            provisionedModelId=endpoint.arn, desiredModelId=model_arn
        )

    def _delete(self, name: str) -> object:
        return self._bedrock.delete_provisioned_model_throughput(provisionedModelId=name)

    def _list(self, part: str) -> Iterator[Endpoint]:
        for page in self._bedrock.get_paginator("list_provisioned_model_throughputs").paginate(nameContains=part):
            for item in page.get("provisionedModelSummaries", []):
                yield self._endpoint(item["provisionedModelArn"], item["provisionedModelName"])


def _duration(commitment: CommitmentTerm | None) -> dict[str, Any]:
    """The argument of the request: without it, the service takes no commitment."""
    return {"commitmentDuration": DURATIONS[commitment]} if commitment else {}
