"""The key that custom models are encrypted with (UG encryption-custom-job)."""

from aws_cdk import aws_kms as kms

from infra.parts.permissions.permission import Permission
from infra.parts.place import Place


def encrypt_models(place: Place, key: kms.IKey) -> Permission:
    """For those who start jobs: Bedrock makes its long-lived grant on their behalf."""
    return Permission(
        actions=("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
        resources=(key.key_arn,),
        conditions={"StringEquals": place.via("bedrock")},
    )


def host_models(place: Place, key: kms.IKey) -> Permission:
    """For those who host custom models: Bedrock makes a short-lived grant for Provisioned Throughput."""
    return Permission(
        actions=("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"),
        resources=(key.key_arn,),
        conditions={"StringEquals": place.via("bedrock")},
    )


def use_models(place: Place, key: kms.IKey) -> Permission:
    """For those who invoke custom models."""
    return Permission(
        actions=("kms:Decrypt",), resources=(key.key_arn,), conditions={"StringEquals": place.via("bedrock")}
    )


def use_models_by_alias(place: Place, alias: str) -> Permission:
    """The same from another Region, by the key's alias: what is known of a key in another Region."""
    return Permission(
        actions=("kms:Decrypt",),
        resources=(place.arn("kms", "key/*"),),
        conditions={
            "StringEquals": place.via("bedrock"),
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias},
        },
        because="A key's id does not cross Regions, its alias does: kms:ResourceAliases admits this one key.",
    )
