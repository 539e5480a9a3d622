"""`.waitForTaskToken` tasks: their timeouts follow the one clock, and their failures are seen.

AWS: the task fails at once if what it calls fails; TimeoutSeconds ends it with States.Timeout, HeartbeatSeconds
    without a heartbeat with States.HeartbeatTimeout; a token is spent by its first answer, and any later one
    gets TaskTimedOut (https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html).
ministack: swallows the Lambda's error and waits on, counts TimeoutSeconds by the real clock, ignores
    heartbeats, lets a second answer replace the first, and answers TaskDoesNotExist to a spent token.
We mend all five. TimeoutSeconds of a task that is not a callback stays real: its work is done in real time.
"""

import json
import threading
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from local.emulator.clock import VirtualClock
from local.emulator.hooks.executions import check_running, running

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


def install(clock: VirtualClock) -> None:
    """Replace the callback task and the three answers to its token."""
    spent: set[str] = set()
    begin = stepfunctions._invoke_resource
    answers = {name: getattr(stepfunctions, name) for name in ("_send_task_success", "_send_task_failure")}

    def invoke_with_callback(resource: str, given: Any, token: str, state: dict[str, Any]) -> Any:
        spent.discard(token)
        info = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
        stepfunctions._task_tokens[token] = info
        try:
            begin(resource.replace(_CALLBACK, ""), given)
            _wait(info, state, clock)
            return _answer(info)
        finally:
            stepfunctions._task_tokens.pop(token, None)
            spent.add(token)

    def refusal(token: str | None) -> Any:
        if token in spent:
            return error_response_json("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", 400)
        return error_response_json("InvalidToken", "Invalid Token: 'Invalid token'", 400)

    def answering(name: str) -> Any:
        def answer(data: dict[str, Any]) -> Any:
            token = data.get("taskToken")
            if token not in stepfunctions._task_tokens or token in spent:
                return refusal(token)
            spent.add(token)
            return answers[name](data)

        return answer

    def send_task_heartbeat(data: dict[str, Any]) -> Any:
        info = stepfunctions._task_tokens.get(data.get("taskToken"))
        if info is None or data.get("taskToken") in spent or not running():
            return refusal(data.get("taskToken"))
        info["heartbeat"] = clock.epoch()
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}"

    stepfunctions._invoke_with_callback = invoke_with_callback
    for name in answers:
        setattr(stepfunctions, name, answering(name))
    stepfunctions._send_task_heartbeat = send_task_heartbeat
