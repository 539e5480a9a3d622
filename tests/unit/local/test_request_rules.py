"""The catalog's rules of requests and the simulator's own are of one mind, though neither reads the other's."""

import itertools
from decimal import Decimal
from typing import Any

import pytest

from bedrock_simulator import errors
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.catalog.model_limits import limits_of
from bedrock_simulator.runtime.sampling import check_sampling
from distillery.core import catalog
from distillery.core.inference import inference_config, refusals

BOTH = sorted(set(supported_models.MODELS) & {model.id for model in catalog.models()})
VALUES: dict[str, tuple[Any, ...]] = {
    "temperature": (None, 0, 0.0, 0.5, 1, 1.0),
    "top_p": (None, 0.1, 0.98, 0.99, 1.0),
    "top_k": (None, 1, 40),
}


def is_refused(model: str, **request: Any) -> bool:
    try:
        check_sampling(limits_of(supported_models.MODELS[model]), **request)
    except errors.ModelValidationError:
        return True
    return False


def test_every_model_of_the_simulator_has_rules() -> None:
    assert len(BOTH) > 10
    assert [model for model in BOTH if catalog.model(model).requests is None] == []


@pytest.mark.parametrize("model", BOTH)
def test_both_refuse_the_same_values(model: str) -> None:
    for values in itertools.product(*VALUES.values()):
        request = dict(zip(VALUES, values, strict=True))
        assert bool(list(refusals(model, **request))) == is_refused(model, **request), request


@pytest.mark.parametrize("model", BOTH)
def test_both_know_the_same_limits(model: str) -> None:
    rules, limits = catalog.model(model).requests, limits_of(supported_models.MODELS[model])
    assert rules is not None
    assert (rules.output_tokens, rules.prefill) == (limits.output, limits.prefill)
    assert rules.thinks == supported_models.MODELS[model].returns_reasoning


@pytest.mark.parametrize("model", BOTH)
def test_what_an_evaluation_sends_is_refused_by_neither(model: str) -> None:
    config = inference_config(model, 40)
    assert not is_refused(model, temperature=config.get("temperature"))
    assert config["maxTokens"] <= limits_of(supported_models.MODELS[model]).output
    assert list(refusals(model, max_tokens=config["maxTokens"], temperature=config.get("temperature"))) == []


def test_haiku_5_5_takes_temperature_one_or_none() -> None:
    rules = catalog.model("anthropic.claude-haiku-5-5").requests
    assert rules is not None
    assert (rules.temperature, rules.least_top_p, rules.top_k, rules.prefill) == (
        Decimal(1),
        Decimal("0.99"),
        False,
        False,
    )
    assert "temperature" not in inference_config("anthropic.claude-haiku-5-5", 64)
