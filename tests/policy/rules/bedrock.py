"""Models: what may be invoked, in every Region to which a cross-Region profile may route a request."""

import re
from collections.abc import Iterator
from typing import Any

from distillery.core import catalog
from tests.policy.rules.examples import arn, get, policy, resource
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import (
    EnvironmentTemplates,
    Json,
    Resource,
    allows,
    as_list,
    condition,
    rendered,
    single_stack,
)

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_NOVA = "foundation-model/amazon.nova-pro-v1:0"
_PROFILE = arn("bedrock", "inference-profile/us.amazon.nova-pro-v1:0")
_INVOKE = "bedrock:InvokeModel"
_MADE_BY = ":model-customization-job/*"


def _through(*profiles: Any) -> Json:
    return {"StringEquals": {"bedrock:InferenceProfileArn": list(profiles)}}


def _models(*regions: str) -> list[str]:
    return [f"arn:aws:bedrock:{region}::{_NOVA}" for region in regions]


def _invokes(*regions: str, **more: Any) -> EnvironmentTemplates:
    there = said(_INVOKE, _models(*regions), **more)
    return single_stack({"P": policy(said(_INVOKE, _PROFILE), there)})


_APPLICATION = resource("AWS::Bedrock::ApplicationInferenceProfile", ModelSource={"CopyFrom": _PROFILE})


@rule(
    nowhere=_invokes(),
    one_region_missing=_invokes("us-east-1", "us-west-2", Condition=_through(_PROFILE)),
    a_region_without_its_condition=_invokes("us-east-1", "us-east-2", "us-west-2"),
    a_profile_of_our_own_left_out_of_the_condition=single_stack(
        {
            "A": _APPLICATION,
            "P": policy(
                said(_INVOKE, get("A", "InferenceProfileArn")),
                said(_INVOKE, _models("us-east-1", "us-east-2", "us-west-2"), Condition=_through(_PROFILE)),
            ),
        }
    ),
)
def who_may_use_a_profile_may_use_its_model_wherever_it_leads(templates: EnvironmentTemplates) -> Facts:
    for holder, way in _ways(templates):
        profile, region = _profile(templates, holder, way)
        model, destinations = _destinations(profile, region)
        for destination in destinations:
            wanted = f"arn:aws:bedrock:{destination}::foundation-model/{model}"
            anyway = _of_jobs(templates, holder)
            yield f"{holder}: {rendered(way)} → {destination}", _reaches(holder, wanted, rendered(way), anyway=anyway)


def _of_jobs(templates: EnvironmentTemplates, holder: Resource) -> bool:
    """Whether a policy is of the role of customization jobs alone, for which the guide has no condition on profiles (UG
    model-customization-iam-role)."""
    roles = [templates.find(holder.stack, one) for one in holder.properties.get("Roles", [])]
    return bool(roles) and all(role is not None and _MADE_BY in str(role.properties) for role in roles)


def _ways(templates: EnvironmentTemplates) -> Iterator[tuple[Resource, Any]]:
    """Yields every cross-Region profile that a policy allows to invoke: system profiles and application profiles of
    them.
    """
    for holder, statement in templates.statements(*_POLICIES):
        if allows(statement, _INVOKE):
            for one in as_list(statement["Resource"]):
                found = templates.find(holder.stack, one)
                ours = found is not None and found.kind == "AWS::Bedrock::ApplicationInferenceProfile"
                if ":inference-profile/" in rendered(one) or (ours and ":inference-profile/" in _source(found)):
                    yield holder, one


def _source(application: Resource | None) -> str:
    return rendered(application.properties["ModelSource"]["CopyFrom"]) if application else ""


def _profile(templates: EnvironmentTemplates, holder: Resource, way: Any) -> tuple[str, str]:
    """Returns the id of the system profile, and the Region from which it is called."""
    text = rendered(way) if ":inference-profile/" in rendered(way) else _source(templates.find(holder.stack, way))
    return text.rpartition("/")[2], text.split(":")[3]


def _destinations(profile: str, region: str) -> tuple[str, tuple[str, ...]]:
    for model in catalog.models():
        for known in model.profiles:
            if known.id == profile:
                return model.id, known.destinations[region]
    raise AssertionError(f"the catalog has no profile {profile!r}")


def _reaches(holder: Resource, model: str, way: str, *, anyway: bool) -> bool:
    """`anyway`: whatever the request is routed through."""
    return any(
        allows(statement, _INVOKE)
        and model in map(rendered, as_list(statement["Resource"]))
        and (anyway or way in map(rendered, condition(statement, "bedrock:InferenceProfileArn", "StringEquals")))
        and not (anyway and "Condition" in statement)
        for statement in holder.properties["PolicyDocument"]["Statement"]
    )


@rule(
    bare=_invokes("us-west-2"),
    some_other_condition=_invokes("us-west-2", Condition={"StringEquals": {"aws:RequestedRegion": "us-west-2"}}),
    any_profile=_invokes("us-west-2", Condition={"StringLike": {"bedrock:InferenceProfileArn": "*"}}),
)
def a_model_in_another_region_is_invoked_only_through_a_named_profile(templates: EnvironmentTemplates) -> Facts:
    for holder, statement in templates.statements(*_POLICIES):
        if allows(statement, _INVOKE):
            texts = [rendered(one) for one in as_list(statement["Resource"])]
            regions = {text.split(":")[3] for text in texts if ":foundation-model/" in text}
            through = condition(statement, "bedrock:InferenceProfileArn", "StringEquals")
            here = regions <= {holder.stack.region}
            yield f"{holder}: {sorted(regions)}", bool(through) or here or _of_jobs(templates, holder)


@rule(
    all_of_them=single_stack({"P": policy(said(_INVOKE, "arn:aws:bedrock:us-east-1::foundation-model/*"))}),
    everything=single_stack({"P": policy(said(_INVOKE))}),
    of_a_family=single_stack({"P": policy(said(_INVOKE, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-*"))}),
)
def models_and_profiles_of_bedrock_are_invoked_by_name(templates: EnvironmentTemplates) -> Facts:
    for holder, statement in templates.statements(*_POLICIES):
        if allows(statement, _INVOKE):
            for one in map(rendered, as_list(statement["Resource"])):
                students = re.search(r":(custom-model-deployment|provisioned-model)/\*$", one)
                yield f"{holder}: {one}", bool(students) or "*" not in one


@rule(unused=single_stack({"A": _APPLICATION, "P": policy(said(_INVOKE, _PROFILE))}))
def every_profile_of_our_own_may_be_invoked(templates: EnvironmentTemplates) -> Facts:
    allowed = {str(templates.find(holder.stack, way)) for holder, way in _ways(templates)}
    for application in templates.resources("AWS::Bedrock::ApplicationInferenceProfile"):
        if ":inference-profile/" in _source(application):
            yield str(application), str(application) in allowed


_CHANGING = ("Create", "Delete", "Stop", "Tag", "Untag", "Update")
_FAMILIES = ("ModelCustomizationJob", "CustomModel", "CustomModelDeployment", "ProvisionedModelThroughput", "Resource")
_ENDPOINT = arn("bedrock", "custom-model-deployment/*")
_WHOSE = "aws:ResourceTag/distillery:environment"
_SAYS = "aws:RequestTag/distillery:environment"
_KEYS = {"ForAllValues:StringEquals": {"aws:TagKeys": ["distillery:environment"]}}


def _changes(action: str, **operators: Json) -> EnvironmentTemplates:
    return single_stack({"P": policy(said(f"bedrock:{action}", _ENDPOINT, Condition=operators))})


@rule(
    of_anybody=_changes("DeleteCustomModelDeployment"),
    of_another_environment=_changes("DeleteCustomModelDeployment", StringEquals={_WHOSE: "other"}),
    of_any_environment=_changes("UpdateCustomModelDeployment", StringLike={_WHOSE: "*"}),
    of_what_bears_no_tag_too=_changes("StopModelCustomizationJob", StringEqualsIfExists={_WHOSE: "x"}),
    asked_without_a_condition=single_stack({"P": policy(said(_INVOKE, _ENDPOINT))}),
    made_for_another=_changes(
        "CreateModelCustomizationJob",
        StringEquals={_SAYS: "other"},
        StringEqualsIfExists={_WHOSE: "other"},
        **_KEYS,
    ),
    taken_from_another=_changes("TagResource", StringEquals={_SAYS: "x"}, **_KEYS),
    with_any_tags=_changes("TagResource", StringEquals={_SAYS: "x"}, StringEqualsIfExists={_WHOSE: "x"}),
    made_of_another_s_model=_changes("CreateCustomModelDeployment", StringEquals={_SAYS: "x"}, **_KEYS),
    untagged=_changes("UntagResource", StringEquals={_WHOSE: "other"}),
)
def what_changes_or_asks_something_of_bedrock_s_is_held_to_its_environments_tag(
    templates: EnvironmentTemplates,
) -> Facts:
    for holder, statement in templates.statements(*_POLICIES):
        own = [holder.stack.name.removeprefix("distillery-").removesuffix(f"-{holder.stack.part}")]
        for action in as_list(statement["Action"]):
            if _needs_a_tag(action, statement):
                yield f"{holder}: {action}", _held(action, statement, own)


def _needs_a_tag(action: str, statement: Json) -> bool:
    name = action.removeprefix("bedrock:")
    if action.startswith(_INVOKE):
        kinds = (":custom-model-deployment/", ":provisioned-model/")
        return any(kind in rendered(one) for one in as_list(statement["Resource"]) for kind in kinds)
    return name != action and any(name == verb + family for verb in _CHANGING for family in _FAMILIES)


def _held(action: str, statement: Json, own: list[str]) -> bool:
    bears = condition(statement, _WHOSE, "StringEquals") == own
    if not action.startswith(("bedrock:Create", "bedrock:Tag")):
        return bears
    says = condition(statement, _SAYS, "StringEquals") == own
    keys = bool(condition(statement, "aws:TagKeys", "ForAllValues:StringEquals"))
    of_a_model = action in ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    taken = bears or (not of_a_model and condition(statement, _WHOSE, "StringEqualsIfExists") == own)
    return says and keys and taken
