"""Interprets the synthesized state machine, with the states, retriers and catchers that it uses, in virtual time."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from distillery.core.step_errors import CHUNK_FAILED

Json = dict[str, Any]
ALL = {"States.ALL", "States.TaskFailed"}
MANY_WAITS = 40
"""After so many, an endpoint does not become ready any more: the rest of the waits pass sixty times as fast."""


class StateFailed(Exception):
    """A state failed with this error name, such as the class of an exception of its function."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


class ExecutionTimedOut(Exception):
    """The execution has lasted as long as its definition permits. Nothing catches that."""


class ExecutionAborted(Exception):
    """Somebody stopped the execution. Nothing catches that, and a function that is running runs to its end."""


class World(Protocol):
    """Where a state machine runs."""

    def run_function(self, function: str, payload: Json) -> Any:
        """Invokes a function by the logical id of its resource. Raises StateFailed."""

    def now(self) -> float:
        """Virtual epoch seconds."""

    def wait(self, seconds: float) -> None:
        """Lets virtual time pass."""

    def new_token(self) -> str:
        """A task token."""

    def answer_to(self, token: str) -> Any:
        """What the token was answered with, or None. Raises StateFailed where it was failed."""


def spelled(value: Any) -> str:
    """A definition of a template as text, with `<LogicalId>` for references."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(spelled(part) for part in value["Fn::Join"][1])
    if isinstance(value, str):
        return value
    named = next(iter(value.values()))
    return f"<{named if isinstance(named, str) else named[0]}>"


@dataclass
class Interpreter:
    """Runs one execution. `arn`: that of the state machine."""

    world: World
    definition: Json
    arn: str = ""
    deadline: float = 0.0

    def run(self, given: Json) -> Any:
        """The output of the execution. Raises StateFailed or ExecutionTimedOut."""
        self.deadline = self.world.now() + self.definition["TimeoutSeconds"]
        return self._states(self.definition, given, {"StateMachine": {"Id": self.arn}})

    def _states(self, machine: Json, given: Any, context: Json) -> Any:
        name, waits = machine["StartAt"], dict[str, int]()
        while True:
            if self.world.now() > self.deadline:
                raise ExecutionTimedOut
            state = machine["States"][name]
            match state["Type"]:
                case "Succeed":
                    return {} if state.get("OutputPath", "$") is None else given
                case "Fail":
                    raise StateFailed(str(_read(state["ErrorPath"], given)), str(_read(state["CausePath"], given)))
                case "Choice":
                    name = next((one["Next"] for one in state["Choices"] if _holds(one, given)), state.get("Default"))
                    continue
                case "Wait":
                    waits[name] = waits.get(name, 0) + 1
                    seconds = state["Seconds"] if "Seconds" in state else _read(state["SecondsPath"], given)
                    self.world.wait(seconds * (60 if waits[name] > MANY_WAITS else 1))
                case "Pass":
                    given = _placed(given, state, _read(state.get("InputPath", "$"), given))
                case "Task" | "Parallel" | "Map":
                    try:
                        given = _placed(given, state, self._retried(state, given, context))
                    except StateFailed as failed:
                        caught = _catcher(state, failed)
                        if caught is None:
                            raise
                        given = _placed(given, caught, {"Error": failed.error, "Cause": failed.cause})
                        name = caught["Next"]
                        continue
                case other:
                    raise NotImplementedError(other)
            if state.get("End") or "Next" not in state:
                return given
            name = state["Next"]

    def _retried(self, state: Json, given: Any, context: Json) -> Any:
        tried = [0] * len(state.get("Retry", []))
        while True:
            try:
                return self._once(state, given, context)
            except StateFailed as failed:
                matching = [n for n, retry in enumerate(state.get("Retry", [])) if _matches(retry, failed)]
                if not matching:
                    raise
                number, retry = matching[0], state["Retry"][matching[0]]
                if tried[number] >= retry.get("MaxAttempts", 3):
                    raise
                pause = retry["IntervalSeconds"] * retry["BackoffRate"] ** tried[number]
                tried[number] += 1
                self.world.wait(min(pause, retry.get("MaxDelaySeconds", pause)))
                if self.world.now() > self.deadline:
                    raise ExecutionTimedOut from None

    def _once(self, state: Json, given: Any, context: Json) -> Any:
        match state["Type"]:
            case "Parallel":
                (branch,) = state["Branches"]
                return [self._states(branch, given, context)]
            case "Map":
                return self._map(state, given, context)
        resource = state["Resource"]
        if not resource.endswith("lambda:invoke.waitForTaskToken"):
            return self.world.run_function(_id(resource), _filled(state["Parameters"], given, context))
        return self._with_token(state, given, context)

    def _with_token(self, state: Json, given: Any, context: Json) -> Any:
        token = self.world.new_token()
        asked = _filled(state["Parameters"], given, {**context, "Task": {"Token": token}})
        until = self.world.now() + state["TimeoutSeconds"]
        self.world.run_function(_id(asked["FunctionName"]), asked["Payload"])
        while (answer := self.world.answer_to(token)) is None:
            self.world.wait(3600)
            if self.world.now() > until:
                raise StateFailed("States.Timeout")
        return answer

    def _map(self, state: Json, given: Any, context: Json) -> list[Any]:
        answers = []
        for item in _read(state["ItemsPath"], given):
            selected = _filled(state["ItemSelector"], given, {**context, "Map": {"Item": {"Value": item}}})
            try:
                answers.append(self._states(state["ItemProcessor"], selected, context))
            except StateFailed as failed:
                raise StateFailed(CHUNK_FAILED, "a chunk failed") from failed
        return answers


def _id(reference: str) -> str:
    found = re.search(r"<(\w+)>", reference)
    assert found, reference
    return found[1]


def _read(path: str, given: Any, context: Mapping[str, Any] | None = None) -> Any:
    head, *keys = path.split(".")
    name, *index = head.rstrip("]").split("[")
    found: Any = context if name == "$$" else given
    for number in index:
        found = found[int(number)]
    for key in keys:
        found = found[key]
    return found


def _filled(template: Any, given: Any, context: Json) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _read(value, given, context) if name.endswith(".$") else _filled(value, given, context)
        for name, value in template.items()
    }


def _placed(given: Any, where: Json, result: Any) -> Any:
    """The state after a result: at `ResultPath`, then cut to `OutputPath`."""
    path = where.get("ResultPath", "$")
    if path == "$":
        given = result
    elif path is not None:
        given = {**given, path.removeprefix("$."): result}
    return json.loads(json.dumps(_read(where.get("OutputPath") or "$", given)))


TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "StringEquals": lambda found, wanted: found == wanted,
    "BooleanEquals": lambda found, wanted: found is wanted,
    "NumericGreaterThan": lambda found, wanted: found > wanted,
    "IsPresent": lambda found, wanted: (found is not None) is wanted,
}


def _holds(choice: Json, given: Any) -> bool:
    for operator, combine in (("And", all), ("Or", any)):
        if operator in choice:
            return combine(_holds(each, given) for each in choice[operator])
    if "Not" in choice:
        return not _holds(choice["Not"], given)
    (test,) = choice.keys() - {"Variable", "Next"}
    try:
        found = _read(choice["Variable"], given)
    except (KeyError, TypeError):
        if test != "IsPresent":
            raise StateFailed("States.Runtime", f"{choice['Variable']} is not in the state") from None
        found = None
    return TESTS[test](found, choice[test])


def _catcher(state: Json, failed: StateFailed) -> Json | None:
    return next((each for each in state.get("Catch", []) if _matches(each, failed)), None)


def _matches(rule: Json, failed: StateFailed) -> bool:
    """Whether a retrier or a catcher is for the error."""
    return failed.error in rule["ErrorEquals"] or bool(ALL & {*rule["ErrorEquals"]})
