"""Routes: what callers are told, and which of them have an application profile."""

import json
from typing import Any

import pytest

from tests.unit.stacks.assembly import resources, templates


def _routes(environment: str) -> dict[str, Any]:
    parameters = resources(templates(environment)["serving"], "AWS::SSM::Parameter").values()
    prefix = f"/distillery/{environment}/routes/"
    return {p["Name"].removeprefix(prefix): p["Value"] for p in parameters if p["Name"].startswith(prefix)}


def test_a_distilled_route_leads_to_the_alias_in_the_home_region() -> None:
    assert json.loads(_routes("dev")["distilled/support"]) == {
        "route": "distilled/support",
        "latency": "standard",
        "kind": "alias",
        "alias": "/distillery/dev/alias/support",
        "region": "us-east-1",
    }


@pytest.mark.parametrize("environment", ["dev", "launch"])
def test_a_latency_optimized_route_leads_to_the_system_profile(environment: str) -> None:
    told = json.loads(_routes(environment)["fast"])
    assert told["latency"] == "optimized"
    assert told["identifier"] == f"us.{told['model']}"


def test_a_standard_route_leads_to_an_application_profile_made_from_the_system_profile() -> None:
    profiles = resources(templates("dev")["serving"], "AWS::Bedrock::ApplicationInferenceProfile")
    named = {profile["InferenceProfileName"]: profile for profile in profiles.values()}
    (haiku,) = [profile for name, profile in named.items() if name.startswith("dev-haiku-")]
    assert json.dumps(haiku["ModelSource"]).endswith(':inference-profile/us.anthropic.claude-haiku-5-5"]]}}')
    assert "InferenceProfileArn" in json.dumps(_routes("dev")["haiku"])
    assert len(profiles) == 2
