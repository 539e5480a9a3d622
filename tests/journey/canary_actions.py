"""What the role of canaries tries on endpoints: of its own and of another environment, recipe or kind."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN
from tests.journey.actions import ROUTE, Operation
from tests.journey.environment import RECIPE
from tests.journey.policies import resource
from tests.journey.tagged_resources import OURS, TaggedResources

ANOTHER = "another"
"""A recipe without a canary."""
RUN = f"{RECIPE}-aaaaa-bbbbbbbb-1"
CREATED = {TAG_ENVIRONMENT: OURS, TAG_RECIPE: RECIPE, TAG_RUN: RUN}
"""The tags of a canary at its creation."""
LET_IN = {TAG_ENVIRONMENT: OURS, TAG_ROUTE: ROUTE}
"""The tags that let callers in to it."""


def create(whose: str = OURS, *, recipe: str = RECIPE, says: Mapping[str, str] = CREATED) -> Operation:
    """Deploys a model of that environment and recipe, with the tags that it `says`."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        model = made.models[whose]
        _root(made).tag_resource(resourceARN=model, tags=_pairs({TAG_RECIPE: recipe}))
        asked = {"modelDeploymentName": made.name(), "modelArn": model, "tags": _pairs(says)}
        made.delete(bedrock.create_custom_model_deployment(**asked)["customModelDeploymentArn"])

    return operation


def tag(says: Mapping[str, str], *, has: Mapping[str, str] = CREATED) -> Operation:
    """Tags an endpoint that `has` these tags with those that it `says`."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        with _endpoint(made, has) as arn:
            bedrock.tag_resource(resourceARN=arn, tags=_pairs(says))

    return operation


def delete(has: Mapping[str, str] = CREATED) -> Operation:
    """Deletes an endpoint that `has` these tags."""

    def operation(made: TaggedResources, bedrock: Any) -> None:
        with _endpoint(made, has) as arn:
            bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)

    return operation


def read(made: TaggedResources, bedrock: Any) -> None:
    """Asks whether an endpoint serves."""
    with _endpoint(made, CREATED) as arn:
        bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)


def find(_made: TaggedResources, bedrock: Any) -> None:
    """Looks for the endpoint of an earlier attempt."""
    bedrock.list_custom_model_deployments()


def write_alias(made: TaggedResources, ssm: Any) -> None:
    name = made.environment.names.alias(RECIPE)
    ssm.put_parameter(Name=name, Value="{}", Type="String")
    made.environment.client("ssm").delete_parameter(Name=name)


def read_alias(made: TaggedResources, ssm: Any) -> None:
    """An alias that does not exist, since no run of this deployment goes live."""
    with contextlib.suppress(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name=made.environment.names.alias(RECIPE))


def read_metrics(made: TaggedResources, cloudwatch: Any) -> None:
    stat = {"Metric": {"Namespace": "AWS/Bedrock", "MetricName": "Invocations"}, "Period": 60, "Stat": "Sum"}
    cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "calls", "MetricStat": stat}], StartTime=0, EndTime=60)


def write_ledger(made: TaggedResources, dynamodb: Any) -> None:
    """Changes an item, which it thereby creates."""
    item = {"TableName": str(made.environment.outputs["ledger"]), "Key": {k: {"S": made.name()} for k in ("pk", "sk")}}
    dynamodb.update_item(**item)
    made.environment.client("dynamodb").delete_item(**item)


def notify(made: TaggedResources, sns: Any) -> None:
    sns.publish(TopicArn=resource(made.environment, "foundation", "Topic"), Message="a canary")


def but(has: Mapping[str, str], **changed: str | None) -> dict[str, str]:
    """These tags, changed: `recipe` is `distillery:recipe`. None takes one away."""
    found = {**has, **{f"distillery:{word}": value for word, value in changed.items()}}
    return {key: value for key, value in found.items() if value is not None}


@contextlib.contextmanager
def _endpoint(made: TaggedResources, has: Mapping[str, str]) -> Iterator[str]:
    with made.deployment(has[TAG_ENVIRONMENT]) as arn:
        _root(made).tag_resource(resourceARN=arn, tags=_pairs(has))
        yield arn


def _root(made: TaggedResources) -> Any:
    return made.environment.client("bedrock")


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
