"""One request to a route: its attempts, its reply or error, and the notification of the observer."""

from collections.abc import Mapping
from typing import Any

from distillery.client.aws import FailureKind, TimeLimit, UnreadableReply
from distillery.client.clients import Clients, send
from distillery.client.converse import ConverseRequest, Reply, response_cost, response_text, sent_system, served_mode
from distillery.client.errors import AllStepsFailed, StreamBroken
from distillery.client.fallback import Fallback, PlannedAttempt
from distillery.client.metrics import Observer, Served, notify


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
        """Records a failed attempt. Raises the error again if it is the caller's."""
        failure = self.fallback.failed(planned, error)
        if failure.kind is FailureKind.CALLERS:
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
        served = Served(environment=route.environment, route=route.route, requested=self._requested, **result)
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
