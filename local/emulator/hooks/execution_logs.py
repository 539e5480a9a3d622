"""Writes the events of executions to the state machine's log group.

AWS: at level ALL every event of the history, at ERROR those of errors, at FATAL the end of an execution
    that did not succeed; one JSON object a line, with inputs and outputs only with `includeExecutionData`
    (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
ministack: keeps the configuration and writes nothing.
Patch: events are written, to a stream of each execution, while the group's key allows CloudWatch Logs.
"""

import json
import time
from typing import Any

from ministack.services import cloudwatch_logs, stepfunctions

from local.emulator.clock import VirtualClock
from local.emulator.hooks.executions import machine_of
from local.emulator.hooks.machine_roles import lower_case_keys
from local.emulator.log_group_keys import writable

_DATA = ("input", "output")
_FATAL = ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
_ERRORS = ("Failed", "Aborted", "TimedOut")


def _logged(level: str, kind: str) -> bool:
    return level == "ALL" or (level == "ERROR" and kind.endswith(_ERRORS)) or (level == "FATAL" and kind in _FATAL)


def _line(execution: dict[str, Any], event: dict[str, Any], moment: int, *, data: bool) -> str:
    details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    kept = {key: value for key, value in details.items() if data or key not in _DATA}
    said = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": kept,
        "previous_event_id": str(event["id"] - 1),
        "event_timestamp": str(moment),
        "execution_arn": execution["executionArn"],
        "redrive_count": "0",
    }
    return json.dumps(said)


def _group(configuration: dict[str, Any]) -> str | None:
    for destination in configuration.get("destinations") or []:
        arn = next(iter(lower_case_keys(next(iter(destination.values()))).values()))
        return str(arn).split(":log-group:")[1].removesuffix(":*")
    return None


def _stream(group: str, execution: dict[str, Any], now: int) -> dict[str, Any]:
    name = f"states/{execution['stateMachineArn'].rsplit(':', 1)[1]}/{execution['name']}"
    streams = cloudwatch_logs._log_groups[group]["streams"]
    kept = dict.fromkeys(("firstEventTimestamp", "lastEventTimestamp", "lastIngestionTime"))
    found: dict[str, Any] = streams.setdefault(
        name, {"events": [], "uploadSequenceToken": "1", "creationTime": now, **kept}
    )
    return found


def write(execution: dict[str, Any], event: dict[str, Any], moment: int) -> None:
    """Logs an event of an execution, if its level is logged. moment: virtual milliseconds since 1970."""
    machine = stepfunctions._state_machines.get(machine_of(execution)) or {}
    said = lower_case_keys(machine.get("loggingConfiguration") or {})
    group = _group(said) if _logged(said.get("level", "OFF"), event["type"]) else None
    if group and writable(group):
        now = int(time.time() * 1000)
        line = _line(execution, event, moment, data=bool(said.get("includeexecutiondata")))
        entry = {"timestamp": moment, "message": line, "ingestionTime": now}
        cloudwatch_logs._append_log_events(_stream(group, execution, now), [entry])


def install(clock: VirtualClock) -> None:
    """Wraps the writing of history, and the start of an execution, which writes its first event itself."""
    add, run = stepfunctions._add_event, stepfunctions._run_execution

    def add_event(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> Any:
        event = add(execution, kind, details)
        write(execution, event, int(clock.epoch() * 1000))
        return event

    def run_execution(arn: str) -> None:
        if execution := stepfunctions._executions.get(arn):
            write(execution, execution["events"][0], int(clock.epoch() * 1000))
        run(arn)

    stepfunctions._add_event = add_event
    stepfunctions._run_execution = run_execution
