"""Calling routes: the models of their steps in every Region that may serve a request, and students by their aliases."""

from collections.abc import Mapping, Sequence

from distillery.core.names import DISTILLED_PREFIX, SYSTEM_PROMPTS_PREFIX, TAG_ENVIRONMENT, TAG_ROUTE, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import foundation_models, keys, running, storage
from infra.constructs.permissions.permission import Permission

ONCE = ("bedrock:InvokeModel",)
CALL = (*ONCE, "bedrock:InvokeModelWithResponseStream")
"""Converse is authorized as the first, ConverseStream as the second (Service Authorization Reference)."""

_LIVE = "Bedrock gives endpoints random ids when runs make them; tags that promotion alone sets admit the live ones."


def call_models(
    location: Location,
    models: Mapping[str, str | None],
    applications: Mapping[str, Sequence[str]],
    actions: tuple[str, ...] = CALL,
) -> tuple[Permission, ...]:
    """Models (model → system profile, None for the bare id), and the `applications` profiles (ARNs) made from each."""
    through = {model: profile for model, profile in models.items() if profile}
    made = [arn for model in through for arn in applications.get(model, ())]
    here = [model for model in models if model not in through]
    bare = [location.foundation_model(model) for model in here]
    bare += [arn for model in here for arn in applications.get(model, ())]
    return (
        *((Permission(actions=actions, resources=tuple(bare)),) if bare else ()),
        *(foundation_models.through_profiles(location, through, *made, actions=actions) if through else ()),
    )


def call_students(
    home: Location, names: Names, recipes: Sequence[str], lenders: Sequence[str] = ()
) -> tuple[Permission, ...]:
    """The live endpoints of these recipes by their tags, their aliases, and their models' keys by their aliases:
    `lenders` are the other environments whose models may be served."""
    routes = [DISTILLED_PREFIX + recipe for recipe in recipes]
    tagged = {f"aws:ResourceTag/{TAG_ENVIRONMENT}": names.environment, f"aws:ResourceTag/{TAG_ROUTE}": routes}
    return _students(home, names, {"StringEquals": tagged}, CALL, lenders, *recipes)


def call_every_student(
    home: Location, names: Names, actions: tuple[str, ...] = CALL, lenders: Sequence[str] = ()
) -> tuple[Permission, ...]:
    """The students of every recipe. The statements do not grow with the number of recipes."""
    conditions = {
        "StringEquals": {f"aws:ResourceTag/{TAG_ENVIRONMENT}": names.environment},
        "StringLike": {f"aws:ResourceTag/{TAG_ROUTE}": f"{DISTILLED_PREFIX}*"},
    }
    return _students(home, names, conditions, actions, lenders, "*")


def _students(
    home: Location,
    names: Names,
    conditions: Mapping[str, Mapping[str, object]],
    actions: tuple[str, ...],
    lenders: Sequence[str],
    *recipes: str,
) -> tuple[Permission, ...]:
    prompts = [SYSTEM_PROMPTS_PREFIX if recipe == "*" else f"{SYSTEM_PROMPTS_PREFIX}{recipe}/" for recipe in recipes]
    endpoints = tuple(home.arn("bedrock", f"{kind}/*") for kind in ("custom-model-deployment", "provisioned-model"))
    return (
        running.read_parameters(home, *(names.alias(recipe) for recipe in recipes)),
        Permission(actions=actions, resources=endpoints, conditions=conditions, because=_LIVE),
        keys.use_models_by_alias(home, names.key_alias, *(Names(lender).key_alias for lender in lenders)),
        *storage.read_by_name(home, names.environment, *prompts),
    )
