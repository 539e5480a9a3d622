"""An encrypted custom model is created, hosted and called only by principals that may use the key through Bedrock."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_access import BASE, CREATE, HERE, NEW, PROFILE, QUESTION, job, refusal
from tests.unit.local.emulator.test_bedrock import TEACHER, TRUST, line

VIA = {"StringEquals": {"kms:ViaService": "bedrock.us-east-1.amazonaws.com"}}
CUSTOMIZE = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


def test_a_job_under_a_key_needs_all_four_uses_of_it(harness: EmulatorHarness) -> None:
    key, role = harness.key(), harness.role("bedrock.amazonaws.com")
    granted = [
        allow(CREATE, BASE, *NEW),
        allow("bedrock:TagResource", f"{HERE}:model-customization-job/*"),
        allow("iam:PassRole", role),
    ]

    def said(*uses: str) -> str:
        bedrock = harness.acting("bedrock", *granted, *(allow(use, key, **VIA) for use in uses))
        return refusal(bedrock.create_model_customization_job, **job(role), customModelKmsKeyId=key)

    for missing in CUSTOMIZE:
        assert f"{missing} on resource: {key}" in said(*(use for use in CUSTOMIZE if use != missing))
    assert said(*CUSTOMIZE) == ""


@pytest.mark.parametrize("missing", CUSTOMIZE)
def test_the_role_of_a_job_needs_all_four_uses_too(harness: EmulatorHarness, missing: str) -> None:
    key = harness.key()
    uses = [allow(use, key, **VIA) for use in CUSTOMIZE if use != missing]
    role = harness.role("bedrock.amazonaws.com", *uses, trust=TRUST)
    start = harness.client("bedrock").create_model_customization_job
    with pytest.raises(ClientError, match=f"{role} is not authorized to perform {missing} on {key}"):
        start(**job(role), customModelKmsKeyId=key)


def test_a_copy_under_a_key_needs_all_four_uses_of_it(harness: EmulatorHarness) -> None:
    key, source = harness.key(), "arn:aws:bedrock:us-west-2:111111111111:custom-model/amazon.nova-micro-v1:0:128k"
    asked = {"sourceModelArn": f"{source}/abcdefabcdef", "targetModelName": "copied", "modelKmsKeyId": key}
    copies = allow("bedrock:CreateModelCopyJob", asked["sourceModelArn"])

    def said(*uses: str) -> str:
        granted = (allow(use, key, **VIA) for use in uses)
        return refusal(harness.acting("bedrock", copies, *granted).create_model_copy_job, **asked)

    for missing in CUSTOMIZE:
        assert f"{missing} on resource: {key}" in said(*(use for use in CUSTOMIZE if use != missing))
    assert said(*CUSTOMIZE) == ""


def test_a_grant_is_made_by_bedrock_on_the_callers_behalf_and_not_by_the_caller(harness: EmulatorHarness) -> None:
    key, role = harness.key(), harness.role("bedrock.amazonaws.com")
    may = [
        allow(CREATE, BASE, *NEW),
        allow("bedrock:TagResource", f"{HERE}:model-customization-job/*"),
        allow("iam:PassRole", role),
        *(allow(use, key, **VIA) for use in CUSTOMIZE if use != "kms:CreateGrant"),
    ]
    grantee = {"KeyId": key, "GranteePrincipal": role, "Operations": ["Decrypt"]}

    def said(statement: dict[str, Any]) -> tuple[str, str]:
        """Of the job, and of a grant that the caller makes by herself."""
        start = harness.acting("bedrock", *may, statement).create_model_customization_job
        grant = harness.acting("kms", statement).create_grant
        return refusal(start, **job(role), customModelKmsKeyId=key), refusal(grant, **grantee)

    allowed, refused = said(allow("kms:CreateGrant", key, Bool={"kms:GrantIsForAWSResource": "true"}))
    assert allowed == ""
    assert "kms:CreateGrant" in refused
    refused, allowed = said(allow("kms:CreateGrant", key, BoolIfExists={"kms:GrantIsForAWSResource": "false"}))
    assert f"kms:CreateGrant on resource: {key}" in refused
    assert allowed == ""


def test_the_key_of_grants_is_in_no_other_use_of_a_key(harness: EmulatorHarness) -> None:
    key, role = harness.key(), harness.role("bedrock.amazonaws.com")
    start = [allow(CREATE, BASE, *NEW), allow("bedrock:TagResource", f"{HERE}:model-customization-job/*")]
    granted = [*start, allow("iam:PassRole", role), allow("kms:CreateGrant", key, **VIA)]
    bedrock = harness.acting(
        "bedrock", *granted, *(allow(use, key, Bool={"kms:GrantIsForAWSResource": "true"}) for use in CUSTOMIZE)
    )
    said = refusal(bedrock.create_model_customization_job, **job(role), customModelKmsKeyId=key)
    assert f"kms:Decrypt on resource: {key}" in said


@pytest.fixture(scope="module")
def model(harness: EmulatorHarness) -> tuple[str, str]:
    """Creates an encrypted custom model. Returns its ARN and the key's."""
    key, name, s3 = harness.key(), f"b-{uuid.uuid4().hex[:8]}", harness.client("s3")
    harness.client("kms").create_alias(AliasName="alias/models", TargetKeyId=key)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="train.jsonl", Body="\n".join(map(line, range(120))).encode())
    objects = [allow(f"s3:{verb}Object", f"arn:aws:s3:::{name}/*") for verb in ("Get", "Put")]
    granted = *objects, allow("bedrock:InvokeModel", PROFILE), TEACHER, *(allow(use, key, **VIA) for use in CUSTOMIZE)
    made = job(harness.role("bedrock.amazonaws.com", *granted, trust=TRUST))
    made |= {
        "trainingDataConfig": {"s3Uri": f"s3://{name}/train.jsonl"},
        "outputDataConfig": {"s3Uri": f"s3://{name}/out/"},
    }
    bedrock = harness.client("bedrock")
    arn = bedrock.create_model_customization_job(**made, customModelKmsKeyId=key)["jobArn"]
    get = bedrock.get_model_customization_job
    made_of = harness.until(lambda: get(jobIdentifier=arn).get("outputModelArn"))
    return str(made_of), key


def test_an_encrypted_model_is_hosted_and_asked_only_with_its_key(
    harness: EmulatorHarness, model: tuple[str, str]
) -> None:
    arn, key = model
    host = allow("bedrock:CreateCustomModelDeployment", arn)
    ask = allow("bedrock:InvokeModel", f"{HERE}:custom-model-deployment/*")
    decrypt = allow("kms:Decrypt", key, **VIA)
    named = {"modelDeploymentName": f"d-{uuid.uuid4().hex[:8]}", "modelArn": arn}
    refused = f"kms:Decrypt on resource: {key}"
    assert refused in refusal(harness.acting("bedrock", host).create_custom_model_deployment, **named)
    buyer = harness.acting("bedrock", allow("bedrock:CreateProvisionedModelThroughput", arn))
    units = {"provisionedModelName": "live", "modelId": arn, "modelUnits": 1}
    assert refused in refusal(buyer.create_provisioned_model_throughput, **units)
    made = harness.acting("bedrock", host, decrypt).create_custom_model_deployment(**named)
    endpoint, bedrock = made["customModelDeploymentArn"], harness.client("bedrock")
    get = bedrock.get_custom_model_deployment
    harness.until(lambda: get(customModelDeploymentIdentifier=endpoint)["status"] == "Active")

    def said(*statements: dict[str, Any]) -> str:
        return refusal(harness.acting("bedrock-runtime", ask, *statements).converse, modelId=endpoint, **QUESTION)

    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/models"}}
    by_another = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/others"}}
    anywhere = "arn:aws:kms:us-east-1:111111111111:key/*"
    assert refused in said()
    generate = allow("kms:GenerateDataKey", key, **VIA)
    assert refused in said(generate, allow("kms:Decrypt", anywhere, **VIA, **by_another))
    assert "kms:GenerateDataKey" in said(decrypt)
    assert said(generate, allow("kms:Decrypt", anywhere, **VIA, **by_alias)) == ""
    assert said(generate, decrypt) == ""


def test_a_copy_needs_the_key_of_the_original_by_the_aliases_that_it_has_there(
    harness: EmulatorHarness, model: tuple[str, str]
) -> None:
    arn, key = model
    west = {"StringEquals": {"kms:ViaService": "bedrock.us-west-2.amazonaws.com"}}
    copies = allow("bedrock:CreateModelCopyJob", arn)

    def said(*statements: dict[str, Any]) -> str:
        there = harness.acting("bedrock", copies, *statements, region="us-west-2")
        return refusal(there.create_model_copy_job, sourceModelArn=arn, targetModelName=f"c-{uuid.uuid4().hex[:8]}")

    refused = f"kms:Decrypt on resource: {key}"
    assert refused in said()
    assert refused in said(allow("kms:Decrypt", key, **VIA)), "Bedrock of the copy's Region uses it"
    for alias, allowed in (("alias/others", False), ("alias/models", True)):
        by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
        assert (said(allow("kms:Decrypt", "*", **west, **by_alias)) == "") == allowed


def test_another_account_uses_a_key_only_as_the_key_s_policy_says(
    harness: EmulatorHarness, model: tuple[str, str]
) -> None:
    arn, key = model
    other = EmulatorHarness(harness.account.beside("222222222222"))
    asked = {"sourceModelArn": arn, "targetModelName": "copied"}
    kms = harness.client("kms")
    owned = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    root = {"AWS": "arn:aws:iam::222222222222:root"}
    admitted = {"Effect": "Allow", "Principal": root, "Action": "kms:Decrypt", "Resource": "*"}
    assert f"kms:Decrypt on resource: {key}" in refusal(other.client("bedrock").create_model_copy_job, **asked)
    policy = json.dumps(owned | {"Statement": [*owned["Statement"], admitted]})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    with pytest.raises(ClientError, match="is not shared with the account"):
        other.client("bedrock").create_model_copy_job(**asked)


def test_a_model_whose_base_cannot_be_shared_is_not_shared(harness: EmulatorHarness, model: tuple[str, str]) -> None:
    asked = {"name": "s", "resourceArns": [model[0]], "principals": ["222222222222"], "allowExternalPrincipals": False}
    with pytest.raises(ClientError, match=r"customized from amazon.* cannot be shared"):
        harness.client("ram").create_resource_share(**asked)
