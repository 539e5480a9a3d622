"""Other users of this machine can create nothing in the account: every request must be signed with its secrets."""

import hashlib
import json
import os
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local.account import ROOT, SECRET_HEADER, LocalAccount
from local.emulator import process
from local.emulator.__main__ import command
from tests.unit.local.emulator.harness import REGION, EmulatorHarness

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
USER = "Action=CreateUser&UserName=intruder&Version=2010-05-08"
SECRETS = ["local", "test", "", "111111111111"]


def _send(url: str, body: bytes | None, headers: Mapping[str, str], method: str = "POST") -> tuple[int, str]:
    call = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310  # our own loopback address
    try:
        with urllib.request.urlopen(call, timeout=20) as answer:  # noqa: S310  # the same
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode(errors="replace")


def _signed(
    harness: EmulatorHarness, keys: Credentials, *, body: str = USER, service: str = "iam", path: str = "/", **more: str
) -> AWSRequest:
    request = AWSRequest("POST", harness.account.endpoint + path, data=body, headers=FORM | more)
    SigV4Auth(keys, service, REGION).add_auth(request)
    return request


def _sent(request: AWSRequest, *, body: str | None = None, **headers: str) -> tuple[int, str]:
    return _send(str(request.url), (body or str(request.data)).encode(), dict(request.headers) | headers)


def _root(harness: EmulatorHarness) -> Credentials:
    return Credentials(*harness.account.root.values())


def _users(harness: EmulatorHarness) -> set[str]:
    return {user["UserName"] for user in harness.client("iam").list_users()["Users"]}


@pytest.fixture
def nothing_created(harness: EmulatorHarness) -> Iterator[None]:
    before = _users(harness)
    yield
    assert _users(harness) == before


def _tampered_body(harness: EmulatorHarness) -> tuple[int, str]:
    return _sent(_signed(harness, _root(harness), body=USER.replace("intruder", "welcome")), body=USER)


def _tampered_path(harness: EmulatorHarness) -> tuple[int, str]:
    request = _signed(harness, _root(harness))
    return _send(f"{request.url}other", USER.encode(), dict(request.headers))


def _added_query(harness: EmulatorHarness) -> tuple[int, str]:
    request = _signed(harness, _root(harness), body="Action=ListUsers&Version=2010-05-08")
    return _send(f"{request.url}?{USER}", b"Action=ListUsers&Version=2010-05-08", dict(request.headers))


def _two_credentials(harness: EmulatorHarness) -> tuple[int, str]:
    """One signs, the other is who it is taken for."""
    made = harness.client("iam")
    name = f"weak-{os.urandom(4).hex()}"
    made.create_user(UserName=name)
    key = made.create_access_key(UserName=name)["AccessKey"]
    keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    query = urllib.parse.urlencode(
        {"X-Amz-Credential": f"{harness.account.account}/20260101/{REGION}/iam/aws4_request"}
    )
    answer = _sent(_signed(harness, keys, path=f"/?{query}"))
    made.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    made.delete_user(UserName=name)
    return answer


def _session_of_nobody(harness: EmulatorHarness) -> tuple[int, str]:
    return _sent(_signed(harness, Credentials("ASIA0123456789ABCDEF", "secret", "token")))


def _session_with_another_token(harness: EmulatorHarness) -> tuple[int, str]:
    role = harness.role(harness.account.account, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    got = harness.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return _sent(_signed(harness, Credentials(got["AccessKeyId"], got["SecretAccessKey"], "another")))


def _old(harness: EmulatorHarness) -> tuple[int, str]:
    request = _signed(harness, _root(harness))
    return _sent(request, **{"X-Amz-Date": "20200101T000000Z"})


def _unsigned_session(harness: EmulatorHarness) -> tuple[int, str]:
    body = (
        "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::111111111111:role/x&RoleSessionName=x&WebIdentityToken=x"
    )
    return _send(harness.account.endpoint, f"{body}&Version=2011-06-15".encode(), FORM)


ATTACKS: dict[str, Callable[[EmulatorHarness], tuple[int, str]]] = {
    "unsigned": lambda shop: _send(shop.account.endpoint, USER.encode(), FORM),
    "unsigned by GET": lambda shop: _send(f"{shop.account.endpoint}/?{USER}", None, {}, "GET"),
    "a bearer's key": lambda shop: _send(shop.account.endpoint, USER.encode(), FORM | {"Authorization": "Bearer x"}),
    "signature version 2": lambda shop: _send(
        shop.account.endpoint, USER.encode(), FORM | {"Authorization": f"AWS {shop.account.account}:x"}
    ),
    "a key alone": lambda shop: _send(
        shop.account.endpoint,
        USER.encode(),
        FORM
        | {"Authorization": f"AWS4-HMAC-SHA256 Credential={shop.account.account}/20260101/{REGION}/iam/aws4_request"},
    ),
    "ministack's own key": lambda shop: _sent(_signed(shop, Credentials("test", "test"))),
    "a tampered body": _tampered_body,
    "a tampered path": _tampered_path,
    "an added query": _added_query,
    "two credentials": _two_credentials,
    "a session of nobody": _session_of_nobody,
    "a session with another token": _session_with_another_token,
    "an old date": _old,
    "a web identity": _unsigned_session,
} | {
    f"root with the secret {secret!r}": lambda shop, secret=secret: _sent(
        _signed(shop, Credentials(shop.account.account, secret))
    )
    for secret in SECRETS
}


@pytest.mark.usefixtures("nothing_created")
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_not_signed_with_a_secret_of_the_account_creates_nothing(harness: EmulatorHarness, attack: str) -> None:
    status, told = ATTACKS[attack](harness)
    assert status in (400, 403), told


def test_the_same_request_signed_as_it_should_be_is_served(harness: EmulatorHarness) -> None:
    assert _sent(_signed(harness, _root(harness)))[0] == 200
    harness.client("iam").delete_user(UserName="intruder")


@pytest.mark.parametrize("path", ["clock", "quotas", "faults", "inventory", "latency"])
@pytest.mark.parametrize("secret", [None, "", "local", "x" * 43])
def test_the_accounts_own_paths_are_closed_without_its_secret(
    harness: EmulatorHarness, path: str, secret: str | None
) -> None:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    for method, body in (("GET", None), ("PUT", b"{}"), ("POST", b"{}"), ("DELETE", None)):
        assert _send(f"{harness.account.endpoint}/_admin/{path}", body, headers, method)[0] == 403


MINISTACKS = (
    *(f"/_ministack/{what}" for what in ("reset", "config", "state", "sqs/messages")),
    "//_ministack/reset",
    "/%5Fministack/reset",
    "/_localstack/health",
)


@pytest.mark.parametrize("path", MINISTACKS)
def test_a_reset_and_whatever_else_ministack_offers_is_closed(harness: EmulatorHarness, path: str) -> None:
    bucket = f"b-{os.urandom(4).hex()}"
    harness.client("s3").create_bucket(Bucket=bucket)
    for signed in (False, True):
        request = _signed(harness, _root(harness), path=path, body="{}")
        headers = dict(request.headers) if signed else {}
        assert (signed, _send(harness.account.endpoint + path, b"{}", headers)[0] < 400) == (signed, False)
    assert harness.client("s3").head_bucket(Bucket=bucket)


def test_only_a_random_token_answers_for_a_custom_resource(harness: EmulatorHarness) -> None:
    for path in ("cfn-response/x", "cfn-response/../reset", "cfn-response/"):
        assert _send(f"{harness.account.endpoint}/_ministack/{path}", b"{}", {}, "PUT")[0] == 403


def test_nobody_else_on_this_machine_can_read_the_secret(harness: EmulatorHarness) -> None:
    state, file = harness.account.state, harness.account.state / "account.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(harness.account.secret) >= 40
    assert json.loads(file.read_text())["secret"] == harness.account.secret
    pid = (state / "pid").read_text()
    for name in ("environ", "cmdline"):
        with open(f"/proc/{pid}/{name}", "rb") as told:
            assert harness.account.secret.encode() not in told.read()
    assert harness.account.secret not in (state / "emulator.log").read_text()
    assert harness.account.secret not in repr(harness.account)


def test_status_keeps_the_secret_to_itself(harness: EmulatorHarness, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["status", "--state", str(harness.account.state)]) == 0
    assert harness.account.secret not in capsys.readouterr().out


def test_each_start_has_a_secret_of_its_own(tmp_path: Any, harness: EmulatorHarness) -> None:
    other = process.start(LocalAccount(state=tmp_path / "other", port=0))
    try:
        assert other.secret != harness.account.secret
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            EmulatorHarness(replace(other, secret=harness.account.secret)).client("iam").list_users()
    finally:
        process.stop(other.state)


ECHO = """
import os
def handler(event, context):
    return {name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")}
"""


def test_what_a_function_signs_with_cannot_be_told_from_its_name(harness: EmulatorHarness) -> None:
    """ministack's own derivation, from what everybody can know."""
    function = harness.function(ECHO)
    answer = harness.client("lambda").invoke(FunctionName=function)
    own = json.loads(answer["Payload"].read())
    role = harness.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    digest = hashlib.sha256(f"{function}:{role}".encode()).hexdigest()
    assert own["AWS_ACCESS_KEY_ID"] == f"ASIA{digest[:16].upper()}"
    guessed = Credentials(
        own["AWS_ACCESS_KEY_ID"],
        hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
    )
    assert own["AWS_SECRET_ACCESS_KEY"] != guessed.secret_key
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    assert _sent(_signed(harness, guessed, body=body, service="sts"))[0] == 403
    assert _sent(_signed(harness, Credentials(*own.values()), body=body, service="sts"))[0] == 200


@pytest.mark.parametrize(("secret", "status"), [(None, 200), ("local", 403)])
def test_a_presigned_url_is_verified_too(harness: EmulatorHarness, secret: str | None, status: int) -> None:
    bucket = f"b-{os.urandom(4).hex()}"
    harness.client("s3").create_bucket(Bucket=bucket)
    harness.client("s3").put_object(Bucket=bucket, Key="a b/ü", Body=b"1")
    keys = Credentials(harness.account.account, secret or harness.account.secret)
    request = AWSRequest("GET", f"{harness.account.endpoint}/{bucket}/a%20b/%C3%BC")
    S3SigV4QueryAuth(keys, "s3", REGION, expires=60).add_auth(request)
    assert _send(str(request.url), None, {}, "GET")[0] == status
    query = AWSRequest("GET", f"{harness.account.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15")
    SigV4QueryAuth(keys, "sts", REGION, expires=60).add_auth(query)
    assert _send(str(query.url), None, {}, "GET")[0] == status


def test_a_large_body_in_chunks_arrives_as_it_was_signed(harness: EmulatorHarness) -> None:
    bucket, body = f"b-{os.urandom(4).hex()}", os.urandom(3_000_000)
    s3 = harness.client("s3")
    s3.create_bucket(Bucket=bucket)
    for more in ({}, {"ChecksumAlgorithm": "CRC32"}, {"ChecksumAlgorithm": "SHA256"}):
        s3.put_object(Bucket=bucket, Key="large", Body=body, **more)
        assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body


def test_a_connection_that_breaks_off_leaves_the_account_at_work(harness: EmulatorHarness) -> None:
    with socket.create_connection(("127.0.0.1", harness.account.port)) as half:
        half.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf")
    assert _users(harness) is not None


def test_env_lets_a_shell_in(harness: EmulatorHarness) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "local.emulator", "env", "--state", str(harness.account.state)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert f"AWS_SECRET_ACCESS_KEY={harness.account.secret}" in told
