"""The key that custom models are encrypted with (UG encryption-custom-job)."""

from collections.abc import Sequence
from dataclasses import replace

from aws_cdk import aws_kms as kms

from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Conditions, Permission

_INVOKE = ("kms:Decrypt", "kms:GenerateDataKey")
"""Of who invokes a custom model: the first by UG encryption-custom-job, both by the Nova guide
(customize-fine-tune-encrypt). UNVERIFIED: whether an invocation needs the second."""


_FOR_AWS: Conditions = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def encrypt_models(location: Location, key: kms.IKey) -> tuple[Permission, ...]:
    """To start jobs, and for the role of a job: Bedrock creates a long-lived grant on their behalf.

    The guides disagree on whose key it is: UG custom-model-job-access-security and the Nova guide
    (customize-fine-tune-encrypt) list the service role's permissions, UG encryption-custom-job those of "principals
    that customize". Both therefore have them. UNVERIFIED: which of the two AWS checks.
    """
    return _used(location, key, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), _grant(location, key)


def host_models(location: Location, key: kms.IKey) -> tuple[Permission, ...]:
    """To host custom models: Bedrock creates a short-lived grant for Provisioned Throughput."""
    return _used(location, key, "kms:Decrypt", "kms:DescribeKey"), _grant(location, key)


def encrypt_answers(location: Location, key: kms.IKey) -> Permission:
    """To start evaluation jobs, whose temporary copies Bedrock encrypts (UG model-evaluation-security-data)."""
    return _used(location, key, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


def sign_digests(key: kms.IKey) -> tuple[Permission, ...]:
    """Sign digests with an asymmetric key, by one algorithm, and read its public half (KMS API, Sign and
    GetPublicKey)."""
    how = {"StringEquals": {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256"}}
    return Permission(actions=("kms:Sign",), resources=(key.key_arn,), conditions=how), read_public_key(key)


def read_public_key(key: kms.IKey) -> Permission:
    """Read the public half of an asymmetric key."""
    return Permission(actions=("kms:GetPublicKey",), resources=(key.key_arn,))


def _used(location: Location, key: kms.IKey, *actions: str) -> Permission:
    return Permission(actions=actions, resources=(key.key_arn,), conditions={"StringEquals": location.via("bedrock")})


def _grant(location: Location, key: kms.IKey) -> Permission:
    """A separate statement: `kms:GrantIsForAWSResource` exists only in requests about grants.

    It is true where a service sends the request on the caller's behalf (KMS guide, grant-authorization), as Bedrock
    does: CloudTrail shows its CreateGrant under the caller's role, invoked by and granted to bedrock.amazonaws.com (UG
    import-model-monitor-encryption-keys). UNVERIFIED for customization and throughput, whose pages show kms:ViaService
    only.
    """
    return Permission(
        actions=("kms:CreateGrant",),
        resources=(key.key_arn,),
        conditions={"StringEquals": location.via("bedrock"), **_FOR_AWS},
    )


def use_models(location: Location, key: kms.IKey) -> Permission:
    """To invoke custom models."""
    return _used(location, key, *_INVOKE)


def use_models_by_alias(location: Location, *aliases: str) -> Permission:
    """The same from another Region, or with the keys of several environments."""
    return by_alias(aliases, "bedrock", _INVOKE, location)


def host_models_by_alias(location: Location, *aliases: str) -> tuple[Permission, ...]:
    """`host_models` with the keys of other environments."""
    grant = by_alias(aliases, "bedrock", ("kms:CreateGrant",), location)
    return (
        by_alias(aliases, "bedrock", ("kms:Decrypt", "kms:DescribeKey"), location),
        replace(grant, conditions={**grant.conditions, **_FOR_AWS}),
    )


def by_alias(alias: str | Sequence[str], service: str, actions: tuple[str, ...], *locations: Location) -> Permission:
    """A key through one service, by its alias, which is known in other Regions too; or one of several."""
    via = [one for location in locations for one in location.via(service)["kms:ViaService"]]
    return Permission(
        actions=actions,
        resources=tuple(location.arn("kms", "key/*") for location in locations),
        conditions={
            "StringEquals": {"kms:ViaService": via},
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias if isinstance(alias, str) else _one_of(alias)},
        },
        because="A key's id does not cross Regions, its alias does: kms:ResourceAliases admits this one key.",
    )


def _one_of(aliases: Sequence[str]) -> str | list[str]:
    return aliases[0] if len(aliases) == 1 else [*aliases]
