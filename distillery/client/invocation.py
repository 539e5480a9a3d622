"""One request to a route: its attempts, its reply or error, and the notification of the observer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from distillery.client.aws import FailureKind, TimeLimit, UnreadableReply
from distillery.client.canary import CANARY
from distillery.client.clients import Clients, send
from distillery.client.converse import ConverseRequest, Reply, ResolvedStep
from distillery.client.errors import AllStepsFailed, StreamBroken
from distillery.client.fallback import Fallback, PlannedAttempt
from distillery.client.route_map import DEFAULT_TIER, STANDARD, Mode, Prices, RouteMap, Step
from distillery.client.system_prompt import SEVERAL

_log = logging.getLogger(__name__)  # noqa: TID251  # the client imports nothing of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One finished request.

    Attributes:
        environment: name of the environment.
        route: name of the route.
        reply: the reply; None if there was no complete answer.
        error: name of the error that was raised, if there is no reply.
        callers: whether the caller has to fix that error.
        requested: mode of the route's first step; None if no map was read.
        assigned: the variant that the request was assigned to while its step has a canary, `canary` or `live`;
            otherwise empty. Another may have answered: `Reply.variant`.
    """

    environment: str
    route: str
    reply: Reply | None = None
    error: str | None = None
    callers: bool = False
    requested: Mode | None = None
    assigned: str = ""


Observer = Callable[[Served], object]
"""Called once for each finished request."""


def notify(observer: Observer | None, served: Served) -> None:
    """Calls an observer. Its exceptions are logged and never affect the request."""
    if observer is None:
        return
    try:
        observer(served)
    except Exception:  # whatever the application's callable raises
        _log.exception("the metrics of a request were not written")


class RouteInvocation:
    """One request. The observer is notified once, whatever the result."""

    def __init__(
        self, fallback: Fallback, request: ConverseRequest, clients: Clients, observer: Observer | None
    ) -> None:
        self.fallback, self._request, self._clients, self._observer = fallback, request, clients, observer
        self._requested = fallback.route.steps[0].mode
        self._notified = False

    def converse(self) -> Reply:
        for planned in self.fallback:
            try:
                response = self.send(planned, "converse", TimeLimit(planned.timeout))
                check_response(response)
            except Exception as error:  # classified: an error of the caller is raised again
                self.failed(planned, error)
            else:
                self.fallback.succeeded(planned)
                return self.finish(planned, response)
        raise self.exhausted()

    def send(self, planned: PlannedAttempt, operation: str, limit: TimeLimit) -> Any:
        """Calls `converse` or `converse_stream` of boto3 within a limit and returns its response."""
        runtime = self._clients.runtime(planned.target.step.region)
        return send(getattr(runtime, operation), self._request.arguments_for(planned.target, planned.route), limit)

    def failed(self, planned: PlannedAttempt, error: Exception) -> None:
        """Records a failed attempt. Raises the error again if it is the caller's, and not one of a canary: the live
        endpoint decides what is an error."""
        failure = self.fallback.failed(planned, error)
        if failure.kind is FailureKind.CALLERS and planned.target.variant != CANARY:
            self._notify(error=failure.name, callers=True)
            raise error

    def finish(
        self,
        planned: PlannedAttempt,
        response: Mapping[str, Any],
        first_token_at: float | None = None,
        ended_at: float = 0.0,
    ) -> Reply:
        """Builds the reply and notifies the observer.

        Args:
            planned: the attempt that succeeded.
            response: the response of Converse. Of a stream that ended early it lacks `usage`, which Bedrock reports
                together with the mode that it served.
            first_token_at: streams only: time of the first content, in seconds of the route's clock.
            ended_at: streams only: time of the end.
        """
        target = planned.target
        served = served_mode(response) if "usage" in response else None
        reply = Reply(
            response=response,
            text=response_text(response),
            requested=target.requested,
            served=served,
            index=target.index,
            step=target.step,
            identifier=target.identifier,
            model=target.model,
            attempts=tuple(self.fallback.attempts),
            cost=response_cost(response, target.step, served, planned.route),
            elapsed_ms=self.fallback.elapsed_ms,
            time_to_first_token_ms=None if first_token_at is None else (first_token_at - planned.started_at) * 1000,
            output_tokens_per_second=None if first_token_at is None else _rate(response, ended_at - first_token_at),
            system=sent_system(self._request, target),
            variant=target.variant,
        )
        self._notify(reply=reply)
        return reply

    def exhausted(self) -> Exception:
        """Returns the error to raise: AllStepsFailed, or boto3's error of the first step if every step was denied."""
        error = AllStepsFailed(self.fallback.route.route, self.fallback.deadline, self.fallback.attempts)
        denial = self.fallback.denial
        self._notify(error=self.fallback.attempts[0].error if denial else type(error).__name__)
        return denial or error

    def broken(self, planned: PlannedAttempt, error: Exception, text: str) -> StreamBroken:
        """Returns the error to raise for a stream that failed after its first text."""
        self.fallback.failed(planned, error)
        self._notify(error=StreamBroken.__name__)
        return StreamBroken(self.fallback.route.route, text, self.fallback.attempts)

    def _notify(self, **result: Any) -> None:
        """Notifies the observer the first time only: a stream may be closed while it is read."""
        if self._notified:
            return
        self._notified, route = True, self.fallback.route
        served = Served(
            environment=route.environment,
            route=route.route,
            requested=self._requested,
            assigned=self.fallback.assigned,
            **result,
        )
        notify(self._observer, served)


def check_response(response: Mapping[str, Any]) -> None:
    """Raises UnreadableReply if what came back is not a complete response of Converse: one with every member that the
    service always returns."""
    match response:
        case {
            "output": {"message": {"role": str(), "content": list(content)}},
            "stopReason": str(stop),
            "metrics": {"latencyMs": int()},
        } if stop and has_figures(response) and all(map(_is_block, content)):
            return
    missing = [name for name in ("output", "stopReason", "usage", "metrics") if not response.get(name)]
    raise UnreadableReply(reason=f"it lacks {', '.join(missing)}" if missing else "a member has another structure")


def has_figures(response: Mapping[str, Any]) -> bool:
    """Whether a response, or the metadata of a stream, has usage and modes that can be read."""
    match response:
        case {"usage": {"inputTokens": int(sent), "outputTokens": int(received)}} if sent >= 0 and received >= 0:
            served = served_mode(response)
            return isinstance(served.latency, str) and isinstance(served.tier, str)
    return False


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text", ""), str)


def _rate(response: Mapping[str, Any], seconds: float) -> float | None:
    """Tokens per second, without the first token and the wait for it."""
    tokens = response.get("usage", {}).get("outputTokens", 0)
    return (tokens - 1) / seconds if tokens > 1 and seconds > 0 else None


def sent_system(request: ConverseRequest, target: ResolvedStep) -> str:
    """Returns whose system prompt a request to a step has, see Reply.system."""
    if request.has_system:
        return "caller"
    if target.system is not None:
        return "student"
    return SEVERAL if target.prompt.use == SEVERAL else "none"


def response_text(response: Mapping[str, Any]) -> str:
    """Returns the text blocks joined. Blocks are selected by type, because reasoning may come first."""
    blocks = response.get("output", {}).get("message", {}).get("content", ())
    return "".join(block["text"] for block in blocks if "text" in block)


def served_mode(response: Mapping[str, Any]) -> Mode:
    """Returns the mode that Bedrock reports. A missing field means the default, also after a silent fallback from
    optimized to standard latency. Source: Bedrock user guide, latency-optimized-inference."""
    return Mode(
        latency=response.get("performanceConfig", {}).get("latency", STANDARD),
        tier=response.get("serviceTier", {}).get("type", DEFAULT_TIER),
    )


def response_cost(response: Mapping[str, Any], step: Step, served: Mode | None, route: RouteMap) -> Decimal | None:
    """Returns US dollars at the price of the mode served: the step's own, or that of a step of the same model in that
    mode. None if it is not known; see Reply.cost."""
    usage, prices = response.get("usage", {}), _prices(step, served, route)
    cached = usage.get("cacheReadInputTokens", 0) or usage.get("cacheWriteInputTokens", 0)
    if prices is None or cached or "inputTokens" not in usage:
        return None
    return prices.cost(input_tokens=usage["inputTokens"], output_tokens=usage["outputTokens"])


def _prices(step: Step, served: Mode | None, route: RouteMap) -> Prices | None:
    same = (one for one in route.steps if (one.model, one.region, one.alias) == (step.model, step.region, step.alias))
    return next((one.prices for one in (step, *same) if one.mode == served and one.prices), None)
