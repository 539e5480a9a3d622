"""Whoever uses an encrypted resource may use its key, through a named service, and no other key."""

from collections.abc import Iterator

from tests.policy.rules.encryption import KEY_OF, key_of
from tests.policy.rules.examples import arn, get, key, policy, resource
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

NEEDS = {
    "s3:GetObject": "kms:Decrypt",
    "s3:PutObject": "kms:GenerateDataKey",
    "dynamodb:GetItem": "kms:Decrypt",
    "dynamodb:Query": "kms:Decrypt",
    "dynamodb:PutItem": "kms:GenerateDataKey",
    "dynamodb:UpdateItem": "kms:GenerateDataKey",
    "sns:Publish": "kms:GenerateDataKey",
    "sqs:SendMessage": "kms:GenerateDataKey",
}
"""The key operations that an action on an encrypted resource needs (S3, DynamoDB, SNS and SQS guides, data
protection).
"""

_BUCKET_KEY: Json = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"KMSMasterKeyID": get("K")}}]
}
_KEPT: Json = {"K": key(), "B": resource("AWS::S3::Bucket", BucketEncryption=_BUCKET_KEY)}
_READ = said("s3:GetObject", {"Fn::Join": ["", [get("B"), "/*"]]})


def _via(service: str) -> Json:
    return {"StringEquals": {"kms:ViaService": [f"{service}.us-east-1.amazonaws.com"]}}


@rule(
    bucket_without_its_key=single_stack({**_KEPT, "P": policy(_READ)}),
    bucket_with_another_key=single_stack(
        {**_KEPT, "L": key(), "P": policy(_READ, said("kms:Decrypt", get("L"), Condition=_via("s3")))}
    ),
    bucket_with_its_key_for_another_service=single_stack(
        {**_KEPT, "P": policy(_READ, said("kms:Decrypt", get("K"), Condition=_via("sqs")))}
    ),
    bucket_with_its_key_for_everything=single_stack({**_KEPT, "P": policy(_READ, said("kms:Decrypt", get("K")))}),
    read_only_key_for_a_writer=single_stack(
        {
            "K": key(),
            "T": resource("AWS::SNS::Topic", KmsMasterKeyId=get("K")),
            "P": policy(said("sns:Publish", {"Ref": "T"}), said("kms:Decrypt", get("K"), Condition=_via("sns"))),
        }
    ),
)
def who_may_use_something_encrypted_may_use_its_key_through_that_service_alone(
    templates: EnvironmentTemplates,
) -> Facts:
    for holder, action, target in _uses(templates):
        found = key_of(templates, target)
        if found is not None:
            service = f"{action.partition(':')[0]}.{target.stack.region}.amazonaws.com"
            yield f"{holder}: {action} on {target}", _may_use(templates, holder, found, NEEDS[action], service)


def _uses(templates: EnvironmentTemplates) -> Iterator[tuple[Resource, str, Resource]]:
    for holder, statement in templates.statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for action in set(as_list(statement["Action"])) & NEEDS.keys():
            for one in as_list(statement["Resource"]):
                target = templates.find(holder.stack, one)
                if target and target.kind in KEY_OF:
                    yield holder, action, target


def _may_use(templates: EnvironmentTemplates, holder: Resource, key_: Resource, action: str, service: str) -> bool:
    return any(
        action in as_list(statement["Action"])
        and condition(statement, "kms:ViaService", "StringEquals") == [service]
        and str(templates.find(holder.stack, statement["Resource"])) == str(key_)
        for statement in holder.properties["PolicyDocument"]["Statement"]
    )


_ASYMMETRIC_USE = frozenset({"kms:GetPublicKey", "kms:Sign"})


@rule(
    for_everything=single_stack({"K": key(), "P": policy(said("kms:Decrypt", get("K")))}),
    all_keys=single_stack({"P": policy(said("kms:Decrypt", arn("kms", "key/*"), Condition=_via("bedrock")))}),
    signing_with_all_keys=single_stack({"P": policy(said("kms:Sign", arn("kms", "key/*")))}),
    signing_and_more=single_stack({"K": key(), "P": policy(said(["kms:Sign", "kms:Decrypt"], get("K")))}),
)
def a_key_is_used_through_a_named_service_and_by_its_name_or_alias(templates: EnvironmentTemplates) -> Facts:
    """No service signs or reads a public key on a caller's behalf: for these, the statement names the key."""
    for holder, statement in templates.statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(action.startswith("kms:") for action in as_list(statement["Action"])):
            via = condition(statement, "kms:ViaService", "StringEquals")
            alias = condition(statement, "kms:ResourceAliases", "ForAnyValue:StringEquals")
            named = all("*" not in rendered(one) for one in as_list(statement["Resource"]))
            direct = set(as_list(statement["Action"])) <= _ASYMMETRIC_USE
            yield f"{holder}: {via}", named if direct else bool(via) and (named or bool(alias))


def _granting(**tests: Json) -> EnvironmentTemplates:
    return single_stack(
        {"K": key(), "P": policy(said("kms:CreateGrant", get("K"), Condition={**_via("bedrock"), **tests}))}
    )


@rule(
    for_anybody=_granting(),
    for_a_person=_granting(Bool={"kms:GrantIsForAWSResource": "false"}),
    where_it_is_said=_granting(BoolIfExists={"kms:GrantIsForAWSResource": "true"}),
    in_the_keys_own_policy=single_stack(
        {"K": key(said("kms:CreateGrant", Principal={"Service": "bedrock.amazonaws.com"}))},
    ),
)
def a_grant_on_a_key_is_made_by_a_service_of_aws_alone(templates: EnvironmentTemplates) -> Facts:
    for holder, statement in templates.statements():
        if allows(statement, "kms:CreateGrant"):
            tests = condition(statement, "kms:GrantIsForAWSResource", "Bool")
            yield f"{holder}: {tests}", tests == ["true"]
