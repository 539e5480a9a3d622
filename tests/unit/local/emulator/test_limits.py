"""An execution has the limits, terminal errors and history of Step Functions."""

import json
from typing import Any

import pytest

from local.emulator.hooks import limits
from tests.unit.local.emulator.harness import EmulatorHarness, ended, task

BIG = "def handler(event, context): return 'x' * event['bytes']"
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
CAUGHT = {"Type": "Pass", "End": True}


def returning(harness: EmulatorHarness, size: int) -> dict[str, Any]:
    """Runs an execution whose only task, which catches all errors, returns a result of so many bytes."""
    of_size = task(harness.function(BIG), Payload={"bytes": size}, Catch=CATCH, ResultSelector={"r.$": "$.Payload"})
    return harness.run(harness.machine({"T": of_size, "Caught": CAUGHT}))


def test_a_result_of_more_than_256_kib_fails_the_execution_whatever_it_catches(harness: EmulatorHarness) -> None:
    most = limits.BYTES - len('{"StatusCode":200,"Payload":""}')
    assert returning(harness, most)["status"] == "SUCCEEDED"
    failed = returning(harness, most + 1)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.DataLimitExceeded")
    assert "exceeding the maximum number of bytes service limit" in failed["cause"]


def test_a_state_that_grows_beyond_it_fails_too(harness: EmulatorHarness) -> None:
    half = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": True}
    failed = harness.run(harness.machine({"Double": half}), text="x" * (limits.BYTES // 2))
    assert failed["error"] == "States.DataLimitExceeded"
    assert "'Double'" in failed["cause"]


def test_bytes_are_counted_and_not_characters(harness: EmulatorHarness) -> None:
    sfn = harness.client("stepfunctions")
    for letter, fits in (("a", True), ("ä", False)):
        given = json.dumps({"t": letter * (limits.BYTES - 8)}, ensure_ascii=False, separators=(",", ":"))
        start = {"stateMachineArn": harness.machine({"S": {"Type": "Succeed"}}), "input": given}
        if fits:
            sfn.start_execution(**start)
        else:
            with pytest.raises(sfn.exceptions.ClientError, match="ValidationException"):
                sfn.start_execution(**start)


def test_an_answer_to_a_token_is_limited_too(harness: EmulatorHarness) -> None:
    sfn = harness.client("stepfunctions")
    with pytest.raises(sfn.exceptions.ClientError, match=f"length less than or equal to {limits.BYTES}"):
        sfn.send_task_success(taskToken="any", output="x" * (limits.BYTES + 1))


def test_the_25000th_event_ends_an_execution(harness: EmulatorHarness) -> None:
    again = {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": True, "Next": "Pass"}]}
    branch = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "Next": "Again"}, "Again": again}}
    parallel = {"Type": "Parallel", "Branches": [branch], "Catch": CATCH, "End": True}
    sfn, arn = harness.client("stepfunctions"), ""
    arn = harness.start(harness.machine({"P": parallel, "Caught": CAUGHT}))
    done = harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert done["cause"] == "The execution reached the maximum number of history events (25000)."
    last = sfn.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"][0]
    assert (last["type"], last["id"]) == ("ExecutionFailed", limits.EVENTS)


@pytest.mark.parametrize(
    ("listed", "error", "taken"),
    [
        (["States.ALL"], "JobFailed", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "JobFailed", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["JobFailed"], "Other", False),
    ],
)
def test_an_error_is_taken_by_what_lists_it(listed: list[str], error: str, taken: bool) -> None:
    assert limits.error_matches(listed, error) is taken


def test_branches_and_iterations_are_in_the_history(harness: EmulatorHarness) -> None:
    echo = task(harness.function("def handler(event, context): return event"))
    each = {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "End": True}}}
    loop = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": each, "End": True}
    first = {key: value for key, value in echo.items() if key != "End"} | {"ResultPath": None, "Next": "M"}
    branch = {"StartAt": "T", "States": {"T": first, "M": loop}}
    machine = harness.machine({"P": {"Type": "Parallel", "Branches": [branch], "End": True}})
    arn, sfn = harness.start(machine, items=[1, 2]), harness.client("stepfunctions")
    harness.until(lambda: ended(sfn.describe_execution(executionArn=arn)))
    events = [event["type"] for event in sfn.get_execution_history(executionArn=arn)["events"]]
    iteration = ["MapIterationStarted", "PassStateEntered", "PassStateExited", "MapIterationSucceeded"]
    before = ["ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "TaskStateEntered"]
    done = ["TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "MapStateEntered", "MapStateStarted"]
    assert events[:10] == before + done
    assert sorted(events[10:18]) == sorted(iteration * 2)
    ends = ["MapStateSucceeded", "MapStateExited", "ParallelStateSucceeded", "ParallelStateExited"]
    assert events[18:] == [*ends, "ExecutionSucceeded"]
