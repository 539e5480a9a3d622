"""Who uses something encrypted: its key comes with it, through a named service, and no other key does."""

from collections.abc import Iterator

from tests.policy.house import House, Json, Resource, allows, broken, condition, listed, spelled
from tests.policy.rules.encryption import KEY_OF, key_of
from tests.policy.rules.examples import arn, get, key, policy, resource
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule

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
"""What an action on something encrypted needs of its key (S3, DynamoDB, SNS and SQS guides, data protection)."""

_BUCKET_KEY: Json = {
    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"KMSMasterKeyID": get("K")}}]
}
_KEPT: Json = {"K": key(), "B": resource("AWS::S3::Bucket", BucketEncryption=_BUCKET_KEY)}
_READ = said("s3:GetObject", {"Fn::Join": ["", [get("B"), "/*"]]})


def _via(service: str) -> Json:
    return {"StringEquals": {"kms:ViaService": [f"{service}.us-east-1.amazonaws.com"]}}


@rule(
    bucket_without_its_key=broken({**_KEPT, "P": policy(_READ)}),
    bucket_with_another_key=broken(
        {**_KEPT, "L": key(), "P": policy(_READ, said("kms:Decrypt", get("L"), Condition=_via("s3")))}
    ),
    bucket_with_its_key_for_another_service=broken(
        {**_KEPT, "P": policy(_READ, said("kms:Decrypt", get("K"), Condition=_via("sqs")))}
    ),
    bucket_with_its_key_for_everything=broken({**_KEPT, "P": policy(_READ, said("kms:Decrypt", get("K")))}),
    read_only_key_for_a_writer=broken(
        {
            "K": key(),
            "T": resource("AWS::SNS::Topic", KmsMasterKeyId=get("K")),
            "P": policy(said("sns:Publish", {"Ref": "T"}), said("kms:Decrypt", get("K"), Condition=_via("sns"))),
        }
    ),
)
def who_may_use_something_encrypted_may_use_its_key_through_that_service_alone(house: House) -> Facts:
    for holder, action, target in _uses(house):
        found = key_of(house, target)
        if found is not None:
            service = f"{action.partition(':')[0]}.{target.stack.region}.amazonaws.com"
            yield f"{holder}: {action} on {target}", _may_use(house, holder, found, NEEDS[action], service)


def _uses(house: House) -> Iterator[tuple[Resource, str, Resource]]:
    for holder, statement in house.statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for action in set(listed(statement["Action"])) & NEEDS.keys():
            for one in listed(statement["Resource"]):
                target = house.find(holder.stack, one)
                if target and target.kind in KEY_OF:
                    yield holder, action, target


def _may_use(house: House, holder: Resource, key_: Resource, action: str, service: str) -> bool:
    return any(
        action in listed(statement["Action"])
        and condition(statement, "kms:ViaService", "StringEquals") == [service]
        and str(house.find(holder.stack, statement["Resource"])) == str(key_)
        for statement in holder.properties["PolicyDocument"]["Statement"]
    )


@rule(
    for_everything=broken({"K": key(), "P": policy(said("kms:Decrypt", get("K")))}),
    all_keys=broken({"P": policy(said("kms:Decrypt", arn("kms", "key/*"), Condition=_via("bedrock")))}),
)
def a_key_is_used_through_a_named_service_and_by_its_name_or_alias(house: House) -> Facts:
    for holder, statement in house.statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            via = condition(statement, "kms:ViaService", "StringEquals")
            alias = condition(statement, "kms:ResourceAliases", "ForAnyValue:StringEquals")
            named = all("*" not in spelled(one) for one in listed(statement["Resource"]))
            yield f"{holder}: {via}", bool(via) and (named or bool(alias))


def _granting(**tests: Json) -> House:
    return broken({"K": key(), "P": policy(said("kms:CreateGrant", get("K"), Condition={**_via("bedrock"), **tests}))})


@rule(
    for_anybody=_granting(),
    for_a_person=_granting(Bool={"kms:GrantIsForAWSResource": "false"}),
    where_it_is_said=_granting(BoolIfExists={"kms:GrantIsForAWSResource": "true"}),
    in_the_keys_own_policy=broken(
        {"K": key(said("kms:CreateGrant", Principal={"Service": "bedrock.amazonaws.com"}))},
    ),
)
def a_grant_on_a_key_is_made_by_a_service_of_aws_alone(house: House) -> Facts:
    for holder, statement in house.statements():
        if allows(statement, "kms:CreateGrant"):
            tests = condition(statement, "kms:GrantIsForAWSResource", "Bool")
            yield f"{holder}: {tests}", tests == ["true"]
