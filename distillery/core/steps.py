"""Dispatches the steps of a stage: the state machine invokes one function for each stage, and names the step."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from distillery.core.boundary import boundary
from distillery.core.errors import BadRequest
from distillery.core.pipeline import Stage
from distillery.core.serialization import from_wire, to_wire

T = TypeVar("T")
Event = Mapping[str, Any]
"""`step`: its name; `state`: what the stages have produced so far, by name; and what the step needs besides."""

Step = Callable[[Event, Any], Any]
"""Takes the event and Lambda's context, and returns a value that `to_wire` takes. The state machine may repeat it."""


def step_handler(stage: Stage, steps: Mapping[str, Step]) -> Step:
    """The Lambda handler of a stage. It raises BadRequest for a step that the stage does not have."""

    @boundary()
    def handler(event: Event, context: Any) -> Any:
        name = event["step"]
        if name not in steps:
            raise BadRequest(f"the {stage} stage has no step {name!r}; it has {', '.join(sorted(steps))}")
        return to_wire(steps[name](event, context))

    return handler


def state_of(event: Event) -> Mapping[str, Any]:
    """What the stages have produced so far, by name."""
    # An execution keeps the definition that it started with: those of 0.1.0 send `road`. Remove it after 0.2.0.
    state: Mapping[str, Any] = event["state"] if "state" in event else event["road"]
    return state


def evaluation_of(event: Event) -> str:
    """The name of the execution, where a person asked for the evaluation; empty in the run's own execution."""
    asked: Mapping[str, Any] = state_of(event).get("evaluation", {})
    return str(asked.get("execution", ""))


def product(event: Event, name: str, kind: type[T]) -> T:
    """What an earlier stage produced. Raises BadRequest where that stage has not run."""
    products = state_of(event)
    if name not in products:
        raise BadRequest(f"the event has no {name!r}, only {sorted(products)}; its stage has to run first")
    return from_wire(kind, products[name])
