"""Endpoints of canaries: of runs of the recipes that have one. A live endpoint has no tag of a run."""

from collections.abc import Collection, Mapping

from distillery.core.names import DISTILLED_PREFIX, TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import bedrock
from infra.constructs.permissions.permission import Conditions, Permission

_IDS = "Bedrock gives these resources random ids when a canary makes them; the type, Region and account are named."
_RESOURCE, _REQUEST = f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}"


def host(
    location: Location, names: Names, recipes: Collection[str], *, tags: Collection[str]
) -> tuple[Permission, ...]:
    """Create endpoints of runs of these recipes, let callers in by a tag, and delete them; no live endpoint, and none
    of another recipe. Without recipes, those of all.

    `tags` are the keys of all tags of such an endpoint at its creation. It has no tag before, and no route.
    """
    names_recipe = {TAG_RECIPE: sorted(recipes)} if recipes else {}
    names_route = {TAG_ROUTE: [DISTILLED_PREFIX + each for each in sorted(recipes)]} if recipes else {}
    asked, of_recipe = _with_tags("Request", names_recipe), _with_tags("Resource", names_recipe)
    created: Conditions = {
        "StringEquals": {_REQUEST: names.environment, **asked},
        "StringEqualsIfExists": {_RESOURCE: names.environment, **of_recipe},
        "Null": {f"aws:ResourceTag/{TAG_ROUTE}": "true"},
        **_tag_keys(tags),
    }
    over_owned: Conditions = {
        "StringEquals": {_REQUEST: names.environment, _RESOURCE: names.environment, **asked, **of_recipe},
        **_tag_keys(tags),
    }
    of_run: Conditions = {
        "StringEquals": {_RESOURCE: names.environment, **of_recipe},
        "Null": {f"aws:ResourceTag/{TAG_RUN}": "false"},
    }
    let_in: Conditions = {
        **of_run,
        "StringEquals": {**of_run["StringEquals"], _REQUEST: names.environment, **_with_tags("Request", names_route)},
        **_tag_keys((TAG_ENVIRONMENT, TAG_ROUTE)),
    }
    create = ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    tag, models = ("bedrock:TagResource",), (location.arn("bedrock", "custom-model/*"),)
    endpoints = tuple(location.arn("bedrock", f"{kind}/*") for kind in ("custom-model-deployment", "provisioned-model"))
    return (
        Permission(actions=create, resources=models, conditions=over_owned, because=_IDS),
        Permission(actions=tag, resources=endpoints, conditions=created, because=_IDS),
        Permission(actions=tag, resources=endpoints, conditions=let_in, because=_IDS),
        *bedrock.delete_endpoints(location, names, conditions=of_run),
    )


def _with_tags(of: str, values: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Condition keys of tags and their values. `of`: `Request` or `Resource`."""
    return {f"aws:{of}Tag/{tag}": value for tag, value in values.items()}


def _tag_keys(keys: Collection[str]) -> Conditions:
    return {"ForAllValues:StringEquals": {"aws:TagKeys": sorted(keys)}}
