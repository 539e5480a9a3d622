"""The key that custom models are encrypted with (UG encryption-custom-job)."""

from aws_cdk import aws_kms as kms

from infra.constructs.arn import Place
from infra.constructs.permissions.permission import Permission


def encrypt_models(place: Place, key: kms.IKey) -> tuple[Permission, ...]:
    """For those who start jobs: Bedrock makes its long-lived grant on their behalf."""
    return _used(place, key, "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), _grant(place, key)


def host_models(place: Place, key: kms.IKey) -> tuple[Permission, ...]:
    """For those who host custom models: Bedrock makes a short-lived grant for Provisioned Throughput."""
    return _used(place, key, "kms:Decrypt", "kms:DescribeKey"), _grant(place, key)


def _used(place: Place, key: kms.IKey, *actions: str) -> Permission:
    return Permission(actions=actions, resources=(key.key_arn,), conditions={"StringEquals": place.via("bedrock")})


def _grant(place: Place, key: kms.IKey) -> Permission:
    """A statement of its own: `kms:GrantIsForAWSResource` is in requests about grants alone.

    It is true where a service sends the request on the caller's behalf (KMS guide, grant-authorization), as Bedrock
    does: CloudTrail shows its CreateGrant under the caller's role, invoked by and granted to bedrock.amazonaws.com (UG
    import-model-monitor-encryption-keys). UNVERIFIED for customization and throughput, whose pages show kms:ViaService
    alone.
    """
    return Permission(
        actions=("kms:CreateGrant",),
        resources=(key.key_arn,),
        conditions={"StringEquals": place.via("bedrock"), "Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def use_models(place: Place, key: kms.IKey) -> Permission:
    """For those who invoke custom models."""
    return _used(place, key, "kms:Decrypt")


def use_models_by_alias(place: Place, alias: str) -> Permission:
    """The same from another Region."""
    return by_alias(alias, "bedrock", ("kms:Decrypt",), place)


def by_alias(alias: str, service: str, actions: tuple[str, ...], *places: Place) -> Permission:
    """A key through one service, by its alias: what is known of a key in another Region."""
    via = [one for place in places for one in place.via(service)["kms:ViaService"]]
    return Permission(
        actions=actions,
        resources=tuple(place.arn("kms", "key/*") for place in places),
        conditions={
            "StringEquals": {"kms:ViaService": via},
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias},
        },
        because="A key's id does not cross Regions, its alias does: kms:ResourceAliases admits this one key.",
    )
