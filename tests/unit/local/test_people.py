"""Users of the local account hold the policies that stacks declare, and nothing else."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local import people
from local.account import LocalAccount
from local.deploy import Deployment
from local.emulator import process
from tests.unit.local.test_deploy import assembly

pytestmark = pytest.mark.slow

WHERE = {"home": "us-east-1", "inference": "us-east-2"}


def declaring(output: str, action: str) -> dict[str, Any]:
    """Returns a template with one managed policy, and its ARN."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {
        "Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}},
        "Outputs": {output: {"Value": {"Ref": "P"}}},
    }


def may(account: LocalAccount, variables: dict[str, str]) -> dict[str, bool]:
    """Returns which of two calls a user may make."""
    keys: dict[str, Any] = {name.lower(): value for name, value in variables.items()}
    found = {}
    for kind, service, call in (("operator", "sqs", "list_queues"), ("caller", "sns", "list_topics")):
        client: Any = boto3.client(service, region_name="us-east-1", endpoint_url=account.endpoint, **keys)  # type: ignore[call-overload]  # by name
        try:
            getattr(client, call)()
        except ClientError as error:
            found[kind] = "is not authorized to perform" not in str(error)
        else:
            found[kind] = True
    return found


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> LocalAccount:
    return LocalAccount(state=tmp_path_factory.mktemp("account"), port=0)


def test_a_person_may_what_the_stacks_declare_for_people_of_that_kind(account: LocalAccount, tmp_path: Path) -> None:
    running = process.start(account)
    try:
        templates = {
            "Home": declaring("OperatorPolicyArn", "sqs:ListQueues"),
            "Serving": declaring("CallerPolicyArn", "sns:ListTopics"),
        }
        out = assembly(tmp_path / "cdk.out", templates, {})
        for name, stack in (("Home", "pipeline"), ("Serving", "serving")):
            manifest = out / "manifest.json"
            manifest.write_text(manifest.read_text().replace(f"dev-{name}", f"distillery-dev-{stack}"))
        Deployment(running).up(out)
        assert people.find_credentials(running, "dev") == {}
        operator, caller = (people.credentials(running, "dev", kind, **WHERE) for kind in ("operator", "caller"))
        assert may(running, operator) == {"operator": True, "caller": False}
        assert may(running, caller) == {"operator": False, "caller": True}
        both = people.credentials(running, "dev", **WHERE)
        assert may(running, both) == {"operator": True, "caller": True}
        assert people.credentials(running, "dev", **WHERE) == people.find_credentials(running, "dev") == both
    finally:
        process.stop(running.state)
    assert people.find_credentials(running, "dev") == {}, "a new account would not have these users"
