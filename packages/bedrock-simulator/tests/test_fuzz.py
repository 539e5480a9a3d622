"""Whatever is requested, the simulator answers as the service would: never a 5xx, never outside of the output's shape.

An answer that does not fit its shape raises `ContractError` inside the simulator, so that it fails here by itself.
"""

import contextlib
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError, ParamValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bedrock_simulator.control_plane.dispatch import CONTROL
from bedrock_simulator.ports import Request
from bedrock_simulator.protocol.service_model import operations
from bedrock_simulator.runtime.dispatch import RUNTIME
from simulator_support.fakes import ACCOUNT, World, distilled
from simulator_support.shape_strategies import Known, request
from simulator_support.thoroughness import cases

OFFERED = [("bedrock", name) for name in CONTROL] + [("bedrock-runtime", name) for name in RUNTIME]
COMMON = {"ValidationException", "AccessDeniedException", "ThrottlingException", "UnknownOperationException"}
"""Codes that a service may answer with to any call (API Reference, common errors)."""


def model_of(service: str, operation: str) -> Any:
    return next(one.model for one in operations(service) if one.name == operation)


@cache
def peopled() -> tuple[World, Known]:
    """A world with most kinds of resources, and their names."""
    world = World()
    model = distilled(world)
    bedrock = world.client()
    deployment = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    profile = bedrock.create_inference_profile(
        inferenceProfileName="team",
        modelSource={"copyFrom": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-pro-v1:0"},
    )
    world.pass_time(20)
    job = bedrock.list_model_customization_jobs()["modelCustomizationJobSummaries"][0]["jobArn"]
    deployed, profiled = deployment["customModelDeploymentArn"], profile["inferenceProfileArn"]
    models = ["amazon.nova-micro-v1:0", "us.amazon.nova-pro-v1:0", "anthropic.claude-haiku-5-5", deployed, profiled]
    students = ["amazon.nova-micro-v1:0:128k", "amazon.nova-pro-v1:0", model]
    return world, {
        "jobIdentifier": [job],
        "modelIdentifier": students,
        "baseModelIdentifier": students,
        "teacherModelIdentifier": ["us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"],
        "modelArn": [model],
        "modelId": models,
        "customModelDeploymentIdentifier": [deployed, "live"],
        "inferenceProfileIdentifier": [profiled, "us.amazon.nova-pro-v1:0"],
        "resourceARN": [job, model, deployed, profiled],
    }


def spoken(refused: ClientError, declared: set[str]) -> None:
    """An error with a message of the service."""
    assert refused.response["ResponseMetadata"]["HTTPStatusCode"] < 500, refused
    assert refused.response["Error"]["Code"] in declared, refused
    assert refused.response["Error"]["Message"], refused


@pytest.mark.parametrize(("service", "name"), OFFERED)
def test_a_request_of_the_models_shape_is_answered_or_refused_in_the_services_words(service: str, name: str) -> None:
    world, known = peopled()
    model = model_of(service, name)
    declared = {shape.name for shape in model.error_shapes} | COMMON

    @settings(max_examples=cases(40), deadline=None, suppress_health_check=list(HealthCheck))
    @given(request(model.input_shape, known))
    def ask(params: dict[str, Any]) -> None:
        client = world.client(service)
        call = getattr(client, next(method for method, op in client.meta.method_to_api_mapping.items() if op == name))
        try:
            answer = call(**params)
            with contextlib.suppress(EventStreamError):
                list(answer.get("stream", ()))
        except ParamValidationError:  # botocore's own error: nothing was sent
            return
        except ClientError as refused:
            spoken(refused, declared)

    ask()


@settings(max_examples=cases(300), deadline=None)
@given(
    st.sampled_from(OFFERED),
    st.binary(max_size=60) | st.sampled_from([b"[]", b"null", b"{", b'{"a":' * 99, b"\xff", b'"x"', b"1e999"]),
    st.dictionaries(st.sampled_from(["maxResults", "nextToken", "sortBy", "modelId"]), st.text(max_size=8)),
    st.text(max_size=12),
)
def test_bytes_that_are_no_request_at_all_are_refused(
    offered: tuple[str, str], body: bytes, query: dict[str, str], part: str
) -> None:
    world, _ = peopled()
    operation = next(one for one in operations(offered[0]) if one.name == offered[1])
    uri = operation.model.http["requestUri"].split("?")[0]
    path = "/".join(part.replace("/", "") or "x" if piece.startswith("{") else piece for piece in uri.split("/"))
    answer = world.bedrock.handle(
        Request(offered[0], ACCOUNT, "us-east-1", operation.method, path, query, {}, body, "")
    )
    assert answer.status < 500, answer.body
