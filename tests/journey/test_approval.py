"""A run over its budget waits until somebody with the right to approve it decides, and so does its student where data
is kept.
"""

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import ClientError

from distillery.client.errors import FunctionRefused
from distillery.client.function_url import post_signed
from distillery.core.judging import InconclusivePolicy
from distillery.core.names import PROMPTS_PREFIX, TAG_RECIPE
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe_options import OverBudgetPolicy
from local import people
from local.account import ROOT
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.notifications import listen
from tests.journey.policies import resource
from tests.journey.prompts import DELIVERY, jsonl, support
from tests.unit.stacks.assembly import settings_of


def _poor(deploy: Deploy) -> Environment:
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], budget_usd=Decimal("0.50"), over_budget=OverBudgetPolicy.APPROVE)
    recipe = replace(recipe, deciders=("user/distillery-dev-*approver",), inconclusive=InconclusivePolicy.WAIT)
    return deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}, "keep_data": True}))


def test_an_approved_run_proceeds_and_a_rejected_one_is_closed(deploy: Deploy) -> None:
    environment = _poor(deploy)
    notices = listen(environment)
    run = environment.start_run(support(*DELIVERY))
    (notice,) = environment.until(notices, "notice")
    assert f"distillery --env dev approve {run}" in notice["Message"]
    assert environment.ledger.run(run).outcome is Outcome.AWAITING
    assert environment.ledger.active() == {}
    refused = environment.command_as("approve", run, "--yes", by="operator")
    assert (refused.returncode, "AccessDenied" in refused.stderr) == (7, True)
    assert environment.executions() == []

    _cannot_invoke_directly(environment, run)
    other = environment.start_run(support(*DELIVERY)[:-1])
    environment.command("reject", other, "--reason", "one is enough", by="approver")
    declined = environment.ledger.run(other)
    assert (declined.outcome, declined.closed_by) == (Outcome.DECLINED, _arn(environment))

    _cannot_approve_own_upload(environment)
    tag = [{"Key": TAG_RECIPE, "Value": RECIPE}]  # every recipe names its deciders, and this one names this approver
    environment.client("iam").tag_user(UserName="distillery-dev-approver", Tags=tag)
    assert "has started" in environment.command("approve", run, "--yes", by="approver")
    record = environment.wait_for_run(run)
    assert record.run.approved_usd == record.run.dataset.at_most_usd
    assert record.outcome is Outcome.AWAITING_ACCEPTANCE, record.reason
    assert environment.ledger.active() == {}
    assert record.stages[Stage.DISTILLATION].ended
    _goes_live_by_a_person(environment, run)
    assert record.approved_by == _arn(environment)
    assert f"approved by {_arn(environment)}" in environment.command("status").replace("\n", " ")
    _cannot_roll_back_a_recipe_of_others(environment)


def _goes_live_by_a_person(environment: Environment, run: str) -> None:
    """The operator, who uploads prompts, cannot accept their student."""
    refused = environment.command_as("accept", run, "--reason", "mine", by="operator")
    assert (refused.returncode, "AccessDenied" in refused.stderr) == (7, True)
    assert "is going live" in environment.command("accept", run, "--reason", "as good", by="approver")
    environment.until(
        environment.fast_forwarding(lambda: not environment.ledger.run(run).promoting), "end of the promotion"
    )
    record = environment.ledger.run(run)
    assert (record.outcome, record.accepted_by) == (Outcome.PROMOTED, _arn(environment)), record.reason
    assert environment.ledger.active() == {}
    assert f"accepted by {_arn(environment)}: as good" in environment.command("status").replace("\n", " ")


def _cannot_roll_back_a_recipe_of_others(environment: Environment) -> None:
    """The operator's policy allows the invocation, but the recipe does not name this operator as a decider."""
    url, asked = str(environment.outputs["decisions"]["rollback"]), {"recipe": RECIPE, "version": 1}
    keys = environment.credentials("operator")
    session = boto3.Session(
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"]
    )
    with pytest.raises(FunctionRefused, match="only the deciders in its settings") as refused:
        post_signed(session, url, asked, region=environment.home)
    assert refused.value.name == "NotAdmitted"
    assert environment.ledger.active() == {}


def _arn(environment: Environment) -> str:
    return f"arn:aws:iam::{environment.account.account}:user/distillery-dev-approver"


def _cannot_approve_own_upload(environment: Environment) -> None:
    """Where data is retained, even somebody with both rights cannot approve their own upload."""
    name, where = environment.settings.environment, {"home": environment.home, "inference": environment.inference}
    keys = people.credentials(environment.account, name, "operator", "approver", **where)
    given = {key.lower(): value for key, value in keys.items()}
    s3 = boto3.client("s3", region_name=environment.home, endpoint_url=environment.account.endpoint, **given)  # type: ignore[call-overload]  # of any client
    known = {record.run.id for record in environment.runs()}
    bucket, key = str(environment.outputs["prompts_bucket"]), f"{PROMPTS_PREFIX}{RECIPE}/own.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=jsonl(support(*DELIVERY)[1:]))
    run = environment.until(lambda: {record.run.id for record in environment.runs()} - known, "run").pop()
    user = environment.client("iam").get_user(UserName=f"distillery-{name}-operator-approver")["User"]["UserId"]
    environment.until(lambda: f"uploaded by {user}" in environment.command("status").replace("\n", " "), "uploader")
    command = [sys.executable, "-m", "distillery", "--env", name, "approve", run, "--yes"]
    environ = {**environment.account.environ(environment.home), **keys}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (done.returncode, "requires a second person, and you uploaded" in done.stderr) == (4, True), done.stderr
    environment.command("reject", run, by="approver")


def _cannot_invoke_directly(environment: Environment, run: str) -> None:
    """An approver invokes the function directly, with an event that claims to come from the chief approver."""
    iam = {"userArn": "arn:aws:iam::1:user/chief", "callerId": "AIDACHIEF", "accountId": "1"}
    usd = str(environment.ledger.run(run).run.dataset.at_most_usd)
    body = json.dumps({"run": run, "approve": True, "usd": usd})
    event = {"requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": iam}}, "body": body}
    name = resource(environment, "pipeline", "DatasetApprovalFunction")
    with pytest.raises(ClientError, match="not authorized to perform: lambda:InvokeFunction"):
        environment.client_as("approver", "lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    answer = environment.client("lambda").invoke(FunctionName=name, Payload=body.encode())
    assert b"direct invocation has no caller" in answer["Payload"].read()
    assert environment.ledger.run(run).outcome is Outcome.AWAITING
