"""A request within its caller's quota: the most that it may take, and what it took."""

import time
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any

from distillery.client import AllStepsFailed, Attempt, Prices, Reply, Route, RouteMap
from distillery.core.aws import ClientError
from distillery.core.errors import OverQuota, QuotaUnavailable
from lambdas.serving.counter import Amount, Counter
from lambdas.serving.request import Request
from lambdas.serving.serve import ask

PER_TURN = 16
"""Tokens of a turn beside its text, which a model's own template writes around it; more than any known one's."""
UNBILLED = frozenset({
    "AccessDeniedException",
    "ModelNotReadyException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "TooManyRequestsException",
    "ValidationException",
})  # fmt: skip
"""Errors of a try that was refused before a model was asked. Of any other nobody knows whether it is billed: it counts
as the worst case."""
SOON = 5.0
"""Seconds within which no try has timed out (the shortest may take 6): what is refused so soon has cost nothing."""


class Meter:
    """who: `Visitor.key`."""

    def __init__(self, counter: Counter, who: str) -> None:
        self._counter, self._who = counter, who

    def ask(self, request: Request, route: Route) -> Reply:
        """As `serve.ask`, and raises OverQuota and QuotaUnavailable, before anything was asked."""
        most = most_of(request, route.ready())
        try:
            taken, began = self._counter.take(self._who, most), time.monotonic()
        except (OverQuota, QuotaUnavailable) as error:
            route.failed(error, callers=isinstance(error, OverQuota))
            raise
        try:
            reply = ask(request, route)
        except AllStepsFailed as error:
            self._counter.settle(taken, most * _unsure(error.attempts))
            raise
        except ClientError:  # Bedrock's refusal of the request, or of every step
            if time.monotonic() - began < SOON:
                self._counter.settle(taken, Amount())
            raise
        self._counter.settle(taken, used_of(reply, most))
        return reply


def most_of(request: Request, route: RouteMap) -> Amount:
    """The worst case of one answer: no token is less than a byte, and no step of the route costs more."""
    conversation, out = request.conversation, request.max_tokens or route.max_tokens
    into = sum(PER_TURN + size for size in _sizes(conversation))
    prices = [step.prices for step in route.steps if step.prices]
    return Amount(into + out, max((_cost(each, into, out) for each in prices), default=0))


def used_of(reply: Reply, most: Amount) -> Amount:
    """What the answer took, and before it tries that may have cost as much as any. Without a price that is known of how
    it was served, it cost the most; a student that is billed by the hour costs nothing more."""
    cost = most.nanodollars if reply.step.prices else 0
    if reply.cost is not None:
        cost = _nanodollars(reply.cost)
    return Amount(reply.input_tokens + reply.output_tokens, cost) + most * _unsure(reply.attempts[:-1])


def _unsure(attempts: Sequence[Attempt]) -> int:
    return sum(attempt.identifier is not None and attempt.error not in UNBILLED for attempt in attempts)


def _sizes(conversation: Mapping[str, Any]) -> list[int]:
    """Bytes of each text."""
    blocks = [block for turn in conversation["messages"] for block in turn["content"]]
    return [len(block["text"].encode()) for block in (*blocks, *conversation.get("system", ()))]


def _cost(prices: Prices, into: int, out: int) -> int:
    return _nanodollars(prices.cost(input_tokens=into, output_tokens=out))


def _nanodollars(usd: Decimal) -> int:
    return int((usd * 10**9).to_integral_value(ROUND_CEILING))
