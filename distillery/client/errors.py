"""What a route raises of its own. What is the caller's to mend (a request that Bedrock finds invalid, a permission that
every step is missing) comes as boto3 raised it.

RouteError
├── NotConfigured     no environment, no Region, or a cost centre that the route has not
├── NoSuchRoute       the environment publishes no route of that name
├── MapUnavailable    the route's map could not be read, and none was read before
├── AllStepsFailed    nothing answered before the deadline; says every attempt
└── StreamBroken      a stream ended after it had begun to say something; holds what was said
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from distillery.client.reply import Attempt


class RouteError(Exception):
    """Root of the tree."""


class NotConfigured(RouteError):
    """Something that a route needs to know was not said."""


class NoSuchRoute(RouteError):
    """The environment publishes no route of that name in that Region."""


class MapUnavailable(RouteError):
    """SSM could not be read, and no earlier map is at hand."""


class NothingPromoted(RouteError):
    """A distilled step whose alias is not written yet. A walk notes it and goes on; it is never raised to callers."""


class UnreadableAlias(RouteError):
    """A distilled step whose alias holds what promotion never writes; likewise noted, and never raised to callers."""


class AllStepsFailed(RouteError):
    """attempts: every try, in order. Its text names errors alone: the sentences of Bedrock, which are in the attempts,
    may quote the caller, and this is logged."""

    def __init__(self, route: str, seconds: float, attempts: Sequence[Attempt]) -> None:
        self.route, self.attempts = route, tuple(attempts)
        tried = "; ".join(_told(self.attempts)) or "no step could be tried"
        super().__init__(f"no step of route {route!r} answered within {seconds:g} s: {tried}")


class StreamBroken(RouteError):
    """text: what was handed out before; attempts: every try, the broken one last. Nothing was repeated."""

    def __init__(self, route: str, text: str, attempts: Sequence[Attempt]) -> None:
        self.route, self.text, self.attempts = route, text, tuple(attempts)
        why = self.attempts[-1].error if self.attempts else "it was closed"
        super().__init__(f"the stream of route {route!r} broke off after {len(text)} characters: {why}")


def _told(attempts: Sequence[Attempt]) -> Iterator[str]:
    def same(attempt: Attempt) -> tuple[str, str, str]:
        return attempt.identifier or "no model", attempt.region, attempt.error or ""

    for (identifier, region, error), tries in groupby(attempts, same):
        often = list(tries)
        times = f" ({len(often)} times)" if len(often) > 1 else ""
        yield f"{identifier} in {region}: {error}{times}"
