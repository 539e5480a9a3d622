"""Decisions of people about a recipe: the requests to a function URL, and who may make them.

A direct invocation has no caller and is refused. It could look like the URL's event, so nobody gets the permission for
one: the managed policies allow `lambda:InvokeFunction` only under `lambda:InvokedViaFunctionUrl`. IAM does not see
which recipe a request names, so the handler checks the recipe's `deciders` before it reads or does anything else.

Uploads and approvals need two persons (four eyes) where the environment asks for it, and so do a promotion's record and
approvals. Persons are compared by the unique
ids that AWS provides: for an upload in S3's event notification (`AWS:AIDA…` of a user, `AWS:AROA…:session` of a role),
for a decision in the URL's event (the same without `AWS:`). Two sessions of one role count as one person, because
whoever assumes a role chooses the session's name. So do sessions of one name in two roles, because IAM Identity Center
names all sessions of a person after the person. A caller that cannot be compared (root, a federated user) is refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from distillery.core import recipe
from distillery.core.errors import BadRequest, NotAdmitted, RecordRefused, Refused
from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.function_url import Caller, caller_of, error_response, invoked_function, json_response, parse_body
from distillery.core.ledger.uploads import Uploaded
from distillery.core.principals import Principals
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire

REASON_MAX = 1000
"""Characters of a person's reason."""


class RecipeDecision(Protocol):
    """A request that concerns one recipe."""

    @property
    def recipe(self) -> str: ...


A = TypeVar("A", bound=RecipeDecision)
T = TypeVar("T")
Decide = Callable[[A, Caller], Mapping[str, Any]]


def handle_decision(event: Any, context: Any, kind: type[A], decide: Decide[A]) -> dict[str, Any]:
    """The URL's response: 200 with the result of `decide`, or 400, 403 or 409 with the error that it refuses with.

    Args:
        kind: The dataclass that the request's body is read into.
        decide: Takes the request and its signer.

    Raises:
        NotAdmitted: The event has no signer.
    """
    return _handle(event, context, kind, decide, lambda request, _: (request.recipe,))


def handle_environment_decision(event: Any, context: Any, kind: type[T], decide: Callable[[T, Caller], Any]) -> Any:
    """The same for a request about the whole environment: only who may decide about every recipe of the settings may
    decide about what is left of others, or belongs to none."""
    return _handle(event, context, kind, decide, lambda _, recipes: recipes)


def handle_late_decision(
    event: Any,
    context: Any,
    kind: type[T],
    decide: Callable[[T, Caller, Callable[[str], None]], Mapping[str, Any]],
) -> dict[str, Any]:
    """The same for a request whose recipe is not known before `decide` has verified it. `decide` also takes what
    raises NotAdmitted unless the caller may decide about a recipe, and calls it before it does anything else."""

    def decided(request: T, by: Caller) -> Mapping[str, Any]:
        account, _ = invoked_function(context)
        return decide(request, by, lambda name: check_decider(name, by, account=account, recipes=recipe.load_all()))

    return _handle(event, context, kind, decided, lambda _, __: ())


def _handle(
    event: Any,
    context: Any,
    kind: type[T],
    decide: Callable[[T, Caller], Mapping[str, Any]],
    about: Callable[[T, Mapping[str, Recipe]], Iterable[str]],
) -> dict[str, Any]:
    caller = caller_of(event)
    if caller is None:
        raise NotAdmitted(
            "a direct invocation has no caller; send the request to the function's URL, as `distillery` does"
        )
    try:
        request = from_wire(kind, parse_body(event, send="the decision as a JSON object"))
        account, _ = invoked_function(context)
        recipes = recipe.load_all()
        for name in about(request, recipes):
            check_decider(name, caller, account=account, recipes=recipes)
        return json_response(HTTPStatus.OK, decide(request, caller))
    except RecordRefused as refused:
        used = {"promotion": refused.promotion} if refused.promotion else {}
        return error_response(_status(refused), type(refused).__name__, str(refused), reason=refused.reason, **used)
    except Refused as refused:
        return error_response(_status(refused), type(refused).__name__, str(refused))


def _status(refused: Refused) -> HTTPStatus:
    if isinstance(refused, BadRequest):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.FORBIDDEN if isinstance(refused, NotAdmitted) else HTTPStatus.CONFLICT


def check_reason(reason: str) -> None:
    """Raises BadRequest for a reason that is longer than the ledger keeps."""
    if len(reason) > REASON_MAX:
        raise BadRequest(f"the reason has {len(reason)} characters; a reason has {REASON_MAX} at most: shorten it")


def require_reason(reason: str, what: str) -> None:
    """Raises BadRequest without a reason, or for one that is too long. `what`: what it is about, such as `the stop`."""
    check_reason(reason)
    if not reason.strip():
        raise BadRequest(f"{what} has no reason; the ledger keeps one for each: give --reason")


def all_name_deciders(recipes: Iterable[Recipe]) -> bool:
    """Whether there are recipes and each names its deciders."""
    named = [bool(recipe.deciders) for recipe in recipes]
    return bool(named) and all(named)


def check_decider(name: str, by: Caller, *, account: str, recipes: Mapping[str, Recipe]) -> None:
    """Raises NotAdmitted unless the caller may decide about the recipe.

    The recipe's current `deciders` count, not those of the day on which a run began. Without `deciders`, everybody whom
    IAM admits may decide. A recipe that is no longer in the settings has no deciders; where every other recipe has
    some, nobody may decide about it. The message is the same whether or not the recipe exists.

    Args:
        account: The function's own account, for patterns without an account. With the caller's account, a role of the
            same name in another account would match.
    """
    patterns = recipes[name].deciders if name in recipes else ()
    if Principals.of(patterns, account=account).admit(by.arn):
        return
    if patterns or (name not in recipes and all_name_deciders(recipes.values())):
        raise NotAdmitted(
            f"the caller may not decide about recipe {quoted(address(name, NAME_MAX))}: only the deciders in its "
            "settings may; ask one of them"
        )


_KNOWN = re.compile(r"(?:AIDA|AROA)[A-Z0-9]+(?::.+)?")


def check_second_person(uploads: list[Uploaded], approver: Caller, senders: Iterable[str] = ()) -> None:
    """Raises NotAdmitted where the approver may be an uploader, or where the persons cannot be compared.

    senders: The unique ids of those who had the record of the run's promotion admitted, who count like uploaders.
    """
    if not uploads:
        raise NotAdmitted("the ledger has no record of the uploads for this run; upload its prompts again")
    if not _KNOWN.fullmatch(approver.id):
        raise NotAdmitted(
            "this environment requires a second person, and the caller is not an IAM user or role; sign in as one"
        )
    for upload in uploads:
        if upload.principal is None:
            raise NotAdmitted(
                "S3 has not yet reported who uploaded the prompts; try again in a few minutes, or upload them again"
            )
        if not _KNOWN.fullmatch(upload.principal):
            raise NotAdmitted("the uploader of the prompts is not an IAM user or role; upload them again as one")
        if why := _same_person(upload.principal, approver.id):
            raise NotAdmitted(
                f"this environment requires a second person, and {why} uploaded the prompts; ask another to approve"
            )
    for sender in senders:
        if not _KNOWN.fullmatch(sender):
            raise NotAdmitted(
                "who sent the record of the promotion is not an IAM user or role; promote another run as one"
            )
        if why := _same_person(sender, approver.id):
            raise NotAdmitted(
                f"this environment requires a second person, and {why} sent the record of the promotion; ask another "
                "to approve"
            )


def _same_person(one: str, other: str) -> str | None:
    (entity, _, session), (its, _, name) = one.partition(":"), other.partition(":")
    if entity == its:
        return "a session in your role" if session else "you"
    return "a session of your name" if session and session.casefold() == name.casefold() else None
