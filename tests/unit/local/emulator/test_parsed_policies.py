"""A policy that was parsed before is not taken for another, and a caller is who ministack says."""

import pytest
from ministack.core import iam_evaluator
from ministack.services import sts

from local.emulator.hooks.parsed_policies import request_caller_arn
from tests.unit.local.emulator.harness import EmulatorHarness, allow, document
from tests.unit.local.emulator.test_access import refusal

SESSION = "arn:aws:sts::111111111111:assumed-role/team/session"


def test_a_changed_policy_applies_to_the_next_request(harness: EmulatorHarness) -> None:
    role = harness.role(harness.account.account)
    got = harness.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    ssm = harness.client(
        "ssm",
        aws_access_key_id=got["AccessKeyId"],
        aws_secret_access_key=got["SecretAccessKey"],
        aws_session_token=got["SessionToken"],
    )

    iam, named = harness.client("iam"), {"RoleName": role.rsplit("/", 1)[1], "PolicyName": "own"}
    seen = []
    for action in ("ssm:DescribeParameters", "ssm:GetParameter", "ssm:DescribeParameters"):
        iam.put_role_policy(**named, PolicyDocument=document(allow(action, "*")))
        seen.append(refusal(ssm.describe_parameters) == "")
    iam.delete_role_policy(**named)
    assert [*seen, refusal(ssm.describe_parameters) == ""] == [True, False, True, False]


@pytest.mark.parametrize("key", ["", "111111111111", "ASIAKNOWN", "ASIAOTHER", "AKIAUNKNOWN"])
def test_a_request_has_the_caller_that_ministack_finds(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"Arn": SESSION, "AccountId": "111111111111", "SecretAccessKey": "s", "SessionToken": "t"}
    monkeypatch.setitem(sts._sessions, "ASIAKNOWN", known)
    monkeypatch.setitem(sts._sessions, "ASIAOTHER", known | {"Arn": SESSION.replace("111111111111", "222222222222")})
    headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20251201/us-east-1/sqs/aws4_request"}
    assert request_caller_arn(headers) == iam_evaluator.request_caller_arn(headers)
    assert (request_caller_arn(headers) == SESSION) == (key == "ASIAKNOWN")
