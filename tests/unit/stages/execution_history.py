"""Counts the events that the history of an execution gets from chunks, by the synthesized definition.

Events of a state: Step Functions API, HistoryEvent; those of a task with one function are TaskStateEntered,
LambdaFunctionScheduled, -Started, -Succeeded and TaskStateExited, and three for each retry.
"""

import json
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Work = Callable[[Json], Json]
"""What the function of a chunk's task answers to its `chunk` and progress."""

OF_STATE = {"Task": 5, "Choice": 2, "Wait": 2, "Pass": 2, "Succeed": 2}
OF_RETRY = 3
OF_EXECUTION = 2
OF_ITERATION = 2
OF_MAP = 4


def size(value: Any) -> int:
    """Bytes of a value as the service counts them."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def is_distributed(chunks: Json) -> bool:
    return bool(chunks["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED")


def selected(chunks: Json, state: Json, item: Json) -> Json:
    """The input of one item, by the Map's ItemSelector."""

    def value(name: str, path: Any) -> tuple[str, Any]:
        if isinstance(path, dict):
            return name, dict(value(*each) for each in path.items())
        if not name.endswith(".$"):
            return name, path
        found: Any = {"$": state, "$$": {"Map": {"Item": {"Value": item}}}}
        head, *keys = path.split(".")
        for key in (head, *keys):
            found = found[key]
        return name.removesuffix(".$"), found

    return dict(value(*each) for each in chunks["ItemSelector"].items())


def events_of_item(processor: Json, given: Json, work: Work, *, retries: int = 0) -> tuple[int, Any]:
    """The events of one item's states and its output. `retries`: of every invocation."""
    states, name, count = processor["States"], processor["StartAt"], 0
    while True:
        state = states[name]
        count += OF_STATE[state["Type"]]
        match state["Type"]:
            case "Task":
                count += OF_RETRY * retries
                place = state["ResultPath"].removeprefix("$.")
                given = {**given, place: work(given)}
                name = state["Next"]
            case "Choice":
                taken = (one for one in state["Choices"] if _number(given, one["Variable"]) > one["NumericGreaterThan"])
                name = next(taken, {"Next": state["Default"]})["Next"]
            case "Wait":
                name = state["Next"]
            case _:
                return count, given if state.get("OutputPath", "$") else {}


def _number(given: Json, path: str) -> float:
    found: Any = given
    for key in path.split(".")[1:]:
        found = found[key]
    return float(found)


def events_of_map(chunks: Json, of_items: list[int]) -> tuple[int, int]:
    """The events in the history that has the Map, and in the longest of other histories."""
    if is_distributed(chunks):
        return OF_MAP + 2, OF_EXECUTION + max(of_items, default=0)
    return OF_MAP + sum(OF_ITERATION + events for events in of_items), 0
