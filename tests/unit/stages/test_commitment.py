"""A commitment in the templates: the functions that create live endpoints or check runs know of it, and no other."""

import json
from datetime import date

import pytest

from distillery.settings.reading import parse, read
from tests.policy.synthesis import synthesized

pytestmark = pytest.mark.slow


def test_live_endpoints_and_the_check_of_a_run_know_the_commitment() -> None:
    told = read("dev")
    support = told["recipes"]["support"] | {
        "hosting": "provisioned",
        "unit_price_usd_per_hour": 20,
        "model_units": 2,
        "commitment": "six-months",
        "commitment_acknowledged": date(2026, 11, 23),
    }
    templates = synthesized(parse(told | {"recipes": {"support": support}}, "dev"))
    found = {
        each.id: json.loads(each.properties["Environment"]["Variables"]["COMMITMENTS"])
        for each in templates.resources("AWS::Lambda::Function")
        if "COMMITMENTS" in each.properties.get("Environment", {}).get("Variables", {})
    }
    assert len(found) == 2, found
    assert {name.partition("Function")[0] for name in found} == {"Distillation", "Promotion"}
    for commitments in found.values():
        ((name, commitment),) = commitments.items()
        assert name.startswith("dev-support-live-")
        assert commitment == {"term": "six-months", "acknowledged": "2026-11-23", "units": 2}
