"""One process holds any number of accounts: what one of them has, no other one sees, calls or is billed for."""

import uuid
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_function_urls import BOTH, Url, _root, _user

OTHER = "222222222222"


@pytest.fixture
def other(harness: EmulatorHarness) -> EmulatorHarness:
    return EmulatorHarness(harness.account.beside(OTHER))


def test_each_account_has_its_own_root(harness: EmulatorHarness, other: EmulatorHarness) -> None:
    named = [each.client("sts").get_caller_identity()["Arn"] for each in (harness, other)]
    assert named == [f"arn:aws:iam::{harness.account.account}:root", f"arn:aws:iam::{OTHER}:root"]
    assert harness.account.beside(None) == harness.account


def test_a_bucket_is_closed_to_the_root_of_another_account(harness: EmulatorHarness, other: EmulatorHarness) -> None:
    name = f"b-{uuid.uuid4().hex[:8]}"
    harness.client("s3").create_bucket(Bucket=name)
    with pytest.raises(ClientError, match="AccessDenied"):
        other.client("s3").put_object(Bucket=name, Key="a", Body=b"")
    assert name not in [each["Name"] for each in other.client("s3").list_buckets()["Buckets"]]


def test_a_user_acts_in_its_own_account(other: EmulatorHarness) -> None:
    keys, user = _user(other, allow("sqs:ListQueues", "*"))
    own = {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key}
    assert other.client("sts", **own).get_caller_identity()["Account"] == OTHER == user["Arn"].split(":")[4]
    with pytest.raises(ClientError, match="not authorized"):
        other.client("sns", **own).list_topics()


def test_a_functions_url_admits_callers_of_another_account_only_by_its_policy(
    harness: EmulatorHarness, other: EmulatorHarness
) -> None:
    url = Url(harness)
    callers: list[Credentials] = [_root(other), _user(other, *(allow(action, url.function) for action in BOTH))[0]]
    assert [url.ask(caller)[0] for caller in (_root(harness), *callers)] == [200, 403, 403]
    more: dict[str, Any] = {"Principal": OTHER, "FunctionName": url.function}
    functions = harness.client("lambda")
    functions.add_permission(**more, StatementId="url", Action=BOTH[0], FunctionUrlAuthType="AWS_IAM")
    functions.add_permission(**more, StatementId="call", Action=BOTH[1])
    assert [url.ask(caller)[0] for caller in callers] == [200, 200]


def test_bedrock_keeps_a_state_for_each_account(harness: EmulatorHarness, other: EmulatorHarness) -> None:
    tags = [{"key": "a", "value": "b"}]
    source = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
    made = other.client("bedrock").create_inference_profile(
        inferenceProfileName=f"p-{uuid.uuid4().hex[:8]}", modelSource={"copyFrom": source}, tags=tags
    )["inferenceProfileArn"]
    assert made.split(":")[4] == OTHER
    assert other.client("bedrock").get_inference_profile(inferenceProfileIdentifier=made)["status"] == "ACTIVE"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        harness.client("bedrock").get_inference_profile(inferenceProfileIdentifier=made)
    held = {
        account: [each["arn"] for each in harness.admin("GET", f"inventory?account={account}")["inference_profiles"]]
        for account in (harness.account.account, OTHER)
    }
    assert made in held[OTHER]
    assert made not in held[harness.account.account]
