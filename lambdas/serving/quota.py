"""The quota of a caller: what each principal has used in the current hour or day, and the worst case of a request.

Each principal has one item of a table per hour or day. One conditional write reserves the worst case of a request
before a model is called, and a second write releases what was not used. DynamoDB serializes the writes to an item, so
concurrent requests never exceed the quota together. If the table cannot be written the request is refused. Items expire
one day after their period.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Self

from distillery.client import AllStepsFailed, Attempt, Prices, Reply, Route, RouteMap
from distillery.core import clock
from distillery.core.aws import AWS_ERRORS, ClientError, code, counting
from distillery.core.boundary import get_logger
from distillery.core.errors import OverQuota, QuotaUnavailable
from distillery.core.served_routes import CallerQuota
from lambdas.serving.request import InvokeRequest
from lambdas.serving.serve import converse

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RETENTION = 86_400
"""Seconds that an item is kept after its period, to look up who used how much."""
RESERVE_ATTEMPTS = 2
"""A reservation that succeeded although it seemed to fail counts twice, which is safe. A release is attempted only
once, because releasing twice would not be safe."""
TOKENS_PER_TURN = 16
"""Tokens that a model's chat template adds to a turn: more than any known model adds."""
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
"""Errors of attempts that were refused before a model ran. It is not documented whether others are billed, so they
count as the worst case."""
MIN_TIMEOUT = 5.0
"""Seconds within which no attempt times out (the shortest time-out is 6). An earlier refusal has cost nothing."""
_HAS_ROOM = "attribute_not_exists(taken_{0}) OR taken_{0} <= :room_{0}"

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and cost. Both are integers, so that sums are exact: token prices are not whole microdollars."""

    tokens: int = 0
    nanodollars: int = 0

    def __add__(self, other: Self) -> "Usage":
        return Usage(self.tokens + other.tokens, self.nanodollars + other.nanodollars)

    def __sub__(self, other: Self) -> "Usage":
        return Usage(self.tokens - other.tokens, self.nanodollars - other.nanodollars)

    def __mul__(self, times: int) -> "Usage":
        return Usage(self.tokens * times, self.nanodollars * times)

    def __str__(self) -> str:
        return f"{self.tokens} tokens and ${self.nanodollars / 1e9:.6f}"


@dataclass(frozen=True, slots=True)
class Reservation:
    """item: key of the period in which it was made, in which it is also settled."""

    item: str
    usage: Usage


class UsageCounter:
    """Counts usage.

    Args:
        table: name of the DynamoDB table.
        quota: the quota of each principal.
        db: a DynamoDB client without retries. Default: one of the function.
    """

    def __init__(self, table: str, quota: CallerQuota, db: "DynamoDBClient | None" = None) -> None:
        self._table, self._quota = table, quota
        self._db = db or counting()
        limits = {"tokens": quota.tokens, "nanodollars": quota.nanodollars}
        self._limits = {name: limit for name, limit in limits.items() if limit is not None}

    def reserve(self, principal: str, most: Usage) -> Reservation:
        """Reserve the worst case of a request.

        Raises:
            OverQuota: it is more than what is left.
            QuotaUnavailable: the table cannot be written.
        """
        room = {name: limit - getattr(most, name) for name, limit in self._limits.items()}
        if any(left < 0 for left in room.values()):
            raise OverQuota(
                f"this request may use {most}, which is more than the quota of {self._quota}; reduce the request"
            )
        now, length = int(clock.timestamp()), self._quota.per.seconds
        end = now // length * length + length
        reservation = Reservation(f"{end - length}#{principal}", most)
        for attempts_left in reversed(range(RESERVE_ATTEMPTS)):
            try:
                self._add(reservation.item, most, end + RETENTION, room)
                break
            except AWS_ERRORS as error:
                if isinstance(error, ClientError) and code(error) == "ConditionalCheckFailedException":
                    raise OverQuota(
                        f"this request may use {most}, which is more than what is left of the caller's quota of "
                        f"{self._quota}; reduce max_tokens, or try again later",
                        retry_after=end - now,
                    ) from None
                if not attempts_left:
                    raise QuotaUnavailable(
                        "the caller's quota cannot be checked, so no model was called; try again"
                    ) from error
        return reservation

    def settle(self, reservation: Reservation, used: Usage) -> None:
        """Release what was not used. If that fails, it stays reserved until the end of the period."""
        change = used - reservation.usage
        if change == Usage():
            return
        try:
            self._add(reservation.item, change)
        except AWS_ERRORS as error:
            name = code(error) if isinstance(error, ClientError) else type(error).__name__
            log.warning("%s: %s of a quota stay reserved until its period ends", name, reservation.usage - used)

    def _add(self, item: str, usage: Usage, expires: int = 0, room: dict[str, int] | None = None) -> None:
        """Add to an item. `room`: the most that may be in use before. None adds to an existing item in any case."""
        numbers = {":tokens": usage.tokens, ":nanodollars": usage.nanodollars}
        expiry, condition = "", "attribute_exists(pk)"
        if room is not None:
            numbers |= {":expires": expires} | {f":room_{name}": left for name, left in room.items()}
            expiry = " SET expires_at = :expires"
            condition = " AND ".join(f"({_HAS_ROOM.format(name)})" for name in room)
        self._db.update_item(
            TableName=self._table,
            Key={"pk": {"S": item}},
            UpdateExpression=f"ADD taken_tokens :tokens, taken_nanodollars :nanodollars{expiry}",
            ConditionExpression=condition,
            ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
        )


class MeteredConverse:
    """Sends requests within the quota of one principal."""

    def __init__(self, table: UsageCounter, principal: str) -> None:
        self._table, self._principal = table, principal

    def converse(self, request: InvokeRequest, route: Route) -> Reply:
        """Send a request as `serve.converse` does. Also raises OverQuota and QuotaUnavailable, before any call."""
        added = 0 if "system" in request.conversation else route.longest_system_prompt()
        most = worst_case(request, route.ready(), added)
        try:
            reservation, started_at = self._table.reserve(self._principal, most), time.monotonic()
        except (OverQuota, QuotaUnavailable) as error:
            route.failed(error, callers=isinstance(error, OverQuota))
            raise
        try:
            reply = converse(request, route)
        except AllStepsFailed as error:
            self._table.settle(reservation, most * _possibly_billed(error.attempts))
            raise
        except ClientError:  # Bedrock refused the request, or every step
            if time.monotonic() - started_at < MIN_TIMEOUT:
                self._table.settle(reservation, Usage())
            raise
        self._table.settle(reservation, used_by(reply, most))
        return reply


def worst_case(request: InvokeRequest, route: RouteMap, added: int = 0) -> Usage:
    """Return the most that one answer can use: a token has at least one byte, and the most expensive step may answer.
    `added`: bytes of the system prompt that the route adds."""
    conversation, output = request.conversation, request.max_tokens or route.max_tokens
    input_tokens = sum(TOKENS_PER_TURN + size for size in (*_text_bytes(conversation), *([added] if added else ())))
    prices = [step.prices for step in route.steps if step.prices]
    return Usage(input_tokens + output, max((_cost(each, input_tokens, output) for each in prices), default=0))


def used_by(reply: Reply, most: Usage) -> Usage:
    """Return what the answer used, plus the worst case of each earlier attempt that may be billed. Without a price of
    the mode served it counts as the worst case; a student that is billed by the hour costs nothing more."""
    cost = most.nanodollars if reply.step.prices else 0
    if reply.cost is not None:
        cost = _nanodollars(reply.cost)
    return Usage(reply.input_tokens + reply.output_tokens, cost) + most * _possibly_billed(reply.attempts[:-1])


def _possibly_billed(attempts: Sequence[Attempt]) -> int:
    return sum(attempt.identifier is not None and attempt.error not in UNBILLED for attempt in attempts)


def _text_bytes(conversation: Mapping[str, Any]) -> list[int]:
    blocks = [block for turn in conversation["messages"] for block in turn["content"]]
    return [len(block["text"].encode()) for block in (*blocks, *conversation.get("system", ()))]


def _cost(prices: Prices, input_tokens: int, output_tokens: int) -> int:
    return _nanodollars(prices.cost(input_tokens=input_tokens, output_tokens=output_tokens))


def _nanodollars(usd: Decimal) -> int:
    return int((usd * 10**9).to_integral_value(ROUND_CEILING))
