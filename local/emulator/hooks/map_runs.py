"""A Distributed Map runs each item in an execution of its own, within the Map's role, history and life.

AWS: the machine's role starts, describes and stops the executions of the items
    (https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html). Each has a history of its own;
    the Map's has MapRunStarted and its end. They end with the execution that started the Map, and when more of them
    failed than the Map tolerates. All their outputs together have at most 262,144 bytes without a ResultWriter.
ministack: runs the items in threads of the Map's execution, whose history gets their events; checks no role; runs all
    items whatever happens, and never ends one that was stopped.
Patch: all of it. (Not patched: ResultWriter; an item's execution that somebody stops is not counted as failed.)
"""

from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from local.emulator.clock import VirtualClock
from local.emulator.hooks import executions, history, limits, task_roles

ROLE_ERROR = "StepFunctions.AWSStepFunctionsException"
"""What AWS says of a role without the permissions is not documented."""


def _check_role(label: str) -> None:
    machine = executions.machine_arn()
    children = f"{machine.replace(':stateMachine:', ':execution:')}/{label}:item"
    task_roles.require(ROLE_ERROR, "states:StartExecution", machine)
    for action in ("states:DescribeExecution", "states:StopExecution"):
        task_roles.require(ROLE_ERROR, action, children)


def _fails_map(run: dict[str, Any]) -> bool:
    """Whether no item may fail, so that the first one that did ends the Map."""
    return not run["toleratedFailurePercentage"] and not run["toleratedFailureCount"]


def _abort(child: dict[str, Any], run: dict[str, Any], clock: VirtualClock) -> None:
    child.update(status="ABORTED", stopDate=clock.iso())
    for counts in (run["itemCounts"], run["executionCounts"]):
        counts["running"] -= 1
        counts["aborted"] += 1


def _in_child(run_states: Callable[..., Any], clock: VirtualClock) -> Callable[..., Any]:
    def run_sub_machine(states: Any, start: str, given: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        if "mapRunArn" not in execution or execution is executions.current():
            return run_states(states, start, given, execution, ctx)
        run = stepfunctions._map_runs[execution["mapRunArn"]]
        ids = {"Id": execution["executionArn"], "Name": execution["name"]}
        try:
            with executions.within(execution, run), history.in_own_history():
                executions.check_running()
                history.add("ExecutionStarted")
                output = run_states(states, start, given, execution, ctx | {"Execution": ctx["Execution"] | ids})
                history.add("ExecutionSucceeded")
                return output
        except executions.ExecutionEnded:
            _abort(execution, run, clock)
            raise
        except stepfunctions._ExecutionError as error:
            stepfunctions._add_event(
                execution,
                "ExecutionFailed",
                {"executionFailedEventDetails": {"error": error.error, "cause": error.cause}},
            )
            run["_ended"] = run.get("_ended", False) or _fails_map(run)
            raise

    return run_sub_machine


def install(clock: VirtualClock) -> None:
    """Wraps the Map and the states of an item."""
    run_map, select = stepfunctions._run_distributed_map, stepfunctions._apply_result_selector

    def run_distributed_map(state: dict[str, Any], *rest: Any) -> Any:
        _check_role(state.get("Label", "item"))
        history.add("MapRunStarted")
        try:
            output = run_map(state, *rest)
        except stepfunctions._ExecutionError:
            history.add("MapRunFailed")
            raise
        executions.check_running()
        history.add("MapRunSucceeded")
        return output

    def apply_result_selector(state: dict[str, Any], result: Any) -> Any:
        if (state.get("ItemProcessor") or {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            limits.check("Map", result)
        return select(state, result)

    stepfunctions._run_distributed_map = run_distributed_map
    stepfunctions._apply_result_selector = apply_result_selector
    stepfunctions._run_sub_machine = _in_child(stepfunctions._run_sub_machine, clock)
