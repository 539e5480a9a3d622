"""Foundation models, by their ids and through inference profiles."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from distillery.core import catalog
from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission

INVOKE = ("bedrock:InvokeModel",)
"""Converse is authorized as InvokeModel. The pipeline does not stream; callers of routes may (`calling`)."""


def in_pairs(location: Location) -> tuple[frozenset[str], frozenset[str]]:
    """Teachers and students of every pair that the catalog has for the Region, ended ones too.

    A run keeps the recipe that it began with, so a role that had only the models of today's recipes would refuse them
    to a run that is under way when a recipe changes or is removed.
    """
    pairs = catalog.pairs(location.region)
    return frozenset(pair.teacher for pair in pairs), frozenset(pair.student for pair in pairs)


def invoke_models(
    location: Location, models: Iterable[str], *, only_through_profiles: bool = True
) -> tuple[Permission, ...]:
    """Each model from the location's Region: by its plain id if it is served there, and through its profile.

    A profile may route to any of its destinations, so the model is allowed in each of them, but only through the
    profile (UG geographic-cross-region-inference), unless `only_through_profiles` is false.
    """
    known = sorted(set(models))
    here = tuple(location.foundation_model(m) for m in known if location.region in catalog.model(m).in_region)
    through = {m: found.id for m in known if (found := catalog.profile_for(m, location.region))}
    direct = (Permission(actions=INVOKE, resources=here),) if here else ()
    if not through:
        return direct
    routed = through_profiles(location, through)
    return (*direct, *(routed if only_through_profiles else (replace(each, conditions={}) for each in routed)))


def through_profiles(
    location: Location, profiles: Mapping[str, str], *application: str, actions: tuple[str, ...] = INVOKE
) -> tuple[Permission, ...]:
    """Models (model → system profile) through these profiles, and the `application` profiles (ARNs) made from them.

    One statement for all: a profile leads only to its own model, and a role's policies are limited to 10,240
    characters.
    """
    ways = (*(location.arn("bedrock", f"inference-profile/{profile}") for profile in profiles.values()), *application)
    there = tuple(
        location.at(region).foundation_model(model)
        for model, profile in profiles.items()
        for region in _destinations(location, model, profile)
    )
    condition = {"StringEquals": {"bedrock:InferenceProfileArn": list(ways)}}
    return (
        Permission(actions=actions, resources=ways),
        Permission(actions=actions, resources=there, conditions=condition),
    )


def get_models(location: Location, models: Iterable[str]) -> Permission:
    """Life cycles as the service reports them; also under the id for customization, if a model has one."""
    known = sorted({ident for m in set(models) for ident in (m, catalog.model(m).customize) if ident})
    resources = tuple(location.foundation_model(ident) for ident in known)
    return Permission(actions=("bedrock:GetFoundationModel",), resources=resources)


def _destinations(location: Location, model: str, profile: str) -> tuple[str, ...]:
    found = next(known for known in catalog.model(model).profiles if known.id == profile)
    return found.destinations[location.region]
