"""Models of other environments of the account, which an environment uses under a lease: `lenders` are the environments
that a student passes before. Where there are none, nobody here may touch the model of another.
"""

from collections.abc import Collection, Sequence

from aws_cdk import aws_dynamodb as dynamodb

from distillery.core.model_leases import lease_tag
from distillery.core.names import TAG_ENVIRONMENT, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import keys, storage
from infra.constructs.permissions.bedrock import get_students
from infra.constructs.permissions.permission import Conditions, Permission

_IDS = "Bedrock gives models random ids; the type, Region and account are named, and tags admit those of the lenders."
_OWNER = f"aws:ResourceTag/{TAG_ENVIRONMENT}"


def lease(location: Location, names: Names, lenders: Sequence[str]) -> tuple[Permission, ...]:
    """Take, renew and end this environment's lease of lenders' models: the one tag, and no other."""
    if not lenders:
        return ()
    tagging = ("bedrock:TagResource", "bedrock:UntagResource")
    return (_on_models(location, tagging, _our_lease(names, lenders)), get_students(location))


def end_leases(
    location: Location, names: Names, lenders: Sequence[str], ledger: dynamodb.ITable
) -> tuple[Permission, ...]:
    """End this environment's leases, which its ledger lists."""
    if not lenders:
        return ()
    return (
        _on_models(location, ("bedrock:UntagResource",), _our_lease(names, lenders)),
        get_students(location),
        storage.end_leases_of_models(ledger),
    )


def host(
    location: Location, names: Names, lenders: Sequence[str], *, tags: Collection[str], update: bool = False
) -> tuple[Permission, ...]:
    """Create endpoints of the environment's own that serve lenders' models; with `update`, also point one to such a
    model. The endpoint is admitted by the statements about endpoints. `tags`: the keys of all tags of an endpoint.
    """
    if not lenders:
        return ()
    create = ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    made: Conditions = {
        "StringEquals": {f"aws:RequestTag/{TAG_ENVIRONMENT}": names.environment, _OWNER: [*lenders]},
        "ForAllValues:StringEquals": {"aws:TagKeys": sorted(tags)},
    }
    change = ("bedrock:UpdateCustomModelDeployment", "bedrock:UpdateProvisionedModelThroughput")
    owned: Conditions = {"StringEquals": {_OWNER: [*lenders]}}
    return (
        _on_models(location, create, made),
        *([_on_models(location, change, owned)] if update else []),
        *keys.host_models_by_alias(location, *_aliases(lenders)),
    )


def use(location: Location, lenders: Sequence[str]) -> tuple[Permission, ...]:
    """Invoke endpoints that serve lenders' models: with the models' keys."""
    return (keys.use_models_by_alias(location, *_aliases(lenders)),) if lenders else ()


def _on_models(location: Location, actions: tuple[str, ...], conditions: Conditions) -> Permission:
    models = (location.arn("bedrock", "custom-model/*"),)
    return Permission(actions=actions, resources=models, conditions=conditions, because=_IDS)


def _our_lease(names: Names, lenders: Sequence[str]) -> Conditions:
    return {
        "StringEquals": {_OWNER: [*lenders]},
        "ForAllValues:StringEquals": {"aws:TagKeys": [lease_tag(names.environment)]},
    }


def _aliases(lenders: Sequence[str]) -> list[str]:
    return [Names(lender).key_alias for lender in lenders]
