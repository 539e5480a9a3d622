"""The Lambda handlers: two custom resources of CloudFormation, the step that one of them continues in, and what
`distillery clean` asks by a function URL.

`guard` belongs to a stack that depends on all others, so `cdk destroy` deletes it first, and stops where it fails.
`keep_recipes` belongs to the pipeline's stack and has its recipes as a property. Neither ever fails a roll-back: an
environment that cannot be rolled back is worse than one whose bill is known.
"""

import json
from collections.abc import Mapping
from typing import Any

from distillery.core.aws import ClientError, client, code
from distillery.core.boundary import boundary
from distillery.core.custom_resource import fail, respond, stack_status, succeed
from distillery.core.decisions import handle_environment_decision
from distillery.core.env_vars import Variable, is_given, read
from distillery.core.errors import StillBilling
from lambdas.teardown.cleaning import CleanRequest, EnvironmentCleaning
from lambdas.teardown.kept_recipes import check_update
from lambdas.teardown.remaining import Environment
from lambdas.teardown.retirement import EnvironmentRetirement, check_deletable

Event = Mapping[str, Any]
PASSES_MAX = 90
"""Passes of a retirement, half a minute apart: about 50 minutes. CloudFormation waits for an hour (ServiceTimeout)."""
REQUEST = ("LogicalResourceId", "PhysicalResourceId", "RequestId", "ResponseURL", "StackId")
"""The fields of an event that its response needs."""


@boundary()
def guard(event: Event, context: Any) -> None:
    """Refuses the deletion of its stack while anything is left; with `RETIREMENT`, starts to delete it instead."""
    respond(event, context, _guard)


def _guard(event: Event) -> str | None:
    environment = Environment.of_function()
    ident = f"guard-of-{environment.names.environment}"
    if not _is_removal(event, ident):
        return ident
    remaining = environment.remaining()
    if remaining.is_empty:
        environment.end_leases()
        environment.end_shares()
        environment.parameters.delete()
        return ident
    check_deletable(environment, remaining)
    if is_given(Variable.RETIREMENT):
        _start(event)
        return None
    raise StillBilling(
        f"environment {environment.names.environment!r} still has what bills or serves, and nothing was deleted; run "
        f"the command after each, then delete again. {environment.describe(remaining)}"
    )


def _is_removal(event: Event, ident: str) -> bool:
    """Whether the stack is deleted, after a Create that succeeded."""
    if event["RequestType"] != "Delete" or event["PhysicalResourceId"] != ident:
        return False
    return stack_status(event) == "DELETE_IN_PROGRESS"


def _start(event: Event) -> None:
    """Starts the retirement of a request, once: an invocation that is repeated has the same request."""
    asked = {"request": {name: event[name] for name in REQUEST}}
    machine, name = read(Variable.RETIREMENT), event["RequestId"]
    try:
        client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=json.dumps(asked))
    except ClientError as error:
        if code(error) != "ExecutionAlreadyExists":
            raise


@boundary()
def step(event: Event, _context: Any) -> dict[str, Any]:
    """Steps of the retirement: `retire` is repeated until it answers that it is done, `give_up` follows an error.

    CloudFormation ignores a second response, so a step that is repeated after its response changes nothing.
    """
    request = event["state"]["request"]
    if event["step"] == "give_up":
        fail(request, _reason(event["state"]["error"]))
        return {"done": True}
    environment = Environment.of_function()
    if EnvironmentRetirement(environment).advance():
        succeed(request, request["PhysicalResourceId"])
        return {"done": True}
    passes = event["state"].get("progress", {}).get("passes", 0) + 1
    if passes < PASSES_MAX:
        return {"done": False, "passes": passes}
    raise StillBilling(
        f"environment {environment.names.environment!r} is being emptied, but AWS has not deleted everything yet; "
        f"delete the stack again. {environment.describe(environment.remaining())}"
    )


def _reason(error: Mapping[str, str]) -> str:
    """The sentence of a step's error, which Step Functions keeps as `{"errorMessage": …}` (Step Functions guide,
    concepts-error-handling)."""
    try:
        said = json.loads(error["Cause"])["errorMessage"]
    except (ValueError, KeyError, TypeError):
        said = error.get("Cause") or "no reason is known"
    kind = error.get("Error", "")
    return str(said) if kind == StillBilling.__name__ else f"{kind or 'an error'}: {said}"


@boundary()
def keep_recipes(event: Event, context: Any) -> None:
    """Refuses an update that drops a recipe with an endpoint or an alias, or that takes a model from a run."""
    respond(event, context, _keep_recipes)


def _keep_recipes(event: Event) -> str:
    if event["RequestType"] == "Update" and stack_status(event) == "UPDATE_IN_PROGRESS":
        check_update(Environment.of_function(), event["OldResourceProperties"], event["ResourceProperties"])
    return "recipes"


@boundary()
def clean(event: Event, context: Any) -> Any:
    """Lists what the environment has outside of its templates, or deletes it, for a `CleanRequest` by the URL."""
    return handle_environment_decision(
        event, context, CleanRequest, lambda request, by: EnvironmentCleaning.of_function().clean(request, by)
    )
