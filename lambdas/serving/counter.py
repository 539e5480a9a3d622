"""What each principal has taken of its quota in the hour or day that runs: one item of a table for each.

One conditional write takes a request's worst case before anything is asked of a model, and a second gives back what was
not used. DynamoDB makes writes to an item one after the other, so however many ask at a time, they never get more than
the quota together. Where the table does not answer nothing is asked: who is not counted is not served. An item goes by
its expiry, a day after its window has ended.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from distillery.core import clock
from distillery.core.aws import AWS_ERRORS, ClientError, code, counting
from distillery.core.errors import OverQuota, QuotaUnavailable
from distillery.core.journal import journal
from distillery.core.offer import Quota

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = 86_400
"""Seconds that an item is kept after its window, for whoever looks into who took how much."""
TRIES = 2
"""Of taking. One that took though it seemed to fail counts twice, which is on the safe side; giving back is tried once,
since twice would not be."""
_TAKEN = "attribute_not_exists(taken_{0}) OR taken_{0} <= :room_{0}"

log = journal(__name__)


@dataclass(frozen=True, slots=True)
class Amount:
    """Whole numbers, since sums of them are exact: a price per million tokens is not a whole number of microdollars."""

    tokens: int = 0
    nanodollars: int = 0

    def __add__(self, other: Self) -> "Amount":
        return Amount(self.tokens + other.tokens, self.nanodollars + other.nanodollars)

    def __sub__(self, other: Self) -> "Amount":
        return Amount(self.tokens - other.tokens, self.nanodollars - other.nanodollars)

    def __mul__(self, times: int) -> "Amount":
        return Amount(self.tokens * times, self.nanodollars * times)


@dataclass(frozen=True, slots=True)
class Taken:
    """item: the key of the window in which it was taken, whatever the clock says when it is settled."""

    item: str
    amount: Amount


class Counter:
    """table: its name. db: of boto3, which tries once."""

    def __init__(self, table: str, quota: Quota, db: "DynamoDBClient | None" = None) -> None:
        self._table, self._quota = table, quota
        self._db = db or counting()
        limits = {"tokens": quota.tokens, "nanodollars": quota.nanodollars}
        self._limits = {name: limit for name, limit in limits.items() if limit is not None}

    def take(self, who: str, most: Amount) -> Taken:
        """Raises OverQuota, QuotaUnavailable."""
        room = {name: limit - getattr(most, name) for name, limit in self._limits.items()}
        if any(left < 0 for left in room.values()):
            raise OverQuota(f"this request may take {_told(most)}, more than {self._quota} in all; ask for less")
        now, length = int(clock.timestamp()), self._quota.per.seconds
        end = now // length * length + length
        taken = Taken(f"{end - length}#{who}", most)
        for left in reversed(range(TRIES)):
            try:
                self._add(taken.item, most, end + KEPT, room)
                break
            except AWS_ERRORS as error:
                if isinstance(error, ClientError) and code(error) == "ConditionalCheckFailedException":
                    raise OverQuota(
                        f"whoever asks may take {self._quota}, and this request, which may take {_told(most)}, is more "
                        "than is left of it; ask for fewer max_tokens, or later",
                        retry_after=end - now,
                    ) from None
                if not left:
                    raise QuotaUnavailable(
                        "what is left of the caller's quota cannot be found out, so nothing was asked; try again"
                    ) from error
        return taken

    def settle(self, taken: Taken, used: Amount) -> None:
        """Gives back what was not used. Where that fails, what was taken stays so until the window ends."""
        change = used - taken.amount
        if change == Amount():
            return
        try:
            self._add(taken.item, change)
        except AWS_ERRORS as error:
            name = code(error) if isinstance(error, ClientError) else type(error).__name__
            log.warning("%s: %s of a quota are not given back before its end", name, _told(taken.amount - used))

    def _add(self, item: str, amount: Amount, expires: int = 0, room: dict[str, int] | None = None) -> None:
        """room: how much may have been taken before; None for an item that there is, whatever was taken."""
        numbers = {":tokens": amount.tokens, ":nanodollars": amount.nanodollars}
        keep, condition = "", "attribute_exists(pk)"
        if room is not None:
            numbers |= {":expires": expires} | {f":room_{name}": left for name, left in room.items()}
            keep = " SET expires_at = :expires"
            condition = " AND ".join(f"({_TAKEN.format(name)})" for name in room)
        self._db.update_item(
            TableName=self._table,
            Key={"pk": {"S": item}},
            UpdateExpression=f"ADD taken_tokens :tokens, taken_nanodollars :nanodollars{keep}",
            ConditionExpression=condition,
            ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
        )


def _told(amount: Amount) -> str:
    return f"{amount.tokens} tokens and ${amount.nanodollars / 1e9:.6f}"
