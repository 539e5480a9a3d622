"""The Lambda handler of operators' requests: the path of the function URL names the verb, and the URL identifies the
caller (`distillery/core/decisions.py`).

POST /stop {"run": …, "reason": …}
POST /resume {"run": …, "reason": …}
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from distillery.core.boundary import boundary
from distillery.core.decisions import handle_decision
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.function_url import error_response
from lambdas.operations.resume import Resumer
from lambdas.operations.run_request import RunRequest
from lambdas.operations.stop import Stopper

Handle = Callable[[Any, Any], dict[str, Any]]


def _stop(event: Any, context: Any) -> dict[str, Any]:
    return handle_decision(event, context, RunRequest, lambda request, by: Stopper.of_environment().stop(request, by))


def _resume(event: Any, context: Any) -> dict[str, Any]:
    return handle_decision(event, context, RunRequest, lambda request, by: Resumer.of_environment().resume(request, by))


OPERATIONS: Mapping[str, Handle] = {"stop": _stop, "resume": _resume}
"""By verb. Each is published as a decision of its own (infra/constructs/operations.py)."""


@boundary()
def operate(event: Mapping[str, Any], context: object) -> Any:
    """Handles the request (see the module)."""
    verb = str(event.get("rawPath", "")).strip("/")
    if verb in OPERATIONS:
        return OPERATIONS[verb](event, context)
    text = f"there is no operation {quoted(verb)}; the operations are {', '.join(OPERATIONS)}: name one in the path"
    return error_response(HTTPStatus.BAD_REQUEST, BadRequest.__name__, text)
