"""Before its first day, the service has no such operation, field or value."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane.dispatch import CONTROL
from bedrock_simulator.protocol import service_model
from bedrock_simulator.runtime.dispatch import RUNTIME
from simulator_support.fakes import World, job, say

SERVICES = ("bedrock", "bedrock-runtime")
SHAPES = {o.name: o.model.input_shape for service in SERVICES for o in service_model.operations(service)}


def shape_at(operation: str, path: str) -> Any:
    shape: Any = SHAPES[operation]
    for name in path.split("."):
        shape = shape.member if shape.type_name == "list" else shape
        shape = shape.members[name]
    return shape


@pytest.mark.parametrize("operation", [*CONTROL, *RUNTIME])
def test_every_operation_has_a_first_day(operation: str) -> None:
    first = availability.OPERATION_DATES[operation]
    availability.check_operation(operation, first)
    with pytest.raises(errors.ServiceError, match="is not an operation of Bedrock on") as refusal:
        availability.check_operation(operation, first - timedelta(days=1))
    assert (refusal.value.code, refusal.value.status) == ("UnknownOperationException", 404)


def test_the_service_itself_refuses_what_is_not_yet_there() -> None:
    world = World(datetime(2025, 7, 15, tzinfo=UTC))
    with pytest.raises(ClientError, match="UnknownOperationException"):
        world.client().list_custom_model_deployments()
    world.clock.forward(days=1)
    assert world.client().list_custom_model_deployments()["modelDeploymentSummaries"] == []


@pytest.mark.parametrize(
    ("operation", "path"),
    [(name, path) for name in availability.FIELD_DATES for path in availability.FIELD_DATES[name]],
)
def test_every_dated_field_is_one_of_the_service(operation: str, path: str) -> None:
    assert shape_at(operation, path)


@pytest.mark.parametrize(("operation", "field"), availability.VALUE_DATES)
def test_every_dated_value_is_one_of_its_enum(operation: str, field: str) -> None:
    assert set(availability.VALUE_DATES[operation, field]) <= set(shape_at(operation, field).metadata["enum"])


FINE_TUNING = {"customizationType": "FINE_TUNING", "customizationConfig": None}


@pytest.mark.parametrize(
    ("on", "changes", "message"),
    [
        (date(2024, 12, 2), {}, "customizationConfig is not a parameter .*Value 'DISTILLATION' at 'customizationType'"),
        (date(2025, 12, 2), {"customizationType": "REINFORCEMENT_FINE_TUNING"}, "Value 'REINFORCEMENT_FINE_TUNING'"),
    ],
)
def test_fields_and_values_of_a_later_day_are_refused(on: date, changes: dict[str, Any], message: str) -> None:
    world = World(datetime(on.year, on.month, on.day, tzinfo=UTC))
    with pytest.raises(ClientError, match=message):
        world.client().create_model_customization_job(**job(**changes))


def test_a_field_in_a_list_has_its_day_too() -> None:
    requested = {"inferenceConfig": {"models": [{"precomputedInferenceSource": {"inferenceSourceIdentifier": "a"}}]}}
    availability.check_fields("CreateEvaluationJob", requested, date(2025, 3, 25))
    with pytest.raises(errors.ServiceError, match="precomputedInferenceSource is not a parameter"):
        availability.check_fields("CreateEvaluationJob", requested, date(2025, 3, 24))


@pytest.mark.parametrize(
    ("on", "changes", "message"),
    [
        (date(2024, 12, 2), {"requestMetadata": {"k": "v"}}, "requestMetadata is not a parameter of Converse on"),
        (date(2025, 11, 17), {"serviceTier": {"type": "default"}}, "serviceTier is not a parameter of Converse on"),
        (date(2025, 11, 25), {"serviceTier": {"type": "reserved"}}, "Value 'reserved' at 'serviceTier.type'"),
        (date(2025, 11, 26), {"serviceTier": {"type": "reserved"}}, "The service tier reserved is not supported for"),
        (date(2026, 2, 3), {"outputConfig": {}}, "outputConfig is not a parameter of Converse on"),
    ],
)
def test_the_runtime_has_no_field_or_value_of_a_later_day(on: date, changes: dict[str, Any], message: str) -> None:
    world = World(datetime(on.year, on.month, on.day, tzinfo=UTC))
    with pytest.raises(ClientError, match=message):
        say(world, "us.anthropic.claude-3-5-haiku-20241022-v1:0", "hello", region="us-west-2", **changes)


@pytest.mark.parametrize(
    ("on", "field"),
    [(date(2025, 11, 17), "serviceTier"), (date(2024, 12, 1), "performanceConfigLatency"),
     (date(2026, 5, 19), "requestMetadata")],
)  # fmt: skip
def test_the_headers_of_invoke_model_have_first_days_of_their_own(on: date, field: str) -> None:
    availability.check_fields("InvokeModel", {field: "x"}, on + timedelta(days=1))
    with pytest.raises(errors.ServiceError, match=f"{field} is not a parameter of InvokeModel"):
        availability.check_fields("InvokeModel", {field: "x"}, on)
