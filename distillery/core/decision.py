"""The door of what somebody decides: by the function's URL, which says who. What is sent says it in vain.

A direct invocation names nobody and is refused. It may look like the URL's event, so nobody is given the permission to
make one: the policies of people hold `lambda:InvokeFunction` here under `lambda:InvokedViaFunctionUrl` alone.

What is decided is a recipe's, and the recipe may say by whom (`deciders`). IAM does not see which one a request names;
the door does, and asks before anything else is read or done.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from distillery.core import deciders, recipe
from distillery.core.caller import Caller, caller_of, invoked
from distillery.core.errors import BadRequest, NotAdmitted, Refused
from distillery.core.serialization import from_wire
from distillery.core.url import body_of, refusal, reply


class OfARecipe(Protocol):
    """What is asked for."""

    @property
    def recipe(self) -> str: ...


A = TypeVar("A", bound=OfARecipe)
Decide = Callable[[A, Caller], Mapping[str, Any]]


def decided(event: Any, context: Any, kind: type[A], decide: Decide[A]) -> dict[str, Any]:
    """What the URL answers: 200 with what `decide` gives of the body and its signer; 400, 403 or 409 where it refuses.
    Raises NotAdmitted where nobody signed."""
    caller = caller_of(event)
    if caller is None:
        raise NotAdmitted("a direct invocation names nobody: decide by the function's URL, as `distillery` does")
    try:
        asked = from_wire(kind, body_of(event, send="the decision as a JSON object"))
        account, _ = invoked(context)
        deciders.check(asked.recipe, caller, account=account, recipes=recipe.load_all())
        return reply(HTTPStatus.OK, decide(asked, caller))
    except Refused as refused:
        return refusal(_status(refused), type(refused).__name__, str(refused))


def _status(refused: Refused) -> HTTPStatus:
    if isinstance(refused, BadRequest):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.FORBIDDEN if isinstance(refused, NotAdmitted) else HTTPStatus.CONFLICT
