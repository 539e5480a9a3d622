"""State machines wait, retry, time out and end as on AWS, by the account's clock."""

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from local.account import LocalAccount
from local.emulator.clock import VirtualClock
from local.emulator.hooks.machine_names import MACHINE
from local.emulator.hooks.waits import retry_delay
from tests.unit.local.emulator.harness import EmulatorHarness, allow, ended, task

ECHO = "def handler(event, context): return event"
FAIL = "class Busy(Exception): pass\ndef handler(event, context): raise Busy('try later')"
ANSWER = """
import boto3
def handler(event, context):
    sfn = boto3.client("stepfunctions")
    sfn.send_task_success(taskToken=event["token"], output="1")
    try:
        sfn.send_task_success(taskToken=event["token"], output="2")
    except sfn.exceptions.TaskTimedOut:
        pass
"""
CALLBACK = "arn:aws:states:::lambda:invoke.waitForTaskToken"
TOKEN: dict[str, Any] = {"Resource": CALLBACK, "Payload": {"token.$": "$$.Task.Token"}}
ON_MACHINES = allow("states:SendTaskSuccess", "arn:aws:states:us-east-1:111111111111:stateMachine:*")


def test_a_wait_of_three_hours_takes_three_virtual_hours(harness: EmulatorHarness) -> None:
    done = harness.run(harness.machine({"W": {"Type": "Wait", "Seconds": 10800, "End": True}}))
    hours = (done["stopDate"] - done["startDate"]).total_seconds() / 3600
    assert (done["status"], round(hours)) in {("SUCCEEDED", 3), ("SUCCEEDED", 4)}


def test_an_execution_is_dated_by_the_virtual_clock(harness: EmulatorHarness, account: LocalAccount) -> None:
    done = harness.run(harness.machine({"P": {"Type": "Succeed"}}))
    assert datetime(2025, 12, 1, tzinfo=UTC) <= done["startDate"] <= VirtualClock(account.clock_file).now()


@pytest.mark.parametrize(
    ("retrier", "attempts", "seconds"),
    [
        ({}, 0, 1),
        ({"IntervalSeconds": 600}, 0, 600),
        ({"IntervalSeconds": 600}, 2, 2400),
        ({"IntervalSeconds": 600, "MaxDelaySeconds": 900}, 2, 900),
        ({"IntervalSeconds": 5, "BackoffRate": 1}, 3, 5),
    ],
)
def test_a_retry_waits_as_long_as_its_retrier_says(retrier: dict[str, Any], attempts: int, seconds: float) -> None:
    assert retry_delay(retrier, attempts) == seconds


def test_a_retry_matches_the_exceptions_class_and_waits_virtual_time(harness: EmulatorHarness) -> None:
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1800, "MaxAttempts": 2, "BackoffRate": 1}]
    done = harness.run(harness.machine({"T": task(harness.function(FAIL), Retry=retry)}))
    assert (done["status"], done["error"]) == ("FAILED", "Busy")
    assert (done["stopDate"] - done["startDate"]).total_seconds() >= 3600


def test_a_callback_task_ends_with_the_first_answer_to_its_token(harness: EmulatorHarness) -> None:
    done = harness.run(harness.machine({"T": task(harness.function(ANSWER, ON_MACHINES), **TOKEN)}))
    assert (done["status"], done.get("output")) == ("SUCCEEDED", "1")


def test_an_answer_is_authorized_on_the_tokens_state_machine(harness: EmulatorHarness) -> None:
    elsewhere = allow("states:SendTaskSuccess", "arn:aws:states:us-east-1:111111111111:stateMachine:another")
    done = harness.run(harness.machine({"T": task(harness.function(ANSWER, elsewhere), **TOKEN)}))
    assert "AccessDenied" in done["cause"]


def test_a_callback_task_fails_when_its_function_does(harness: EmulatorHarness) -> None:
    done = harness.run(harness.machine({"T": task(harness.function(FAIL), **TOKEN)}))
    assert (done["status"], done["error"]) == ("FAILED", "Busy")


@pytest.mark.parametrize(
    ("limit", "error"), [("TimeoutSeconds", "States.Timeout"), ("HeartbeatSeconds", "States.HeartbeatTimeout")]
)
def test_a_callback_task_gives_up_after_its_virtual_time(harness: EmulatorHarness, limit: str, error: str) -> None:
    done = harness.run(harness.machine({"T": task(harness.function(ECHO), **TOKEN, **{limit: 3600})}))
    assert (done["status"], done["error"]) == ("FAILED", error)


def test_an_unknown_token_is_invalid(harness: EmulatorHarness) -> None:
    sfn = harness.client("stepfunctions")
    with pytest.raises(sfn.exceptions.InvalidToken):
        sfn.send_task_success(taskToken="never-issued", output="{}")


def test_a_machine_times_out_and_an_event_says_so(harness: EmulatorHarness) -> None:
    wait = {"Type": "Wait", "Seconds": 864000, "End": True}
    url, queue = harness.queue("events.amazonaws.com")
    machine = harness.machine({"W": wait}, TimeoutSeconds=7200)
    events = harness.client("events")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": ["TIMED_OUT"]}}
    events.put_rule(Name="timed-out", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="timed-out", Targets=[{"Id": "q", "Arn": queue}])
    assert harness.run(machine)["status"] == "TIMED_OUT"
    assert harness.message(url)["detail"]["status"] == "TIMED_OUT"


def test_a_stopped_execution_stays_aborted_and_calls_nothing_more(harness: EmulatorHarness) -> None:
    url, queue = harness.queue()
    sent = allow("sqs:SendMessage", queue)
    tell = f"import boto3\ndef handler(e, c): boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody='{{}}')"
    branch = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "Next": "T"}}}
    branch["States"] |= {"T": task(harness.function(tell, sent))}  # type: ignore[operator]  # a literal's states
    arn = harness.start(harness.machine({"P": {"Type": "Parallel", "Branches": [branch, branch], "End": True}}))
    sfn = harness.client("stepfunctions")
    sfn.stop_execution(executionArn=arn)
    harness.run(harness.machine({"W": {"Type": "Wait", "Seconds": 10800, "End": True}}))
    assert harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))["status"] == "ABORTED"
    assert "Messages" not in harness.client("sqs").receive_message(QueueUrl=url)


def test_a_machine_invokes_only_what_its_role_allows(harness: EmulatorHarness) -> None:
    done = harness.run(harness.machine({"T": task(harness.function(ECHO))}, allow("lambda:InvokeFunction", "arn:x")))
    assert done["error"] == "Lambda.AWSLambdaException"
    assert "not authorized to perform: lambda:InvokeFunction" in done["cause"]


def test_branches_have_contexts_of_their_own(harness: EmulatorHarness) -> None:
    named = {"Type": "Pass", "Parameters": {"name.$": "$$.State.Name"}, "End": True}
    slow = {"Type": "Wait", "Seconds": 1800, "Next": "B"}
    branches = [
        {"StartAt": "A", "States": {"A": named}},
        {"StartAt": "W", "States": {"W": slow, "B": named}},
    ]
    done = harness.run(harness.machine({"P": {"Type": "Parallel", "Branches": branches, "End": True}}))
    assert json.loads(done["output"]) == [{"name": "A"}, {"name": "B"}]


def test_each_attempt_of_a_callback_has_a_token_of_its_own(harness: EmulatorHarness) -> None:
    """A late answer to an attempt that has failed decides nothing about the next one."""
    url, queue = harness.queue()
    tell = f"""
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
"""
    function = harness.function(tell, allow("sqs:SendMessage", queue))
    retry = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    arn = harness.start(harness.machine({"T": task(function, **TOKEN, Retry=retry)}))
    sfn = harness.client("stepfunctions")
    first = harness.message(url)["token"]
    sfn.send_task_failure(taskToken=first, error="Again")
    second = harness.message(url)["token"]
    assert second != first
    with pytest.raises(sfn.exceptions.TaskTimedOut):
        sfn.send_task_failure(taskToken=first, error="Again")
    sfn.send_task_success(taskToken=second, output="1")
    assert harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))["status"] == "SUCCEEDED"


def test_a_machine_without_a_name_is_named_by_its_logical_id_and_keeps_the_name(harness: EmulatorHarness) -> None:
    """The stack's name is no part of it, so policies that name machines by a stack match none."""
    definition = {"StartAt": "P", "States": {"P": {"Type": "Succeed"}}}
    role = harness.role("states.amazonaws.com")
    of = f"s-{uuid.uuid4().hex[:8]}"
    cfn = harness.client("cloudformation")

    def template(comment: str) -> str:
        text = json.dumps(definition | {"Comment": comment})
        properties = {"RoleArn": role, "DefinitionString": text}
        return json.dumps({"Resources": {"Machine": {"Type": MACHINE, "Properties": properties}}})

    def machine() -> str:
        (made,) = cfn.describe_stack_resources(StackName=of)["StackResources"]
        return str(made["PhysicalResourceId"])

    cfn.create_stack(StackName=of, TemplateBody=template("first"))
    harness.until(lambda: cfn.describe_stacks(StackName=of)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    made = machine()
    assert re.fullmatch(r"Machine-[0-9A-Za-z]+", made.rpartition(":")[2])
    cfn.update_stack(StackName=of, TemplateBody=template("second"))
    harness.until(lambda: cfn.describe_stacks(StackName=of)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE")
    assert machine() == made
    said = harness.client("stepfunctions").describe_state_machine(stateMachineArn=made)["definition"]
    assert json.loads(said)["Comment"] == "second"
