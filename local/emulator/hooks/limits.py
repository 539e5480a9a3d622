"""Step Functions' limits: 256 KiB of state, 25,000 events of history, and errors that no Catch handles.

AWS: an input or output of an execution, a state or a task has at most 262,144 bytes of UTF-8, else the execution fails
    with States.DataLimitExceeded; with its 25,000th event it fails with States.Runtime
    (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, bp-history-limit.html). States.ALL
    matches neither (concepts-error-handling.html). StartExecution and SendTaskSuccess refuse what is too long.
ministack: has no limit, and States.ALL matches everything.
Patch: all of it.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

BYTES = 262_144
EVENTS = 25_000
UNCAUGHT = ("States.DataLimitExceeded", "States.Runtime")
_STATES = ("pass", "task", "choice", "wait", "parallel", "map")
_LAST = ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")

Execute = Callable[..., tuple[Any, str | None]]


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def check(name: str, value: Any) -> None:
    """Raises the error of a value that has more bytes than a state may have."""
    if _size(value) > BYTES:
        cause = f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes "
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", cause + "service limit.")


def _limited_state(execute: Execute) -> Execute:
    def execute_limited(state: dict[str, Any], given: Any, *rest: Any) -> tuple[Any, str | None]:
        output, following = execute(state, given, *rest)
        check(rest[-1]["State"]["Name"], output)
        return output, following

    return execute_limited


def _limited_request(answer: Callable[[dict[str, Any]], Any], member: str) -> Callable[[dict[str, Any]], Any]:
    def answer_limited(data: dict[str, Any]) -> Any:
        if len(str(data.get(member) or "").encode()) > BYTES:
            constraint = f"Member must have length less than or equal to {BYTES}"
            message = f"1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
            return error_response_json("ValidationException", message, 400)
        return answer(data)

    return answer_limited


def error_matches(listed: list[str], error: str) -> bool:
    """Whether a Retry or Catch with these errors handles this one."""
    if error in listed or ("States.ALL" in listed and error not in UNCAUGHT):
        return True
    return "States.TaskFailed" in listed and error not in (*UNCAUGHT, "States.Timeout")


def install() -> None:
    """Wraps states, tasks, requests and the writing of history."""
    invoke, add = stepfunctions._invoke_resource, stepfunctions._add_event

    def invoke_resource(resource: str, given: Any) -> Any:
        check(resource, given)
        result = invoke(resource, given)
        check(resource, result)
        return result

    def add_event(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        if len(execution["events"]) >= EVENTS - 1 and kind not in _LAST:
            cause = f"The execution reached the maximum number of history events ({EVENTS})."
            raise stepfunctions._ExecutionError("States.Runtime", cause)
        return add(execution, kind, details)

    for name in _STATES:
        setattr(stepfunctions, f"_execute_{name}", _limited_state(getattr(stepfunctions, f"_execute_{name}")))
    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._add_event = add_event
    stepfunctions._error_matches = error_matches
    stepfunctions._start_execution = _limited_request(stepfunctions._start_execution, "input")
    stepfunctions._send_task_success = _limited_request(stepfunctions._send_task_success, "output")
