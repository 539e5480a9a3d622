"""Adds the events of branches and iterations to an execution's history.

AWS: every state is entered and exited in the history, wherever it stands; a task is scheduled, started and, where it
    waits for a token, submitted; Parallel and Map tell of their start and end, Map of each iteration
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html).
ministack: records the states of the top level alone, and of a task no more than that it was scheduled and its end.
Patch: the missing events are added, so that they count against the limit. (Not patched: Succeed and Fail within a
    branch; a function called by its ARN is told of as Task…, not LambdaFunction….)
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions

from local.emulator.hooks.executions import current

_STATES = ("Pass", "Task", "Choice", "Wait", "Parallel", "Map")

_within: ContextVar[bool] = ContextVar("within_a_branch", default=False)
_iterated: ContextVar[str | None] = ContextVar("iterated_map", default=None)

Execute = Callable[..., tuple[Any, str | None]]


def add(kind: str, **details: Any) -> None:
    """Adds an event to the execution of this thread."""
    if (execution := current()) is not None:
        named = f"{kind[0].lower()}{kind[1:]}EventDetails"
        stepfunctions._add_event(execution, kind, {named: details} if details else None)


@contextmanager
def in_own_history() -> Iterator[None]:
    """Within, states are no iterations of a Map: they are of an execution that is run by a Map."""
    token = _iterated.set(None)
    try:
        yield
    finally:
        _iterated.reset(token)


def _entered(kind: str, execute: Execute) -> Execute:
    def execute_recorded(state: dict[str, Any], given: Any, *rest: Any) -> tuple[Any, str | None]:
        execution, name = current(), rest[-1]["State"]["Name"]
        if execution is None or not _within.get():
            return execute(state, given, *rest)
        entered = {"stateEnteredEventDetails": {"name": name, "input": json.dumps(given)}}
        stepfunctions._add_event(execution, f"{kind}StateEntered", entered)
        output, following = execute(state, given, *rest)
        exited = {"stateExitedEventDetails": {"name": name, "output": json.dumps(output)}}
        stepfunctions._add_event(execution, f"{kind}StateExited", exited)
        return output, following

    return execute_recorded


def _forked(kind: str, run: Callable[..., Any]) -> Callable[..., Any]:
    def run_recorded(state: dict[str, Any], given: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        name = ctx["State"]["Name"]
        token = _iterated.set(name if kind == "Map" else None)
        add(f"{kind}StateStarted")
        try:
            output = run(state, given, execution, ctx)
        except stepfunctions._ExecutionError:
            add(f"{kind}StateFailed")
            raise
        finally:
            _iterated.reset(token)
        add(f"{kind}StateSucceeded")
        return output

    return run_recorded


def install() -> None:
    """Wraps states, tasks, and what runs branches and iterations."""
    invoke, run = stepfunctions._invoke_resource, stepfunctions._run_sub_machine

    def invoke_resource(resource: str, given: Any) -> Any:
        add("TaskStarted", resource=resource, resourceType="lambda" if "lambda" in resource else "states")
        return invoke(resource, given)

    def run_sub_machine(states: Any, start: str, given: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        _within.set(True)  # each branch and iteration runs in a context of its own
        if (name := _iterated.get()) is None:
            return run(states, start, given, execution, ctx)
        index = ctx["Map"]["Item"]["Index"]
        add("MapIterationStarted", name=name, index=index)
        output = run(states, start, given, execution, ctx)
        add("MapIterationSucceeded", name=name, index=index)
        return output

    for kind in _STATES:
        name = f"_execute_{kind.lower()}"
        setattr(stepfunctions, name, _entered(kind, getattr(stepfunctions, name)))
    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._run_sub_machine = run_sub_machine
    stepfunctions._run_parallel_branches = _forked("Parallel", stepfunctions._run_parallel_branches)
    stepfunctions._run_map_items = _forked("Map", stepfunctions._run_map_items)
