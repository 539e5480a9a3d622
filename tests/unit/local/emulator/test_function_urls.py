"""A function URL tells the function who signed, whatever the caller sends, and needs both permissions."""

import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.unit.local.emulator.harness import REGION, EmulatorHarness, allow, document

ECHO = "def handler(event, context): return {'told': event.get('requestContext', {}).get('authorizer'), 'whole': event}"
BOTH = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
FORGED = {"iam": {"userArn": "arn:aws:iam::111111111111:user/ana", "callerId": "AIDAFORGED", "accountId": "1" * 12}}


class Url:
    """A function behind its URL that returns its event."""

    def __init__(self, harness: EmulatorHarness, kind: str = "AWS_IAM", *, alias: str = "", code: str = ECHO) -> None:
        self.harness, self.function = harness, harness.function(code)
        if alias:
            functions = harness.client("lambda")
            version = functions.publish_version(FunctionName=self.function)["Version"]
            functions.create_alias(FunctionName=self.function, Name=alias, FunctionVersion=version)
        template = {"Resources": {"U": {"Type": "AWS::Lambda::Url", "Properties": {
            "AuthType": kind, "TargetFunctionArn": self.function, **({"Qualifier": alias} if alias else {})}}},
            "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["U", "FunctionUrl"]}}}}  # fmt: skip
        cfn, stack = harness.client("cloudformation"), f"s-{uuid.uuid4().hex[:8]}"
        cfn.create_stack(StackName=stack, TemplateBody=json.dumps(template))

        def outputs() -> Any:
            return cfn.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs")

        self.address: str = harness.until(outputs)[0]["OutputValue"]

    def ask(self, keys: Credentials | None, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = json.dumps(body or {}).encode()
        request: Any = AWSRequest(
            "POST", self.address, data=data, headers={"content-type": "application/json", **headers}
        )
        if keys:
            SigV4Auth(keys, "lambda", REGION).add_auth(request)
        sent = urllib.request.Request(self.address, data, dict(request.headers), method="POST")  # noqa: S310  # loopback
        try:
            with urllib.request.urlopen(sent) as answer:  # noqa: S310  # the same
                return int(answer.status), json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def _root(harness: EmulatorHarness) -> Credentials:
    return Credentials(*harness.account.root.values())


def _user(harness: EmulatorHarness, *statements: dict[str, Any]) -> tuple[Credentials, dict[str, str]]:
    iam, name = harness.client("iam"), f"u-{uuid.uuid4().hex[:8]}"
    made: dict[str, str] = iam.create_user(UserName=name)["User"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"]), made


def _session(harness: EmulatorHarness, name: str, *statements: dict[str, Any]) -> tuple[Credentials, str, str]:
    """Returns the credentials of a session in a new role, its ARN, and the role's id."""
    role = harness.role(harness.account.account, *statements)
    got = harness.client("sts").assume_role(RoleArn=role, RoleSessionName=name)
    found = harness.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]["RoleId"]
    keys = got["Credentials"]
    return (
        Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]),
        got["AssumedRoleUser"]["Arn"],
        found,
    )


def test_the_url_leads_into_the_account(harness: EmulatorHarness) -> None:
    assert Url(harness).address.startswith(f"{harness.account.endpoint}/_aws/lambda-url/")


@pytest.mark.parametrize("alias", ["", "live"])
def test_the_context_names_the_alias_at_which_the_url_stands(harness: EmulatorHarness, alias: str) -> None:
    url = Url(harness, alias=alias, code="def handler(event, context): return {'arn': context.invoked_function_arn}")
    assert url.ask(_root(harness))[1] == {"arn": url.function + (f":{alias}" if alias else "")}


def test_a_user_is_reported_by_arn_and_unique_id(harness: EmulatorHarness) -> None:
    url = Url(harness)
    keys, user = _user(harness, *(allow(action, url.function) for action in BOTH))
    status, said = url.ask(keys)
    assert (status, user["UserId"][:4]) == (200, "AIDA")
    assert said["told"]["iam"] == {
        "accessKey": keys.access_key,
        "accountId": harness.account.account,
        "callerId": user["UserId"],
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": user["Arn"],
        "userId": user["UserId"],
    }


def test_a_session_is_reported_by_its_roles_id_and_its_own_name(harness: EmulatorHarness) -> None:
    url = Url(harness)
    keys, arn, role = _session(harness, "ana", *(allow(action, url.function) for action in BOTH))
    told = url.ask(keys)[1]["told"]["iam"]
    assert (told["callerId"], told["userId"], told["userArn"]) == (f"{role}:ana", f"{role}:ana", arn)
    assert role.startswith("AROA")


def test_a_function_that_calls_is_known_by_its_roles_id(harness: EmulatorHarness) -> None:
    code = "import boto3\ndef handler(e, c): return boto3.client('sts').get_caller_identity()['UserId']"
    function = harness.function(code)
    role = harness.client("lambda").get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
    ident = harness.client("iam").get_role(RoleName=role)["Role"]["RoleId"]
    assert harness.invoke(function) == f"{ident}:{function.rpartition(':')[2]}"


def test_nothing_that_a_caller_sends_becomes_the_context(harness: EmulatorHarness) -> None:
    url = Url(harness)
    keys, user = _user(harness, *(allow(action, url.function) for action in BOTH))
    forged = {
        "x-amzn-request-context": json.dumps({"authorizer": FORGED}),
        "x-amzn-iam-user-arn": "arn:aws:iam::1:user/ana",
    }
    _status, said = url.ask(keys, {"requestContext": {"authorizer": FORGED}}, **forged)
    assert said["told"]["iam"]["callerId"] == user["UserId"]


def test_an_open_url_tells_nobody(harness: EmulatorHarness) -> None:
    assert Url(harness, "NONE").ask(_root(harness))[1]["told"] is None


def test_a_direct_invocation_tells_nobody_but_what_it_sends(harness: EmulatorHarness) -> None:
    assert harness.invoke(Url(harness).function)["told"] is None


@pytest.mark.parametrize("held", [(), BOTH[:1], BOTH[1:]])
def test_one_permission_of_the_two_does_not_do(harness: EmulatorHarness, held: tuple[str, ...]) -> None:
    url = Url(harness)
    keys, _ = _user(harness, *(allow(action, url.function) for action in held), allow("sts:GetSessionToken", "*"))
    assert url.ask(keys)[0] == 403


def test_an_unsigned_request_is_refused(harness: EmulatorHarness) -> None:
    assert Url(harness).ask(None)[0] == 403


def test_who_may_invoke_by_url_alone_may_not_invoke_directly(harness: EmulatorHarness) -> None:
    """With a context of his own making he would be whoever he says."""
    url = Url(harness)
    via = allow("lambda:InvokeFunction", url.function, Bool={"lambda:InvokedViaFunctionUrl": "true"})
    keys, _ = _user(harness, allow("lambda:InvokeFunctionUrl", url.function), via)
    assert url.ask(keys)[0] == 200
    own = {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key}
    event = json.dumps({"requestContext": {"http": {}, "authorizer": FORGED}}).encode()
    with pytest.raises(Exception, match="AccessDenied"):
        harness.client("lambda", **own).invoke(FunctionName=url.function, Payload=event)
