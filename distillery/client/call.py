"""One request: its walk, the calls that it comes to, and what is told of it when it is over."""

from collections.abc import Mapping
from typing import Any

from distillery.client.aws import Clients
from distillery.client.errors import AllStepsFailed, StreamBroken
from distillery.client.failure import Kind
from distillery.client.fallback import Try, Walk
from distillery.client.metrics import Served
from distillery.client.observer import Tell, tell
from distillery.client.reply import Reply, cost_of, text_of, told_of
from distillery.client.request import Asked, arguments_of


class Call:
    """tell: is told once, whatever becomes of the request; what it raises is logged, and costs nobody an answer."""

    def __init__(self, walk: Walk, asked: Asked, clients: Clients, tell: Tell | None) -> None:
        self.walk, self._asked, self._clients, self._tell = walk, asked, clients, tell
        self._requested = walk.route.steps[0].mode
        self._over = False

    def converse(self) -> Reply:
        for one in self.walk:
            try:
                response = self.open(one, "converse")
            except Exception as error:  # judged: what no step would answer is raised again
                self.failed(one, error)
            else:
                self.walk.answered(one)
                return self.over(one, response)
        raise self.lost()

    def open(self, one: Try, operation: str) -> Any:
        """What boto3 answers."""
        runtime = self._clients.runtime(one.target.step.region, one.seconds)
        return getattr(runtime, operation)(**arguments_of(self._asked, one.target, one.route))

    def failed(self, one: Try, error: Exception) -> None:
        """Notes it; raises it again where it is the caller's."""
        failure = self.walk.failed(one, error)
        if failure.kind is Kind.CALLERS:
            self._told(error=failure.name, callers=True)
            raise error

    def over(self, one: Try, response: Mapping[str, Any], first: float | None = None, end: float = 0.0) -> Reply:
        """The reply, which is told of. first, end: of a stream, when it began to say something and when it ended."""
        served = told_of(response)
        reply = Reply(
            response=response,
            text=text_of(response),
            requested=one.target.requested,
            served=served,
            index=one.target.index,
            step=one.target.step,
            identifier=one.target.identifier,
            model=one.target.model,
            attempts=tuple(self.walk.attempts),
            cost=cost_of(response, one.target.step, served, one.route),
            elapsed_ms=self.walk.elapsed_ms,
            time_to_first_token_ms=None if first is None else (first - one.began) * 1000,
            output_tokens_per_second=None if first is None else _pace(response, end - first),
        )
        self._told(reply=reply)
        return reply

    def lost(self) -> Exception:
        """To be raised: AllStepsFailed, or where every step was denied what boto3 raised at the first."""
        error = AllStepsFailed(self.walk.route.route, self.walk.deadline, self.walk.attempts)
        denied = self.walk.denied
        self._told(error=self.walk.attempts[0].error if denied else type(error).__name__)
        return denied or error

    def broken(self, one: Try, error: Exception, text: str) -> StreamBroken:
        """To be raised."""
        self.walk.failed(one, error)
        self._told(error=StreamBroken.__name__)
        return StreamBroken(self.walk.route.route, text, self.walk.attempts)

    def _told(self, **how: Any) -> None:
        """how: of Served, what it came to. Says nothing the second time: a stream may be closed while it is read."""
        if self._over:
            return
        self._over, route = True, self.walk.route
        tell(self._tell, Served(environment=route.environment, route=route.route, requested=self._requested, **how))


def _pace(response: Mapping[str, Any], seconds: float) -> float | None:
    """Tokens a second, without the first one and the wait for it."""
    tokens = response.get("usage", {}).get("outputTokens", 0)
    return (tokens - 1) / seconds if tokens > 1 and seconds > 0 else None
