"""API keys of Bedrock: the account accepts the ones that its own credentials signed, for Bedrock alone."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.unit.local.emulator.harness import REGION, EmulatorHarness
from tests.unit.local.emulator.test_signatures import FORM, USER, _send

MODEL = "amazon.nova-pro-v1:0"
BODY = json.dumps({"messages": [{"role": "user", "content": [{"text": "where is my parcel"}]}]}).encode()
REFUSED = "Authentication failed: Please make sure your API Key is valid."


def key(
    keys: Credentials, action: str = "CallWithBearerToken", expires: int = 43_200, host: str = "bedrock.amazonaws.com"
) -> str:
    """A short-term key as aws-bedrock-token-generator makes it."""
    request = AWSRequest("POST", f"https://{host}/", params={"Action": action})
    request.headers["host"] = host
    SigV4QueryAuth(keys, "bedrock", REGION, expires=expires).add_auth(request)
    return "bedrock-api-key-" + b64encode(f"{str(request.url).removeprefix('https://')}&Version=1".encode()).decode()


def root(harness: EmulatorHarness) -> Credentials:
    return Credentials(*harness.account.root.values())


def converse(harness: EmulatorHarness, token: str) -> tuple[int, str]:
    url = f"{harness.account.endpoint}/model/{quote(MODEL, safe='')}/converse"
    return _send(url, BODY, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


def test_a_key_that_the_account_signed_is_served(harness: EmulatorHarness) -> None:
    status, told = converse(harness, key(root(harness)))
    assert (status, json.loads(told)["stopReason"]) == (200, "end_turn")


def test_a_session_signs_keys_too_and_may_do_no_more_with_them_than_without(harness: EmulatorHarness) -> None:
    for action, expected in (("bedrock:InvokeModel", 200), ("bedrock:ListCustomModels", 403)):
        role = harness.role(harness.account.account, {"Effect": "Allow", "Action": action, "Resource": "*"})
        got = harness.client("sts").assume_role(RoleArn=role, RoleSessionName="key")["Credentials"]
        session = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
        status, told = converse(harness, key(session))
        assert status == expected, told


def refused_keys(harness: EmulatorHarness) -> dict[str, str]:
    keys = root(harness)
    tampered = key(keys)
    return {
        "a long-term key": "ABSKQmVkcm9ja0FQSUtleQ==",
        "no key": "x",
        "another secret": key(Credentials(harness.account.account, "local")),
        "a session of nobody": key(Credentials("ASIA0123456789ABCDEF", "secret", "token")),
        "another action": key(keys, action="GetCallerIdentity"),
        "another host": key(keys, host="sts.amazonaws.com"),
        "longer than twelve hours": key(keys, expires=43_201),
        "cut off": tampered[:-8],
        "not Base64": "bedrock-api-key-%%%",
    }


@pytest.mark.parametrize(
    "name",
    ["a long-term key", "no key", "another secret", "a session of nobody", "another action", "another host",
     "longer than twelve hours", "cut off", "not Base64"],
)  # fmt: skip
def test_a_key_that_the_account_did_not_issue_is_refused(harness: EmulatorHarness, name: str) -> None:
    status, told = converse(harness, refused_keys(harness)[name])
    assert (status, json.loads(told)["message"]) == (403, REFUSED)


@pytest.mark.parametrize("hours", [-13, 1])
def test_a_key_of_another_time_is_refused(
    harness: EmulatorHarness, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: then.replace(tzinfo=None))
    token = key(root(harness))
    monkeypatch.undo()
    status, told = converse(harness, token)
    assert (status, json.loads(told)["message"]) == (403, REFUSED)


def test_a_key_opens_nothing_but_bedrock(harness: EmulatorHarness) -> None:
    users = {user["UserName"] for user in harness.client("iam").list_users()["Users"]}
    token = {"Authorization": f"Bearer {key(root(harness))}"}
    for headers in (
        FORM,
        {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"},
    ):
        status, _ = _send(harness.account.endpoint, USER.encode(), {**headers, **token})
        assert status in (400, 403, 404)
    assert _send(f"{harness.account.endpoint}/_admin/clock", None, token, "GET")[0] == 403
    assert {user["UserName"] for user in harness.client("iam").list_users()["Users"]} == users
