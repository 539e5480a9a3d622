"""Executions end with all their branches, and time out.

AWS: StopExecution and the state machine's TimeoutSeconds end every branch at once; nothing runs afterwards; the
    status change is an event of `aws.states`. Branches of a Parallel have contexts of their own.
ministack: branches of a stopped execution continue, and a late failure turns ABORTED into FAILED; TimeoutSeconds
    of the machine is ignored; branches overwrite each other's `$$.State` and `$$.Task`.
Patch: all three. Dates of an execution are those of the virtual clock.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import Any

from ministack.services import stepfunctions

from local.emulator.clock import VirtualClock

_current: ContextVar[dict[str, Any] | None] = ContextVar("execution", default=None)
_map_run: ContextVar[dict[str, Any] | None] = ContextVar("map_run", default=None)


class ExecutionEnded(SystemExit):
    """Ends a thread of an execution that has ended. No Retry or Catch handles it."""


def current() -> dict[str, Any] | None:
    """Returns the execution of this thread; None outside of an execution."""
    return _current.get()


def running() -> bool:
    """Whether the execution of this thread is running; true outside of an execution. An item's execution ends with that
    of its Map, and with its Map Run."""
    execution, run = _current.get(), _map_run.get()
    if execution is None or execution["status"] != "RUNNING":
        return execution is None
    return run is None or (not run.get("_ended") and _outer(run)["status"] == "RUNNING")


def _outer(run: dict[str, Any]) -> dict[str, Any]:
    execution: dict[str, Any] = stepfunctions._executions[run["executionArn"]]
    return execution


@contextmanager
def within(execution: dict[str, Any], run: dict[str, Any]) -> Iterator[None]:
    """Runs this thread as the execution of an item of a Map Run."""
    tokens = _current.set(execution), _map_run.set(run)
    try:
        yield
    finally:
        _current.reset(tokens[0])
        _map_run.reset(tokens[1])


def machine_of(execution: dict[str, Any]) -> str:
    """Returns the state machine of an execution. That of an item of a Map names the Map behind a slash."""
    return str(execution["stateMachineArn"]).partition("/")[0]


def machine_arn() -> str:
    """Returns the state machine of this thread; empty outside of an execution."""
    execution = _current.get()
    return machine_of(execution) if execution else ""


def check_running() -> None:
    """Raises ExecutionEnded if the execution of this thread has ended."""
    if not running():
        raise ExecutionEnded("the execution is over")


def _time_out(execution: dict[str, Any], seconds: float, clock: VirtualClock) -> None:
    if clock.sleep(seconds, while_=running):
        execution.update(status="TIMED_OUT", stopDate=clock.iso(), error="States.Timeout", cause=None)
        stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        stepfunctions._emit_execution_status_event(execution)


def install(clock: VirtualClock) -> None:
    """Wraps the execution of a state machine and of its parts."""
    run = stepfunctions._run_execution
    fail = stepfunctions._fail_execution
    sub_machine = stepfunctions._run_sub_machine
    call = stepfunctions._call_lambda

    def run_execution(arn: str) -> None:
        execution = stepfunctions._executions.get(arn)
        _current.set(execution)
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) if execution else None
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
        if seconds is not None:
            args = (_time_out, execution, seconds, clock)
            threading.Thread(target=copy_context().run, args=args, daemon=True).start()
        with suppress(ExecutionEnded):
            run(arn)

    def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    def run_sub_machine(states: Any, start: str, given: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        return sub_machine(states, start, given, execution, {**ctx})

    def call_lambda(ref: str, event: Any) -> Any:
        check_running()
        result = call(ref, event)
        check_running()
        return result

    stepfunctions.now_iso = clock.iso
    stepfunctions._run_execution = run_execution
    stepfunctions._fail_execution = fail_execution
    stepfunctions._run_sub_machine = run_sub_machine
    stepfunctions._call_lambda = call_lambda
