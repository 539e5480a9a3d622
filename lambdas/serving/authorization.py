"""Who sends a request, and which routes they may call.

A function URL tells its function who signed a request. A direct invocation does not, and may send any event, including
one that looks like a URL's. If the caller matters, the URL therefore points to an alias, `URL_ALIAS`, which callers can
reach only by the URL. Lambda reports which alias was invoked in the ARN of the context, not in the event.
"""

import functools
from dataclasses import dataclass
from typing import Any

from distillery.core.errors import NotAdmitted
from distillery.core.function_url import Caller, caller_of, invoked_function
from distillery.core.names import URL_ALIAS
from distillery.core.principals import Principals
from distillery.core.served_routes import ServedRoute

UNIDENTIFIED = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """caller: None if it is not known. account: the function's own account; empty if it is not known."""

    caller: Caller | None
    account: str

    @property
    def quota_key(self) -> str:
        """The principal that a quota counts. All unidentified callers share one."""
        return self.caller.principal if self.caller else UNIDENTIFIED

    def may_use(self, route: ServedRoute) -> bool:
        if route.principals is None:
            return True
        return self.caller is not None and _principals(route.principals, self.account).admit(self.caller.arn)

    def authorize(self, route: ServedRoute) -> None:
        """Raise NotAdmitted if the requester may not use the route."""
        if self.may_use(route):
            return
        if self.caller is None:
            reason = "a direct invocation has no identified caller: call it by the function's URL"
        else:
            reason = "the principal that signed this request is not among them"
        raise NotAdmitted(f"route {route.name!r} is restricted to the principals in its settings, and {reason}")


def requester_of(event: Any, context: Any) -> Requester:
    """Identify who sent a request.

    Args:
        event: the event. Its caller is believed only if the alias of the URL was invoked.
        context: Lambda's context.
    """
    account, qualifier = invoked_function(context)
    caller = caller_of(event) if qualifier == URL_ALIAS else None
    return Requester(caller=caller, account=account)


@functools.cache
def _principals(patterns: tuple[str, ...], account: str) -> Principals:
    return Principals.of(patterns, account=account)
