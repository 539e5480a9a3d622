"""The service control policy of docs/threat-model.md: it stops administrators but nobody who needs the permissions."""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import boto3
import pytest

from distillery.core.names import LOGGING_OWNER, TAG_ENVIRONMENT, Names
from tests.policy.engine import Ask, Keys, decide
from tests.policy.policy_holders import ACCOUNT, holders
from tests.policy.synthesis import templates
from tests.policy.templates import Json, as_list

ROOT = Path(__file__).parents[2]
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
ADMINISTRATOR, DEPLOYMENT = f"{ROLE}/admin", f"{ROLE}/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"
OURS, PERSON = f"{ROLE}/distillery-dev-pipeline-PromotionFunctionRole1-abc", f"arn:aws:iam::{ACCOUNT}:user/ana"
LONGEST = 5120
"""Maximum length of a service control policy (AWS Organizations, quotas). The console removes white space."""

HERE = f"us-east-1:{ACCOUNT}"
FUNCTION, PARAMETER = (
    f"arn:aws:lambda:{HERE}:function:distillery-dev-serving-Function1-abc",
    f"arn:aws:ssm:{HERE}:parameter",
)
DEV = Names("dev")
TAGGED: Keys = {f"aws:ResourceTag/{TAG_ENVIRONMENT}": "dev"}
CLAIMED: Keys = {f"aws:RequestTag/{TAG_ENVIRONMENT}": "dev", "aws:TagKeys": [TAG_ENVIRONMENT]}


def _attacks() -> Iterator[tuple[str, str, str, Keys]]:
    """Yields the attack, the action, the resource and the condition keys."""
    for name in ("distillery-dev-pipeline-PromotionFunctionRole1-abc", "distillery-mine", DEPLOYMENT.partition("/")[2]):
        for action in ("AttachRolePolicy", "CreateRole", "PassRole", "PutRolePolicy", "UpdateAssumeRolePolicy"):
            yield "roles", f"iam:{action}", f"{ROLE}/{name}", {}
    for action in ("AddPermission", "UpdateFunctionCode", "UpdateFunctionConfiguration", "UpdateFunctionUrlConfig"):
        yield "functions", f"lambda:{action}", FUNCTION, {}
    yield "the word of a caller", "lambda:InvokeFunction", f"{FUNCTION}:url", {}
    said = (DEV.alias("support"), DEV.route("teacher"), DEV.pipeline, DEV.serving, DEV.collection, LOGGING_OWNER)
    for name in said:
        for action in ("PutParameter", "DeleteParameter", "DeleteParameters"):
            yield "parameters", f"ssm:{action}", f"{PARAMETER}{name}", {}
    for kind, action in (
        ("custom-model", "CreateCustomModelDeployment"),
        ("custom-model", "CreateModelCopyJob"),
        ("custom-model", "DeleteCustomModel"),
        ("custom-model", "PutResourcePolicy"),
        ("model-customization-job", "StopModelCustomizationJob"),
        ("custom-model-deployment", "UpdateCustomModelDeployment"),
        ("custom-model-deployment", "DeleteCustomModelDeployment"),
        ("custom-model-deployment", "TagResource"),
        ("custom-model-deployment", "UntagResource"),
        ("provisioned-model", "UpdateProvisionedModelThroughput"),
        ("provisioned-model", "DeleteProvisionedModelThroughput"),
        ("application-inference-profile", "DeleteInferenceProfile"),
    ):
        yield "what is tagged", f"bedrock:{action}", f"arn:aws:bedrock:{HERE}:{kind}/abc", TAGGED
    yield "what is not", "bedrock:TagResource", f"arn:aws:bedrock:{HERE}:custom-model-deployment/mine", CLAIMED
    for verb in ("Put", "Delete"):
        yield "logs", f"bedrock:{verb}ModelInvocationLoggingConfiguration", f"arn:aws:bedrock:{HERE}:whatever", {}


ATTACKS = list(_attacks())


@functools.cache
def _policy() -> Json:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    (fenced,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    found: Json = json.loads(fenced)
    return found


def _under(statements: Iterable[Json]) -> Json:
    """Returns what the policy leaves to an administrator: everything that it does not deny."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [everything, *statements]}


def _allowed(statements: Iterable[Json], asks: list[Ask]) -> list[Ask]:
    (decided,) = decide([(_under(statements), asks)])
    return [ask for ask, allowed in zip(asks, decided, strict=True) if allowed]


def _asked_by(principal: str) -> list[Ask]:
    return [Ask(action, resource, keys, principal) for _, action, resource, keys in ATTACKS]


def test_it_has_the_form_and_length_that_aws_takes() -> None:
    policy = _policy()
    assert policy.keys() == {"Version", "Statement"}
    assert policy["Version"] == "2012-10-17"
    assert len(json.dumps(policy, separators=(",", ":"))) <= LONGEST
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(set(sids)) == len(sids)
    for statement in policy["Statement"]:
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource", "Condition"}, (
            "a service control policy has no Principal"
        )
        assert statement["Effect"] == "Deny"
        assert re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"])


def test_each_of_its_actions_exists() -> None:
    known = {"iam:PassRole", "lambda:InvokeFunction"}  # permissions without an operation of the same name
    for action in {action for statement in _policy()["Statement"] for action in as_list(statement["Action"])} - known:
        service, _, name = action.partition(":")
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        assert name in client.meta.service_model.operation_names, action


def test_an_administrator_is_refused_each_attack() -> None:
    assert _allowed([], _asked_by(ADMINISTRATOR)) == _asked_by(ADMINISTRATOR), "they must be allowed without the policy"
    assert _allowed(_policy()["Statement"], _asked_by(ADMINISTRATOR)) == []


@pytest.mark.parametrize("sid", [statement["Sid"] for statement in _policy()["Statement"]])
def test_no_statement_can_be_taken_away(sid: str) -> None:
    rest = [statement for statement in _policy()["Statement"] if statement["Sid"] != sid]
    assert _allowed(rest, _asked_by(ADMINISTRATOR))


def test_a_function_of_ours_changes_no_function() -> None:
    asks = [ask for ask in _asked_by(OURS) if ask.action.startswith("lambda:")]
    assert _allowed(_policy()["Statement"], asks) == []


def test_a_deployment_goes_on() -> None:
    asks = [ask for ask in _asked_by(DEPLOYMENT) if not ask.action.endswith(":InvokeFunction")]
    assert _allowed(_policy()["Statement"], asks) == asks


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_functions_and_people_do_their_work_under_it(environment: str) -> None:
    for holder in holders(templates(environment)):
        principal = PERSON if holder.person else OURS
        asks = [Ask(ask.action, ask.resource, ask.keys, principal) for ask in holder.examples()]
        assert _allowed(_policy()["Statement"], asks) == asks, holder.name
