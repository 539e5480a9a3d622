"""Who asks, and which routes are for them.

A URL tells its function who signed a request; a direct invocation tells nobody, and may send any event, one that looks
like a URL's too. Where it matters who asks, the URL therefore stands at an alias, `URL_ALIAS`, which callers may reach
by the URL alone; and which of the two was invoked Lambda says itself, in the ARN of the context and not in the event.
"""

import functools
from dataclasses import dataclass
from typing import Any

from distillery.core.caller import Caller, caller_of, invoked
from distillery.core.errors import NotAdmitted
from distillery.core.names import URL_ALIAS
from distillery.core.offer import Offered
from distillery.core.principals import Principals

NOBODY = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """caller: None where nobody tells; account: the function's own, empty where nobody tells."""

    caller: Caller | None
    account: str

    @property
    def key(self) -> str:
        """By which a quota counts: all whom nobody tells of are one."""
        return self.caller.principal if self.caller else NOBODY

    def may_use(self, route: Offered) -> bool:
        if route.principals is None:
            return True
        return self.caller is not None and _principals(route.principals, self.account).admit(self.caller.arn)

    def check(self, route: Offered) -> None:
        """Raises NotAdmitted."""
        if self.may_use(route):
            return
        if self.caller is None:
            why = "a direct invocation names nobody: call it by the function's URL"
        else:
            why = "whoever signed this request is not among them"
        raise NotAdmitted(f"route {route.name!r} is for the principals that its settings name, and {why}")


def visitor_of(event: Any, context: Any) -> Visitor:
    """context: Lambda's. An event is believed where the alias of the URL was invoked, and nowhere else."""
    account, qualifier = invoked(context)
    return Visitor(caller=caller_of(event) if qualifier == URL_ALIAS else None, account=account)


@functools.cache
def _principals(patterns: tuple[str, ...], account: str) -> Principals:
    return Principals.of(patterns, account=account)
