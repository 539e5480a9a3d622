"""The exceptions that this package defines, and the record of one attempt.

An error that the caller has to fix in the request or in its permissions is raised as boto3's ClientError instead.

RouteError
├── NotConfigured     no environment or Region is set, or the route has no such cost centre
├── NoSuchRoute       the environment publishes no route of that name
├── MapUnavailable    the route's map cannot be read, and none was read before
├── AllStepsFailed    no step answered before the deadline; lists every attempt
└── StreamBroken      a stream failed after its first text; holds the text so far
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Reduced = tuple[type, tuple[Any, ...], dict[str, Any]]
"""How pickle restores an exception whose arguments are not its message: class, arguments, attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at one step of a route.

    Attributes:
        index: position of the step in the fallback policy, from 0.
        region: the Region that was called.
        identifier: the `modelId` that was called; None if the step could not be resolved to one.
        error: name of the error; None for the attempt that succeeded.
        message: text of the error, as AWS returned it. It may quote the request.
        elapsed_ms: duration in milliseconds.
    """

    index: int
    region: str
    identifier: str | None
    error: str | None = None
    message: str | None = None
    elapsed_ms: float = 0.0


class RouteError(Exception):
    """Base class of the errors of a route. Each can be copied and pickled, as process pools do."""


class NotConfigured(RouteError):
    """A required setting is missing."""


class NoSuchRoute(RouteError):
    """The environment publishes no route of that name in that Region."""


class MapUnavailable(RouteError):
    """The route's map cannot be read from SSM, and no earlier copy is cached."""


class NothingPromoted(RouteError):
    """The alias of a distilled step does not exist yet. Recorded as an attempt, never raised to callers."""


class OutsideBusinessHours(RouteError):
    """The alias of a distilled step is paused by business hours. Recorded as an attempt, never raised to callers."""


class UnreadableAlias(RouteError):
    """The alias of a distilled step holds an invalid value. Recorded as an attempt, never raised to callers."""


class SystemPromptUnavailable(RouteError):
    """The system prompt of a distilled student is missing, altered or not readable, and the request has none. Recorded
    as an attempt, never raised to callers: the step is not called without it."""


class AllStepsFailed(RouteError):
    """No step answered before the deadline.

    The message contains error names only, because it is logged: Bedrock's error messages may quote the request. They
    are in `attempts`.

    Attributes:
        route: name of the route.
        seconds: the deadline.
        attempts: every attempt, in order.
    """

    def __init__(self, route: str, seconds: float, attempts: Sequence[Attempt]) -> None:
        self.route, self.seconds, self.attempts = route, seconds, tuple(attempts)
        tried = "; ".join(_summaries(self.attempts)) or "no step could be tried"
        super().__init__(f"no step of route {route!r} answered within {seconds:g} s: {tried}")

    def __reduce__(self) -> Reduced:
        return type(self), (self.route, self.seconds, self.attempts), self.__dict__


class StreamBroken(RouteError):
    """A stream failed after it had returned something. Nothing was retried.

    Attributes:
        route: name of the route.
        text: the text that was returned before the failure.
        attempts: every attempt, in order; the last one is the broken one.
    """

    def __init__(self, route: str, text: str, attempts: Sequence[Attempt]) -> None:
        self.route, self.text, self.attempts = route, text, tuple(attempts)
        error = self.attempts[-1].error if self.attempts else "it was closed"
        super().__init__(f"the stream of route {route!r} failed after {len(text)} characters: {error}")

    def __reduce__(self) -> Reduced:
        return type(self), (self.route, self.text, self.attempts), self.__dict__


class NotReached(Exception):
    """AWS did not answer or refused the call: no credentials, no network, or no permission."""


class NotAllowed(NotReached):
    """IAM denied the request to a function URL."""


class FunctionRefused(Exception):
    """A Lambda function raised an error.

    Attributes:
        name: name of the function's error. The exception's text is the function's message.
        details: what else the function says of the error, by name.
    """

    def __init__(self, name: str, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.details = dict(details or {})

    def __reduce__(self) -> Reduced:
        return type(self), (self.name, str(self)), self.__dict__


def _summaries(attempts: Sequence[Attempt]) -> Iterator[str]:
    """Returns one text for each run of equal attempts."""

    def key(attempt: Attempt) -> tuple[str, str, str]:
        return attempt.identifier or "no model", attempt.region, attempt.error or ""

    for (identifier, region, error), group in groupby(attempts, key):
        count = len(list(group))
        times = f" ({count} times)" if count > 1 else ""
        yield f"{identifier} in {region}: {error}{times}"
