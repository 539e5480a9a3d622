"""The stacks, their Regions, and what is retained when they are deleted."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from distillery.settings import Settings, load
from tests.assemblies import assembly_of
from tests.policy.sizes import length
from tests.unit.stacks.assembly import DAYS, ROOT, app_of, resources, synthesized, templates

pytestmark = pytest.mark.slow

HOME = ("foundation", "pipeline", "teardown", "telemetry")
INFERENCE = ("foundation-inference", "serving", "telemetry-inference")
LOGGED = {"staging": {"collection"}, "prod": {"collection"}}
STATEFUL = {
    "AWS::DynamoDB::Table": {"LedgerTable9343E4AA"},
    "AWS::KMS::Key": {"Key9BCD29C7"},
    "AWS::S3::Bucket": {"AccessLogsBucketCD784A59", "DataBucketE6B0FAA8", "PromptsBucketC8F33F2C"},
}


@pytest.mark.parametrize("environment", DAYS)
def test_every_environment_has_its_stacks_and_keeps_every_rule(environment: str) -> None:
    assert set(templates(environment)) == {*HOME, *INFERENCE, *LOGGED.get(environment, ())}


def test_stacks_are_in_the_regions_and_the_account_of_the_settings() -> None:
    settings = load("prod", on=DAYS["prod"])
    for stack in assembly_of(settings).stacks:
        part = stack.name.removeprefix("distillery-prod-")
        region = settings.home_region if part in HOME else settings.inference_region
        assert (stack.account, stack.region) == (settings.account, region), part


def test_an_environment_without_an_account_goes_where_the_credentials_are() -> None:
    accounts = {stack.account for stack in assembly_of(load("dev", on=DAYS["dev"])).stacks}
    assert accounts == {"unknown-account"}


def test_one_region_for_everything_needs_no_stacks_of_its_own_for_inference() -> None:
    dev = load("dev", on=DAYS["dev"])
    one = dev.model_copy(update={"inference_region": dev.home_region})
    assert set(synthesized(one)) == {*HOME, "serving"}


def test_nothing_crosses_a_region_but_names() -> None:
    for part, template in templates("dev").items():
        own = "us-east-1" if part in HOME else "us-east-2"
        read = [value["Region"] for value in _get_stack_output(template)]
        assert set(read) <= {own}, part
        assert "Fn::ImportValue" not in json.dumps(template), part
        assert not any("Export" in output for output in template.get("Outputs", {}).values()), part


def _get_stack_output(value: object) -> list[dict[str, str]]:
    if isinstance(value, dict):
        own = [value["Fn::GetStackOutput"]] if "Fn::GetStackOutput" in value else []
        return own + [found for each in value.values() for found in _get_stack_output(each)]
    return [found for each in value for found in _get_stack_output(each)] if isinstance(value, list) else []


@pytest.mark.parametrize("environment", DAYS)
@pytest.mark.parametrize("kind", STATEFUL)
def test_logical_ids_of_what_holds_data_never_change(environment: str, kind: str) -> None:
    assert set(resources(templates(environment)["foundation"], kind)) == STATEFUL[kind]


@pytest.mark.parametrize("environment", DAYS)
@pytest.mark.parametrize("kind", STATEFUL)
def test_data_outlives_its_stack_where_the_settings_say_so(environment: str, kind: str) -> None:
    wanted = "Retain" if load(environment, on=DAYS[environment]).keep_data else "Delete"
    found = [r for r in templates(environment)["foundation"]["Resources"].values() if r["Type"] == kind]
    assert found
    assert {(r["DeletionPolicy"], r["UpdateReplacePolicy"]) for r in found} == {(wanted, wanted)}


@pytest.mark.parametrize("environment", DAYS)
def test_buckets_are_emptied_only_where_no_data_is_kept(environment: str) -> None:
    foundation = templates(environment)["foundation"]
    keep = load(environment, on=DAYS[environment]).keep_data
    assert len(resources(foundation, "Custom::EmptiedBucket")) == (0 if keep else 3)
    tagged = [b for b in resources(foundation, "AWS::S3::Bucket").values() if "emptied-on-delete" in json.dumps(b)]
    assert len(tagged) == (0 if keep else 3)


def test_termination_protection_follows_the_settings() -> None:
    for environment in ("dev", "prod"):
        settings = load(environment, on=DAYS[environment])
        stacks = assembly_of(settings).stacks
        assert {stack.protected for stack in stacks} == {settings.termination_protection}


def test_everything_that_takes_tags_carries_those_of_its_cost() -> None:
    taggable = (
        "AWS::S3::Bucket",
        "AWS::Lambda::Function",
        "AWS::KMS::Key",
        "AWS::Bedrock::ApplicationInferenceProfile",
    )
    for template in templates("dev").values():
        for kind in taggable:
            for name, properties in resources(template, kind).items():
                tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
                assert tags.items() >= {"distillery:environment": "dev", "project": "distillery"}.items(), name


def test_the_same_settings_give_the_same_templates() -> None:
    """What is stored is what the CDK gives now."""
    settings = load("dev", on=DAYS["dev"])
    now = app_of(settings).synth().stacks
    assert [stack.template for stack in now] == [stack.template for stack in assembly_of(settings).stacks]


def test_no_template_tells_where_or_with_what_it_was_made() -> None:
    text = json.dumps(templates("dev"))
    assert str(ROOT) not in text
    assert "AWS::CDK::Metadata" not in text


@pytest.mark.parametrize("part", [*HOME, *INFERENCE])
def test_compiled_packages_go_to_the_function_that_validates_alone(part: str) -> None:
    template = templates("dev")[part]
    wheels = {name for name in resources(template, "AWS::Lambda::LayerVersion") if "Wheels" in name}
    assert len(wheels) == (1 if part == "pipeline" else 0)
    for name, function in resources(template, "AWS::Lambda::Function").items():
        layers = {layer["Ref"] for layer in function["Layers"]}
        assert bool(layers & wheels) == (function["Handler"] == "lambdas.dataset.handler.receive"), name


def test_recipes_add_a_budget_and_their_routes_parameter_and_policy_only(fifty: Settings) -> None:
    dev, many = templates("dev"), synthesized(fifty)
    more = {part: len(many[part]["Resources"]) - len(dev[part]["Resources"]) for part in dev}
    assert more == dict.fromkeys(dev, 0) | {"serving": 98, "telemetry": 49}


def test_policies_stay_within_the_limits_of_iam_with_fifty_recipes(fifty: Settings) -> None:
    """A role's inline policies have 10,240 characters, a managed policy 6,144 (IAM guide, reference_iam-quotas)."""
    for template in synthesized(fifty).values():
        for kind, limit in (("AWS::IAM::Policy", 10_240), ("AWS::IAM::ManagedPolicy", 6_144)):
            for name, properties in resources(template, kind).items():
                assert length(properties["PolicyDocument"]) < limit, name


@pytest.fixture
def fifty() -> Settings:
    """Returns dev with its recipe fifty times."""
    dev = load("dev", on=DAYS["dev"])
    (recipe,), route = dev.recipes.values(), dev.routes["distilled/support"]
    names = [f"support-{n}" for n in range(50)]
    recipes = {name: replace(recipe, name=name) for name in names}
    distilled = {r.name: r for r in (type(route).to_recipe(name) for name in names)}
    models = {name: each for name, each in dev.routes.items() if not each.recipe}
    return dev.model_copy(update={"recipes": recipes, "routes": {**models, **distilled}})


def test_idle_costs_stay_below_ten_dollars_a_month() -> None:
    """AWS price list as of 2025-07: a key 1, an alarm 0.10, a dashboard 3 US dollars a month. Everything else is billed
    by use.
    """
    prices = {"AWS::KMS::Key": 1.0, "AWS::CloudWatch::Alarm": 0.10, "AWS::CloudWatch::Dashboard": 3.0}
    kinds = [r["Type"] for template in templates("prod").values() for r in template["Resources"].values()]
    assert 0 < sum(prices.get(kind, 0.0) for kind in kinds) <= 10


@pytest.mark.parametrize("part", [*HOME, *INFERENCE])
def test_every_alarm_leads_to_a_runbook_and_to_the_topic(part: str) -> None:
    alarms = resources(templates("prod")[part], "AWS::CloudWatch::Alarm")
    assert bool(alarms) == part.startswith("telemetry")
    for name, alarm in alarms.items():
        runbook = alarm["AlarmDescription"].rpartition("Runbook: ")[2]
        assert Path(runbook).parent == Path("docs/runbooks"), name
        assert json.dumps(alarm["AlarmActions"]).count("TopicArn") == 1, name
