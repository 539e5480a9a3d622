"""No operation accepts an ARN of another Region or account."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bedrock_simulator.settings import Quotas
from simulator_support.fakes import ACCOUNT, World, job, say
from test_batch_jobs import batch
from test_evaluation_jobs import JUDGED, evaluation
from test_foundation_models import profile

PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0:128k"
HERE, WEST, OTHER = ("us-east-1", ACCOUNT), ("us-west-2", ACCOUNT), ("us-east-1", "9" * 12)
Place = tuple[str, str]


def routed(place: Place) -> str:
    region, account = place
    return f"arn:aws:bedrock:{region}:{account}:inference-profile/us.{PRO}"


def model(place: Place, name: str = PRO) -> str:
    return f"arn:aws:bedrock:{place[0]}::foundation-model/{name}"


def units(world: World, arn: str) -> Any:
    requested = {"provisionedModelName": "live", "modelUnits": 1}
    return world.client().create_provisioned_model_throughput(modelId=arn, **requested)


CALLS: dict[str, Callable[[World, Place], Any]] = {
    "teacher by profile": lambda w, at: w.client().create_model_customization_job(**job(teacher=routed(at))),
    "teacher": lambda w, at: w.client().create_model_customization_job(**job(teacher=model(at))),
    "student": lambda w, at: w.client().create_model_customization_job(**job(baseModelIdentifier=model(at, MICRO))),
    "judge by profile": lambda w, at: w.client().create_evaluation_job(**evaluation(JUDGED, judge=routed(at))),
    "judge": lambda w, at: w.client().create_evaluation_job(**evaluation(JUDGED, judge=model(at))),
    "batch by profile": lambda w, at: w.client().create_model_invocation_job(**batch(modelId=routed(at))),
    "batch": lambda w, at: w.client().create_model_invocation_job(**batch(modelId=model(at))),
    "application profile of a profile": lambda w, at: profile(w, routed(at)),
    "application profile": lambda w, at: profile(w, model(at)),
    "throughput": lambda w, at: units(w, model(at, MICRO)),
    "looked up": lambda w, at: w.client().get_foundation_model(modelIdentifier=model(at)),
    "profile looked up": lambda w, at: w.client().get_inference_profile(inferenceProfileIdentifier=routed(at)),
    "called by profile": lambda w, at: say(w, routed(at), "hello"),
    "called": lambda w, at: say(w, model(at), "hello"),
}
OF_AN_ACCOUNT = {name for name in CALLS if "profile" in name and name != "application profile"}


@pytest.mark.parametrize("name", CALLS)
def test_it_is_found_where_it_is(name: str) -> None:
    assert CALLS[name](World(quotas=Quotas(model_units=1)), HERE)


@pytest.mark.parametrize(
    ("name", "place"),
    [*((name, WEST) for name in CALLS), *((name, OTHER) for name in sorted(OF_AN_ACCOUNT))],
)
def test_it_is_refused_elsewhere(name: str, place: Place) -> None:
    with pytest.raises(
        ClientError, match=r"is not in us-east-1|not exist|invalid|evaluator model|no inference profile"
    ):
        CALLS[name](World(quotas=Quotas(model_units=1)), place)
