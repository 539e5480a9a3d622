"""A Distributed Map: its items have executions of their own, which end with it, under the machine's role."""

from typing import Any

import pytest

from local.emulator.hooks import limits
from tests.unit.local.emulator.harness import EmulatorHarness, allow, ended, task

ACCOUNT = "arn:aws:states:us-east-1:111111111111"
START = allow("states:StartExecution", f"{ACCOUNT}:stateMachine:*")
FOLLOW = [allow(f"states:{what}Execution", f"{ACCOUNT}:execution:*/Items:*") for what in ("Describe", "Stop")]
INVOKE = allow("lambda:InvokeFunction", "*")
DISTRIBUTED = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
WAIT = {"Type": "Wait", "Seconds": 7200}


def each(states: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A Map that runs the states for each item."""
    processor = {"ProcessorConfig": DISTRIBUTED, "StartAt": next(iter(states)), "States": states}
    return {"Type": "Map", "ItemsPath": "$.items", "Label": "Items", "ItemProcessor": processor, "End": True, **options}


def machine(harness: EmulatorHarness, states: dict[str, Any], **options: Any) -> str:
    return harness.machine({"M": each(states, **options)}, START, *FOLLOW, INVOKE)


def children(harness: EmulatorHarness, arn: str) -> list[dict[str, Any]]:
    sfn = harness.client("stepfunctions")
    runs = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    return [one for run in runs for one in sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]]


def events(harness: EmulatorHarness, arn: str) -> list[str]:
    found = harness.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return [event["type"] for event in found]


def test_each_item_has_a_history_of_its_own(harness: EmulatorHarness) -> None:
    selector = {"own.$": "$$.Map.Item.Value", "all.$": "$.items"}
    done = harness.run(machine(harness, {"P": {"Type": "Pass", "End": True}}, ItemSelector=selector), items=[1, 2])
    assert done["output"] == '[{"own": 1, "all": [1, 2]}, {"own": 2, "all": [1, 2]}]'
    around = ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted"]
    ends = ["MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
    assert events(harness, done["executionArn"]) == around + ends
    own = ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    found = children(harness, done["executionArn"])
    assert [events(harness, child["executionArn"]) for child in found] == [own, own]


def test_items_end_with_the_execution_that_is_stopped(harness: EmulatorHarness) -> None:
    url, queue = harness.queue()
    tell = f"import boto3\ndef handler(e, c): boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody='{{}}')"
    tells = task(harness.function(tell, allow("sqs:SendMessage", queue)))
    arn = harness.start(machine(harness, {"W": WAIT | {"Next": "T"}, "T": tells}, MaxConcurrency=2), items=[1, 2, 3])
    sfn = harness.client("stepfunctions")
    harness.until(lambda: len(children(harness, arn)) == 2)
    sfn.stop_execution(executionArn=arn)
    harness.run(harness.machine({"W": WAIT | {"End": True}}))
    assert harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))["status"] == "ABORTED"
    assert {child["status"] for child in children(harness, arn)} == {"ABORTED"}
    assert harness.empty(url)
    assert events(harness, arn)[-1] == "ExecutionAborted"


def test_the_first_item_that_fails_ends_the_others_and_the_map(harness: EmulatorHarness) -> None:
    bad = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "W"}
    fail = {"Type": "Fail", "Error": "Bad", "Cause": "two"}
    done = harness.run(machine(harness, {"C": bad, "F": fail, "W": WAIT | {"End": True}}), items=[1, 2, 3])
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert sorted(child["status"] for child in children(harness, done["executionArn"])) == [
        *("ABORTED", "ABORTED", "FAILED")
    ]
    assert "MapRunFailed" in events(harness, done["executionArn"])


@pytest.mark.parametrize("missing", [START, *FOLLOW])
def test_a_role_that_may_not_run_items_fails_the_map(harness: EmulatorHarness, missing: dict[str, Any]) -> None:
    granted = [one for one in (START, *FOLLOW, INVOKE) if one is not missing]
    done = harness.run(harness.machine({"M": each({"P": {"Type": "Pass", "End": True}})}, *granted), items=[1])
    assert done["status"] == "FAILED"
    assert missing["Action"] in done["cause"]


def test_an_item_runs_its_tasks_under_the_machines_role(harness: EmulatorHarness) -> None:
    tasks = {"T": task(harness.function("def handler(event, context): return 1"))}
    done = harness.run(harness.machine({"M": each(tasks)}, START, *FOLLOW), items=[1])
    (child,) = children(harness, done["executionArn"])
    described = harness.client("stepfunctions").describe_execution(executionArn=child["executionArn"])
    assert described["error"] == "Lambda.AWSLambdaException"


def test_the_outputs_of_all_items_are_limited_even_where_they_are_discarded(harness: EmulatorHarness) -> None:
    pass_on = {"P": {"Type": "Pass", "End": True}}
    for length, status in ((2_000, "SUCCEEDED"), (limits.BYTES // 50, "FAILED")):
        selector = {"text": "x" * length}
        done = harness.run(machine(harness, pass_on, ItemSelector=selector, ResultPath=None), items=[*range(50)])
        assert done["status"] == status
