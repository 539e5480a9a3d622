"""Routes: the maps for callers, the profiles that carry their cost, and the policies that teams attach."""

import functools
import json
from typing import Any

import pytest
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.client.route_map import RouteMap
from distillery.core.served_routes import ServedRoutes
from distillery.settings.reading import parse, read
from infra.constructs.layers import served_routes_layer
from tests.policy.templates import as_list
from tests.unit.stacks.assembly import Json, app_of, resources, synthesized, templates

pytestmark = pytest.mark.slow

PROFILES = "AWS::Bedrock::ApplicationInferenceProfile"
PRO = "amazon.nova-pro-v1:0"
TURNED = {"description": "either", "cost_centres": ["shop"]}
POLICIES = "AWS::IAM::ManagedPolicy"


def _maps(template: Json) -> dict[str, RouteMap]:
    parameters = resources(template, "AWS::SSM::Parameter").values()
    told = {p["Name"].partition("/routes/")[2]: _text(p["Value"]) for p in parameters if "/routes/" in p["Name"]}
    return {name: RouteMap.from_json(value) for name, value in told.items()}


def _text(value: Any) -> str:
    """Joins a value as CloudFormation does, with references by their logical ids."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_text, parts))
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
    return str(value)


@functools.cache
def divided() -> Json:
    """Returns dev with a team, two cost centres and a recipe with a fallback."""
    said = read("dev")
    said["routes"]["haiku"] |= {"team": "search", "cost_centres": ["shop", "billing"]}
    said["routes"]["distilled/support"] = {"fallback": ["teacher"]}
    return synthesized(parse(said, "dev"))["serving"]


def test_a_distilled_route_leads_to_the_alias_in_the_home_region() -> None:
    (step,) = _maps(templates("dev")["serving"])["distilled/support"].steps
    assert (step.alias, step.identifier, step.region) == ("/distillery/dev/alias/support", None, "us-east-1")


@pytest.mark.parametrize("environment", ["dev", "launch"])
def test_a_latency_optimized_step_leads_to_the_system_profile(environment: str) -> None:
    step = _maps(templates(environment)["serving"])["fast"].steps[0]
    assert (step.latency, step.identifier, step.probed) == ("optimized", f"us.{step.model}", None)
    assert step.application in resources(templates(environment)["serving"], PROFILES)


def test_a_standard_route_uses_an_application_profile_of_the_system_profile() -> None:
    profiles = resources(templates("dev")["serving"], PROFILES)
    (haiku,) = _maps(templates("dev")["serving"])["haiku"].steps
    made = profiles[str(haiku.identifier)]
    assert made["InferenceProfileName"].startswith("dev-haiku-")
    assert json.dumps(made["ModelSource"]).endswith(':inference-profile/us.anthropic.claude-haiku-5-5"]]}}')
    assert len(profiles) == 4


def test_a_route_pays_for_what_it_falls_back_to_under_its_own_tags() -> None:
    last = _maps(templates("dev")["serving"])["fast"].steps[-1]
    assert last.model == "anthropic.claude-haiku-5-5"
    assert _tags(templates("dev")["serving"], str(last.identifier))["distillery:route"] == "fast"


def test_only_the_invoke_function_reserves_concurrency_and_only_if_configured() -> None:
    stacks = synthesized(parse(read("dev") | {"reserved_concurrency": 7}, "dev"))
    functions = [each for stack in stacks.values() for each in resources(stack, "AWS::Lambda::Function").values()]
    told = [each.get("ReservedConcurrentExecutions") for each in functions]
    assert [number for number in told if number is not None] == [7]
    (function,) = resources(stacks["serving"], "AWS::Lambda::Function").values()
    assert function["ReservedConcurrentExecutions"] == 7
    (function,) = resources(templates("dev")["serving"], "AWS::Lambda::Function").values()
    assert "ReservedConcurrentExecutions" not in function


def test_each_cost_centre_has_a_profile_that_carries_it() -> None:
    (step,) = _maps(divided())["haiku"].steps
    assert list(step.cost_centres) == ["shop", "billing"]
    for centre, profile in step.cost_centres.items():
        assert _tags(divided(), profile).items() >= {
            ("distillery:environment", "dev"),
            ("distillery:route", "haiku"),
            ("distillery:team", "search"),
            ("distillery:cost-centre", centre),
            ("project", "distillery"),
        }
        assert profile in json.dumps(_policy(divided(), "haiku"))
    names = [each["InferenceProfileName"] for each in resources(divided(), PROFILES).values()]
    assert len(set(names)) == len(names) == 7


def _names(said: Json, route: str) -> dict[str, str]:
    """Returns the names of a route's application profiles by their logical ids."""
    found = resources(synthesized(_dev(said))["serving"], PROFILES)
    named = {logical: each["InferenceProfileName"] for logical, each in found.items()}
    return {logical: name for logical, name in named.items() if name.startswith(f"dev-{route}")}


def test_another_model_of_a_route_is_another_profile_under_another_name() -> None:
    said = read("dev")
    (old,) = _names(said, "haiku").items()
    said["routes"]["haiku"]["model"] = "amazon.nova-2-lite-v1:0"
    (new,) = _names(said, "haiku").items()
    assert old[0] != new[0]
    assert old[1] != new[1]


def test_a_policy_that_is_turned_round_changes_no_profile() -> None:
    """CloudFormation creates before it deletes: a name at another location would collide."""
    said = read("dev")
    ways = (PRO, "anthropic.claude-haiku-5-5"), ("anthropic.claude-haiku-5-5", PRO)
    before, after = (
        _names(said | {"routes": said["routes"] | {"turned": {**TURNED, "model": one, "fallback": [other]}}}, "turned")
        for one, other in ways
    )
    assert len(before) == 4  # one per model, and one per model for the shop
    assert before == after


def _dev(said: Json) -> Any:
    return parse(said, "dev")


def _tags(template: Json, profile: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resources(template, PROFILES)[profile]["Tags"]}


def _policy(template: Json, route: str) -> Json:
    found = resources(template, POLICIES).values()
    (policy,) = [each for each in found if each.get("Path") == f"/distillery/dev/routes/{route}/"]
    return policy


def test_a_route_s_policy_never_has_to_be_replaced_for_what_a_person_may_edit() -> None:
    """IAM cannot delete an attached policy, and CloudFormation replaces a policy whose description changes."""
    said = read("dev")
    said["routes"]["fast"] |= {"description": "something else", "team": "search", "fallback": []}
    for template in (templates("dev")["serving"], synthesized(_dev(said))["serving"]):
        assert _policy(template, "fast")["Description"] == "Call the route fast of dev"
        assert "ManagedPolicyName" not in _policy(template, "fast")


def test_a_route_s_policy_reads_its_own_parameter_and_the_aliases_that_it_follows() -> None:
    read_ = json.dumps(
        [s["Resource"] for s in _policy(divided(), "distilled/support")["PolicyDocument"]["Statement"]
         if s["Action"] == ["ssm:GetParameter"]]
    )  # fmt: skip
    assert ":parameter/distillery/dev/routes/distilled/support" in read_
    assert ":parameter/distillery/dev/alias/support" in read_
    assert "*" not in read_


MEASURER = "Read the maps"


def _granted(template: Json, action: str) -> set[tuple[str, str]]:
    """Returns (action, parameter in its Region) of the managed policy whose description starts so."""
    (policy,) = [p for p in resources(template, POLICIES).values() if str(p["Description"]).startswith(action)]
    return {
        (action, _text(arn).partition(":ssm:")[2].replace(":{'Ref': 'AWS::AccountId'}:parameter", ""))
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        if action.startswith("ssm:")
        for arn in as_list(statement["Resource"])
    }


def test_who_measures_reads_what_the_verbs_read_and_writes_no_map() -> None:
    assert _granted(divided(), MEASURER) == {
        ("ssm:GetParameter", "us-east-1/distillery/dev/pipeline"),
        ("ssm:GetParameter", "us-east-2/distillery/dev/serving"),
        ("ssm:GetParameter", "us-east-2/distillery/dev/routes/*"),
        ("ssm:GetParameter", "us-east-2/distillery/dev/probed/*/*"),
        ("ssm:PutParameter", "us-east-2/distillery/dev/probed/fast/*"),
    }


def test_who_asks_reads_and_writes_nothing() -> None:
    read_ = {action for action, _ in _granted(divided(), "Ask the models")}
    assert read_ == {"ssm:GetParameter"}


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"fast": {"latency": "standard", "fallback": []}}, set()),
        ({"haiku": {"fallback": ["fast"]}}, {"fast", "haiku"}),
        ({"distilled/support": {"fallback": ["fast"]}}, {"fast"}),  # the alias says which deployment callers trust
    ],
)
def test_a_finding_is_written_where_a_step_is_optimized_and_never_a_student_s(
    change: dict[str, Json], written: set[str]
) -> None:
    said = read("dev")
    for route, more in change.items():
        said["routes"][route] = said["routes"].get(route, {}) | more
    found = _granted(synthesized(_dev(said))["serving"], MEASURER)
    assert {
        name.partition("/probed/")[2].removesuffix("/*") for action, name in found if action == "ssm:PutParameter"
    } == written


def test_the_announced_system_optimizes_claude_3_5_haiku_in_us_east_2() -> None:
    first, second = _maps(templates("launch")["serving"])["fast"].steps
    assert first.identifier == "us.anthropic.claude-3-5-haiku-20241022-v1:0"
    assert (first.region, first.latency, second.latency) == ("us-east-2", "optimized", "standard")
    assert first.prices is not None
    assert (first.prices.input, first.prices.output) == ("1", "5")


def test_a_vpc_gets_an_endpoint_for_the_runtime_only_where_the_settings_name_it() -> None:
    ids = {"vpc_id": "vpc-0a1b2c3d", "subnet_ids": ["subnet-0a1b2c3d"], "security_group_ids": ["sg-0a1b2c3d"]}
    serving = synthesized(_dev(read("dev") | {"vpc_endpoint": ids}))["serving"]
    (endpoint,) = resources(serving, "AWS::EC2::VPCEndpoint").values()
    assert endpoint["ServiceName"] == "com.amazonaws.us-east-2.bedrock-runtime"
    assert (endpoint["VpcEndpointType"], endpoint["PrivateDnsEnabled"]) == ("Interface", True)
    assert (endpoint["VpcId"], endpoint["SubnetIds"]) == ("vpc-0a1b2c3d", ["subnet-0a1b2c3d"])
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}
    assert not [action for action in statement["Action"] if "*" in action]
    assert not resources(templates("dev")["serving"], "AWS::EC2::VPCEndpoint")


def test_the_function_is_told_the_routes_that_have_a_map_and_reads_no_list_of_them() -> None:
    template = templates("dev")["serving"]
    (layer,) = [name for name in resources(template, "AWS::Lambda::LayerVersion") if "Offer" in name]
    (function,) = resources(template, "AWS::Lambda::Function").values()
    assert {"Ref": layer} in function["Layers"]
    policies = json.dumps(list(resources(template, "AWS::IAM::Policy").values()))
    assert ":parameter/distillery/dev/routes/*" in policies
    assert ":parameter/distillery/dev/serving" not in policies


def test_a_route_for_some_is_told_to_the_function_with_its_principals(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[ServedRoutes] = []

    def made(scope: Construct, ident: str, offer: ServedRoutes) -> lambda_.LayerVersion:
        told.append(offer)
        return served_routes_layer(scope, ident, offer)

    monkeypatch.setattr("infra.stages.serving.served_routes_layer", made)
    said = read("dev")
    said["routes"]["haiku"]["principals"] = ["user/ana"]
    said["routes"]["distilled/support"] = {"principals": ["assumed-role/care/*"]}
    app_of(_dev(said))
    (offer,) = told
    assert {route.name: route.principals for route in offer.routes} == {
        "distilled/support": ("assumed-role/care/*",),
        "fast": None,
        "haiku": ("user/ana",),
        "teacher": None,
    }
