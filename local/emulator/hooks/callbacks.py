"""`.waitForTaskToken` tasks: their timeouts follow the virtual clock, and their failures fail the task.

AWS: the task fails at once if the called function fails; TimeoutSeconds ends it with States.Timeout, HeartbeatSeconds
    without a heartbeat with States.HeartbeatTimeout; each attempt of a task has a token of its own, which is used up
    by its first answer; a later one gets TaskTimedOut (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).
ministack: ignores the Lambda's error and continues to wait, counts TimeoutSeconds by the real clock, ignores
    heartbeats, gives a retry the token of the attempt before, lets a second answer replace the first, answers
    TaskDoesNotExist to a used token, and authorizes the answer on `*` where AWS does on the state machine.
Patch: all seven. TimeoutSeconds of a task that is not a callback stays real, because its work takes real time.
"""

import json
import threading
import uuid
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import error_response_json, json_response
from ministack.services import stepfunctions

from local.emulator.clock import VirtualClock
from local.emulator.hooks import history
from local.emulator.hooks.executions import check_running, machine_arn

_POLL = 0.05  # seconds, real
_CALLBACK = ".waitForTaskToken"


def _timed_out(info: dict[str, Any], state: dict[str, Any], started: float, now: float) -> str | None:
    beat = max(started, info["heartbeat"] or started)
    if now - started > state.get("TimeoutSeconds", 99_999_999):
        return "States.Timeout"
    return "States.HeartbeatTimeout" if now - beat > state.get("HeartbeatSeconds", 99_999_999) else None


def _wait(info: dict[str, Any], state: dict[str, Any], clock: VirtualClock) -> None:
    started = clock.epoch()
    while not info["event"].wait(_POLL):
        check_running()
        if error := _timed_out(info, state, started, clock.epoch()):
            raise stepfunctions._ExecutionError(error, "")


def _answer(info: dict[str, Any]) -> Any:
    if failed := info["error"]:
        raise stepfunctions._ExecutionError(failed["Error"], failed["Cause"])
    return json.loads(info["result"])


def _with(given: Any, token: str, fresh: str) -> Any:
    """What a task is given, with another token."""
    return json.loads(json.dumps(given).replace(token, fresh))


class _Tokens:
    """The state machine of each token, and whether the token was answered or abandoned."""

    def __init__(self) -> None:
        self.machine: dict[str, str] = {}
        self.spent: set[str] = set()

    def issue(self, token: str, machine: str) -> dict[str, Any]:
        self.machine[token] = machine
        info = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
        stepfunctions._task_tokens[token] = info
        return info

    def close(self, token: str) -> None:
        stepfunctions._task_tokens.pop(token, None)
        self.spent.add(token)

    def waiting(self, token: str | None) -> dict[str, Any] | None:
        info: dict[str, Any] | None = stepfunctions._task_tokens.get(token)
        return None if token in self.spent else info

    def refusal(self, token: str | None) -> Any:
        if token in self.spent:
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            return error_response_json("TaskTimedOut", message, 400)
        return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)


def install(clock: VirtualClock) -> None:
    """Replaces the callback task, the three answers to its token, and the resources on which they are authorized."""
    tokens = _Tokens()
    resource_of = iam_actions.extract_resource_arn

    def invoke_with_callback(resource: str, given: Any, token: str, state: dict[str, Any]) -> Any:
        if token in tokens.machine:  # of an attempt before
            given, token = _with(given, token, fresh := str(uuid.uuid4())), fresh
        info = tokens.issue(token, machine_arn())
        try:
            stepfunctions._invoke_resource(resource.replace(_CALLBACK, ""), given)
            history.add("TaskSubmitted", resource=resource)
            _wait(info, state, clock)
            return _answer(info)
        finally:
            tokens.close(token)

    def answering(answer: Any) -> Any:
        def answer_once(data: dict[str, Any]) -> Any:
            token = data.get("taskToken")
            if tokens.waiting(token) is None:
                return tokens.refusal(token)
            tokens.spent.add(str(token))
            return answer(data)

        return answer_once

    def send_task_heartbeat(data: dict[str, Any]) -> Any:
        if (info := tokens.waiting(data.get("taskToken"))) is None:
            return tokens.refusal(data.get("taskToken"))
        info["heartbeat"] = clock.epoch()
        return json_response({})

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *request: Any
    ) -> str:
        if service == "states" and ".SendTask" in headers.get("x-amz-target", ""):
            return tokens.machine.get(json.loads(body or b"{}").get("taskToken", ""), "*")
        return resource_of(service, method, path, headers, body, *request)  # type: ignore[no-any-return]  # untyped

    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._send_task_success = answering(stepfunctions._send_task_success)
    stepfunctions._send_task_failure = answering(stepfunctions._send_task_failure)
    stepfunctions._send_task_heartbeat = send_task_heartbeat
    iam_actions.extract_resource_arn = extract_resource_arn
