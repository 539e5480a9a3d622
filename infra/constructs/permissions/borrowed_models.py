"""Models of other environments of the account, which an environment uses under a lease: `lenders` are the environments
that a student passes before. Where there are none, nobody here may touch the model of another.
"""

from collections.abc import Collection, Sequence

from aws_cdk import aws_dynamodb as dynamodb

from distillery.core.model_leases import lease_tag
from distillery.core.model_shares import SHARED
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, Names
from infra.constructs.arn import Location
from infra.constructs.permissions import keys, storage
from infra.constructs.permissions.bedrock import get_students
from infra.constructs.permissions.permission import Conditions, Permission
from infra.constructs.stack_context import StackContext

_IDS = "Bedrock gives models random ids; the type, Region and account are named, and tags admit those of the lenders."
_SHARED = "The ids of the source's models and keys are not known here; their owner decides by shares and key policies."
_LISTS = "These actions take no resource: the Service Authorization Reference allows `*` alone."
_NEW = "A share that is created has no ARN yet: the Service Authorization Reference allows `*` alone."
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
        *storage.end_leases_of_models(ledger),
    )


def host(
    location: Location,
    names: Names,
    lenders: Sequence[str],
    *,
    tags: Collection[str],
    recipes: Collection[str] = (),
    update: bool = False,
) -> tuple[Permission, ...]:
    """Create endpoints of the environment's own that serve lenders' models; with `update`, also point one to such a
    model. The endpoint is admitted by the statements about endpoints. `tags`: the keys of all tags of an endpoint;
    `recipes`: those whose endpoints they are, all if there are none.
    """
    if not lenders:
        return ()
    create = ("bedrock:CreateCustomModelDeployment", "bedrock:CreateProvisionedModelThroughput")
    of_recipes = {f"aws:RequestTag/{TAG_RECIPE}": sorted(recipes)} if recipes else {}
    made: Conditions = {
        "StringEquals": {f"aws:RequestTag/{TAG_ENVIRONMENT}": names.environment, _OWNER: [*lenders], **of_recipes},
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


def copy(location: Location, context: StackContext, *, tags: Collection[str]) -> tuple[Permission, ...]:
    """Copy models of the environments before this one that its settings' accounts have, under this environment's own
    key. `tags`: the keys of a copy's tags.

    UNVERIFIED: whether IAM sees the tags of another account's model, and the aliases of its key. Where it sees none,
    the owner's share and key policy alone decide.
    """
    names, accounts, before = context.names, context.copy_from, context.through
    if not accounts:
        return ()
    made: Conditions = {
        "StringEquals": {f"aws:RequestTag/{TAG_ENVIRONMENT}": names.environment},
        "ForAllValues:StringEquals": {"aws:TagKeys": sorted(tags)},
    }
    copied: Conditions = {**made, "StringEqualsIfExists": {_OWNER: [*before]}}
    shared = tuple(f"arn:{location.partition}:bedrock:*:{account}:custom-model/*" for account in accounts)
    theirs = tuple(f"arn:{location.partition}:kms:*:{account}:key/*" for account in accounts)
    via: Conditions = {
        "StringEquals": location.via("bedrock"),
        "ForAnyValue:StringEqualsIfExists": {"kms:ResourceAliases": _aliases(before)},
    }
    jobs = (location.arn("bedrock", "model-copy-job/*"),)
    return (
        Permission(actions=("bedrock:CreateModelCopyJob",), resources=shared, conditions=copied, because=_SHARED),
        _on_models(location, ("bedrock:TagResource",), made),
        Permission(actions=("bedrock:GetModelCopyJob",), resources=jobs, because=_IDS),
        Permission(actions=("bedrock:ListModelCopyJobs",), resources=("*",), because=_LISTS),
        *keys.encrypt_models(location, context.key),
        Permission(actions=("kms:Decrypt",), resources=theirs, conditions=via, because=_SHARED),
    )


def share(location: Location, names: Names, accounts: Sequence[str]) -> tuple[Permission, ...]:
    """Share single models of the environment with these accounts, and end that. RAM calls Bedrock on the caller's
    behalf (UG share-model-prereq)."""
    asked: Conditions = {
        "StringEquals": {
            "ram:RequestedResourceType": "bedrock:CustomModel",
            "ram:Principal": [*accounts],
            f"aws:RequestTag/{TAG_ENVIRONMENT}": names.environment,
        },
        "Bool": {"ram:RequestedAllowsExternalPrincipals": "false"},
        "ForAllValues:StringEquals": {"aws:TagKeys": sorted(SHARED)},
    }
    own: Conditions = {"StringEquals": {_OWNER: names.environment}}
    return (
        Permission(actions=("ram:CreateResourceShare",), resources=("*",), conditions=asked, because=_NEW),
        _on_models(location, ("bedrock:PutResourcePolicy",), own),
        *end_shares(location, names),
    )


def end_shares(location: Location, names: Names) -> tuple[Permission, ...]:
    """Find the environment's shares, and end them, also those with accounts that the settings no longer name."""
    own: Conditions = {"StringEquals": {_OWNER: names.environment}}
    shares = (location.arn("ram", "resource-share/*"),)
    return (
        Permission(actions=("ram:GetResourceShares",), resources=("*",), because=_LISTS),
        Permission(actions=("ram:DeleteResourceShare",), resources=shares, conditions=own, because=_IDS),
        _on_models(location, ("bedrock:DeleteResourcePolicy", "bedrock:GetResourcePolicy"), own),
    )


def give_back(location: Location, context: StackContext, ledger: dynamodb.ITable) -> tuple[Permission, ...]:
    """What an environment that is removed gives back: its leases, and its shares."""
    return (
        *end_leases(location, context.names, context.lenders, ledger),
        *(end_shares(location, context.names) if context.may_have_shares else ()),
    )


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
