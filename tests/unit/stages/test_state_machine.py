"""The state machine: the order of the stages, retries, and failure handling."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from typing import Any, get_overloads

import botocore.session
import pytest

from distillery.core import aws, errors
from tests.unit.stacks.assembly import Json, resources, templates


def _spelled(value: Any) -> str:
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(_spelled(part) for part in value["Fn::Join"][1])
    return value if isinstance(value, str) else f"<{next(iter(value.values()))[0]}>"


def _machine() -> Json:
    (machine,) = resources(templates("dev")["pipeline"], "AWS::StepFunctions::StateMachine").values()
    found: Json = json.loads(_spelled(machine["DefinitionString"]))
    return found


def _all(states: Json) -> Iterator[tuple[str, Json]]:
    for name, state in states.items():
        yield name, state
        for inner in (*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])):
            yield from _all(inner["States"])


def _way(states: Json, start: str) -> list[str]:
    """Returns the states from `start` on, following Next, or the Default of a Choice."""
    names, name = [], start
    while name and name not in names:
        names.append(name)
        name = states[name].get("Next") or states[name].get("Default")
    return names


STATES = dict(_all(_machine()["States"]))
(PIPELINE,) = STATES["Pipeline"]["Branches"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}


def test_a_run_goes_through_the_stages_in_their_order() -> None:
    assert _way(PIPELINE["States"], PIPELINE["StartAt"]) == ["Has a student?", "Check models", "Distil", *EVALUATED]


EVALUATED = [
    *("Create candidate", "Wait for candidate", "Candidate", "Candidate ready?", "Plan chunks", "For each chunk"),
    *("Release candidate", "Judge", "Write report", "Verdict given", "Follow up"),
    *("Goes live?", "Live model stays"),
]


def test_an_evaluation_begins_with_its_candidate_or_with_its_verdict() -> None:
    (evaluates,) = STATES["Has a student?"]["Choices"]
    assert evaluates == {"Variable": "$.action", "StringEquals": "evaluate", "Next": "Judges only?"}
    (asks,) = STATES["Judges only?"]["Choices"]
    assert asks == {"Variable": "$.judge_only", "BooleanEquals": False, "Next": "Look for answers"}
    assert STATES["Look for answers"]["Next"] == "Which answers are missing?"
    assert STATES["Which answers are missing?"]["Choices"] == [
        {"Variable": "$.missing.endpoint", "BooleanEquals": True, "Next": "Create candidate"},
        {"Variable": "$.missing.answers", "BooleanEquals": True, "Next": "Plan chunks"},
    ]
    assert STATES["Which answers are missing?"]["Default"] == "Answers are stored"
    assert _way(PIPELINE["States"], "Create candidate") == EVALUATED
    assert _way(PIPELINE["States"], "Judges only?") == [
        "Judges only?",
        "Answers are stored",
        *EVALUATED[EVALUATED.index("Release candidate") :],
    ]


def test_only_a_student_that_no_person_decides_about_goes_live_by_its_run() -> None:
    (goes_live,) = STATES["Goes live?"]["Choices"]
    assert goes_live == {"Variable": "$.follow_up.outcome", "StringEquals": "promoted", "Next": "Promote"}
    promotion = ["Promote", "Wait for live", "Live", "Live ready?", "Record alias"]
    assert _way(PIPELINE["States"], "Promote") == promotion
    assert {name for name, state in PIPELINE["States"].items() if state.get("Next") == "Promote"} == set()


def test_an_accepted_student_goes_live_and_its_acceptance_is_closed() -> None:
    actions = {choice["StringEquals"]: choice["Next"] for choice in STATES["Action?"]["Choices"]}
    assert (actions, STATES["Action?"]["Default"]) == ({"rollback": "Rollback", "promote": "Acceptance"}, "Pipeline")
    (branch,) = STATES["Acceptance"]["Branches"]
    promotion = ["Put forward", "Wait for accepted", "Accepted", "Accepted ready?", "Record acceptance"]
    assert _way(branch["States"], branch["StartAt"]) == promotion
    assert _way(_machine()["States"], "Acceptance") == ["Acceptance", "Close acceptance", "Acceptance ended"]


def test_no_state_waits_for_a_person() -> None:
    tokens = {name for name, state in STATES.items() if "waitForTaskToken" in str(state.get("Resource"))}
    assert tokens == {"Distil"}


LOOPS = [
    ("Candidate", "Wait for candidate"),
    ("Live", "Wait for live"),
    ("Accepted", "Wait for accepted"),
    ("Previous", "Wait for previous"),
]


@pytest.mark.parametrize("loop", LOOPS)
def test_an_endpoint_is_looked_at_once_a_minute_while_it_is_pending(loop: tuple[str, str]) -> None:
    look, wait = loop
    assert (STATES[wait]["Seconds"], STATES[wait]["Next"], STATES[look]["Next"]) == (60, look, f"{look} ready?")
    (again,) = STATES[f"{look} ready?"]["Choices"]
    assert (again["StringEquals"], again["Next"]) == ("pending", wait)


def test_a_job_is_waited_for_by_a_token_for_eight_days() -> None:
    distil = STATES["Distil"]
    assert distil["Resource"].endswith(":states:::lambda:invoke.waitForTaskToken")
    assert distil["TimeoutSeconds"] == 8 * 24 * 3600
    assert distil["Parameters"]["Payload"] == {"step": "start", "state.$": "$", "token.$": "$$.Task.Token"}


def test_chunks_are_answered_four_at_a_time_and_leave_nothing_in_the_state() -> None:
    chunks = STATES["For each chunk"]
    assert (chunks["MaxConcurrency"], chunks["ResultPath"]) == (4, None)
    given = {"step": "answer", "state.$": "$.state", "chunk.$": "$.chunk", "answered.$": "$.answered"}
    assert STATES["Answer"]["Parameters"] == given


def test_a_chunk_is_asked_again_after_a_pause_until_nothing_is_left() -> None:
    first, chunk = STATES["For each chunk"]["ItemSelector"], "$$.Map.Item.Value"
    assert first["answered"] == {"left": 1, "pause.$": f"{chunk}.pause", "rounds": 0}
    pause, again = STATES["More answers?"]["Choices"]
    assert pause == {"Variable": "$.answered.pause", "NumericGreaterThan": 0, "Next": "Pause before answers"}
    assert again == {"Variable": "$.answered.left", "NumericGreaterThan": 0, "Next": "Answer"}
    assert STATES["More answers?"]["Default"] == "Chunk answered"
    wait = {"Type": "Wait", "SecondsPath": "$.answered.pause", "Next": "Answer"}
    assert STATES["Pause before answers"] == wait
    assert (STATES["Answer"]["ResultPath"], STATES["Answer"]["Next"]) == ("$.answered", "More answers?")


def test_a_chunk_is_an_execution_of_its_own_that_leaves_no_output() -> None:
    chunks = STATES["For each chunk"]
    assert chunks["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert (chunks["Label"], STATES["Chunk answered"]) == ("Answers", {"Type": "Succeed", "OutputPath": None})
    assert not {name for name in chunks if name.startswith("Tolerated")}, "the first chunk that fails ends the others"


def test_why_a_chunk_failed_is_kept_before_its_execution_fails() -> None:
    (caught,) = STATES["Answer"]["Catch"]
    kept = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Keep failure of answers"}
    assert caught == kept
    keeps = STATES["Keep failure of answers"]
    assert (keeps["Next"], keeps["Catch"][0]["Next"]) == ("Answers failed", "Answers failed")
    assert STATES["Answers failed"] == {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}


KILLED = {"Lambda.Unknown", "Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout"}
LAMBDA = {"AWSLambdaException", "ClientExecutionTimeoutException", "SdkClientException", "ServiceException"}
LATE = {"ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError"}
MODEL = {"ModelErrorException", "ModelNotReadyException", "ModelTimeoutException"}
CLIENTS = [each.__annotations__["service"].__args__[0] for each in get_overloads(aws.client)]
CLIENTS.remove("ram")
"""Every service that a function has a client of, but AWS RAM, which no step calls."""


def _passes(error: Any) -> bool:
    """Whether botocore's model of a service says that an error is the service's own, or throttling."""
    status = error.metadata.get("error", {}).get("httpStatusCode", 0)
    fault = error.metadata.get("fault") or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return bool(fault or status == HTTPStatus.TOO_MANY_REQUESTS or re.search("Thrott|TooManyRequests", error.name))


def _passing() -> set[str]:
    session = botocore.session.get_session()
    return {
        error.name for service in CLIENTS for error in session.get_service_model(service).error_shapes if _passes(error)
    }


def test_the_errors_that_pass_are_read_from_every_client() -> None:
    assert {"bedrock", "bedrock-runtime", "dynamodb", "s3", "sns"} <= set(CLIENTS)
    assert {"ThrottlingException", "InternalServerException", "ThrottledException"} <= _passing()


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_repeated_where_its_function_was_killed_or_a_service_failed(name: str) -> None:
    tried = {error for retry in TASKS[name]["Retry"] for error in retry["ErrorEquals"]}
    assert KILLED | {f"Lambda.{error}" for error in LAMBDA} | LATE | MODEL | _passing() <= tried


DEPLOYMENT_MINUTES = 8
"""A third party's measurement on AWS; the quota of deployments in progress is 2, so that one may wait for another."""


@pytest.mark.parametrize("name", TASKS)
def test_an_endpoint_that_is_created_is_waited_for_before_it_is_deleted(name: str) -> None:
    (retry,) = (each for each in TASKS[name]["Retry"] if "EndpointChanging" in each["ErrorEquals"])
    assert retry["IntervalSeconds"] * retry["MaxAttempts"] > 3 * DEPLOYMENT_MINUTES * 60


@pytest.mark.parametrize("name", TASKS)
def test_a_function_that_is_killed_each_time_is_not_repeated_for_hours(name: str) -> None:
    (attempts,) = {
        retry["MaxAttempts"] for retry in TASKS[name]["Retry"] for error in retry["ErrorEquals"] if error in KILLED
    }
    assert 2 <= attempts <= 3


def test_a_stalled_job_is_followed_by_one_other() -> None:
    (retry,) = [each for each in TASKS["Distil"]["Retry"] if "JobStalled" in each["ErrorEquals"]]
    assert (retry["ErrorEquals"], retry["MaxAttempts"]) == (["JobStalled"], 1)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_tried_again_for_what_passes_and_never_for_what_was_refused(name: str) -> None:
    tried = {error for retry in TASKS[name]["Retry"] for error in retry["ErrorEquals"]}
    assert {"Unfinished", "EndpointChanging", "Lambda.TooManyRequestsException", "ThrottlingException"} <= tried
    meant = {error for error, kind in vars(errors).items() if isinstance(kind, type)} - {
        "Unfinished",
        "EndpointChanging",
    }
    again = {"JobStalled"} if name == "Distil" else set()
    assert tried & (meant | {"States.ALL", "States.TaskFailed"}) == again


GUARDS = [
    ("Pipeline", "Stop job"),
    ("Acceptance", "Close failed acceptance"),
    ("Rollback", "Close failed rollback"),
]


@pytest.mark.parametrize("guard", GUARDS)
def test_whatever_fails_is_caught_with_what_the_run_began_with(guard: tuple[str, str]) -> None:
    (caught,) = STATES[guard[0]]["Catch"]
    assert caught == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": guard[1]}


def test_a_cleanup_that_fails_never_keeps_the_next_from_its_turn() -> None:
    states = _machine()["States"]
    way = _way(states, "Stop job")
    assert way == ["Stop job", "Release what is left", "Close failed run", "Run failed"]
    for name, then in pairwise(way):
        (caught,) = states[name]["Catch"]
        assert caught == {"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": then}


def test_a_failed_run_ends_as_one_and_says_why() -> None:
    for name in ("Run failed", "Acceptance failed", "Rollback failed"):
        assert STATES[name] == {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}


def test_every_task_calls_a_step_that_its_function_has() -> None:
    steps = {
        "Distillation": {"check", "start", "stop"},
        "Endpoint": {"create", "describe", "release"},
        "Evaluation": {"missing", "plan", "answer", "keep_failure"},
        "EvaluationGrading": {"judge"},
        "EvaluationReporting": {"report"},
        "Promotion": {"follow_up", "promote", "describe", "record", "close"},
    }
    called: dict[str, set[str]] = {}
    for state in TASKS.values():
        payload = state["Parameters"].get("Payload", state["Parameters"])
        function = state["Parameters"].get("FunctionName", state["Resource"])
        called.setdefault(function.strip("<").partition("Function")[0], set()).add(payload["step"])
    assert called == steps


def test_the_machine_is_logged_traced_and_may_call_its_own_functions_alone() -> None:
    pipeline = templates("dev")["pipeline"]
    (machine,) = resources(pipeline, "AWS::StepFunctions::StateMachine").values()
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    policy = resources(pipeline, "AWS::IAM::Policy")["StateMachineRoleDefaultPolicyDF1E6607"]
    (invoke,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "lambda:InvokeFunction"]
    functions = [resource["Fn::GetAtt"][0].partition("Function")[0] for resource in invoke["Resource"]]
    evaluation = ["Evaluation", "EvaluationGrading", "EvaluationReporting"]
    assert sorted(functions) == ["Distillation", "Endpoint", *evaluation, "Promotion"]


def test_the_machine_may_start_its_own_chunks_alone() -> None:
    pipeline = templates("dev")["pipeline"]
    policies = resources(pipeline, "AWS::IAM::Policy").items()
    ((_, chunks),) = ((name, policy) for name, policy in policies if name.startswith("StateMachineChunks"))
    start, follow = chunks["PolicyDocument"]["Statement"]
    (machine,) = resources(pipeline, "AWS::StepFunctions::StateMachine")
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", {"Ref": machine})
    assert follow["Action"] == ["states:DescribeExecution", "states:StopExecution"]
    assert _spelled(follow["Resource"]).endswith("/Answers:*")
    assert not [name for name, _ in policies if "DistributedMapPolicy" in name]
