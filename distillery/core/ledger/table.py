"""The DynamoDB operations that the ledger needs: one table with the keys `pk` and `sk`, all attributes strings."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from distillery.core.aws import REASONS, ClientError, client, code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, str]
NEW = "attribute_not_exists(pk)"
READS_MAX = 20
"""How many times an item that concurrent requests are changing is read again."""
TRIES = 8
"""How many times a conflicting write is tried. The waits double, and add up to 6 seconds."""

_REFUSED, _CANCELED, _CONFLICT = (
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "TransactionConflictException",
)


class Table:
    """Reads are strongly consistent, because a run acts on what was just written."""

    def __init__(self, name: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._db = dynamodb or client("dynamodb")

    def get(self, pk: str, sk: str) -> Item | None:
        answer = self._db.get_item(TableName=self._name, Key=_typed({"pk": pk, "sk": sk}), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str, prefix: str = "") -> list[Item]:
        """All items of a partition in the order of `sk`."""
        condition, values = "pk = :pk", {":pk": pk}
        if prefix:
            condition, values = f"{condition} AND begins_with(sk, :prefix)", {**values, ":prefix": prefix}
        pages = self._db.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=_typed(values),
            ConsistentRead=True,
        )
        return [_plain(item) for page in pages for item in page["Items"]]

    def put(self, item: Item) -> None:
        self._db.put_item(TableName=self._name, Item=_typed(item))

    def put_new(self, item: Item) -> bool:
        """False where the key exists; then nothing is written."""
        return _written(
            lambda: self._db.put_item(TableName=self._name, Item=_typed(item), ConditionExpression=NEW),
        )

    def put_all(self, *puts: tuple[Item, str, Mapping[str, str]]) -> bool:
        """Writes all items, or none and returns False. Each put is (item, condition, the condition's values)."""
        writes: list[Any] = [
            {
                "Put": {"TableName": self._name, "Item": _typed(item), "ConditionExpression": condition}
                | ({"ExpressionAttributeValues": _typed(values)} if values else {})
            }
            for item, condition, values in puts
        ]
        return _written(lambda: self._db.transact_write_items(TransactItems=writes))

    def set(self, pk: str, sk: str, values: Mapping[str, str], *, only_if: str, given: Mapping[str, str]) -> bool:
        """Sets attributes of an existing item, if a condition holds (UpdateItem).

        Args:
            pk: Partition key.
            sk: Sort key.
            values: The attributes to set.
            only_if: Condition expression. It refers to attributes as `#name`, and to values of `given` as `:name`.
            given: The values that the condition refers to, by name.

        Returns:
            False if there is no such item, or if the condition does not hold.
        """
        names = {f"#{name}": name for name in (*values, *given) if f"#{name}" in only_if or name in values}
        return _written(
            lambda: self._db.update_item(
                TableName=self._name,
                Key=_typed({"pk": pk, "sk": sk}),
                UpdateExpression="SET " + ", ".join(f"#{name} = :new_{name}" for name in values),
                ConditionExpression=f"attribute_exists(pk) AND {only_if}",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=_typed(
                    {f":new_{name}": value for name, value in values.items()}
                    | {f":{name}": value for name, value in given.items()}
                ),
            )
        )

    def delete(self, pk: str, sk: str, *, attribute: str, equal: str) -> bool:
        """Deletes the item if its attribute equals the value; False where it does not, or where there is no item."""
        return _written(
            lambda: self._db.delete_item(
                TableName=self._name,
                Key=_typed({"pk": pk, "sk": sk}),
                ConditionExpression="#attribute = :equal",
                ExpressionAttributeNames={"#attribute": attribute},
                ExpressionAttributeValues=_typed({":equal": equal}),
            )
        )


def _written(write: Callable[[], object]) -> bool:
    """False where a condition does not hold. Conflicts and throttling are retried, and raised in the end."""
    for tried in range(1, TRIES + 1):
        try:
            write()
        except ClientError as error:
            if _does_not_hold(error):
                return False
            if tried == TRIES or code(error) not in (_CANCELED, _CONFLICT):
                raise
            time.sleep(0.05 * 2 ** (tried - 1))
        else:
            return True
    raise AssertionError("the last try returns or raises")


def _does_not_hold(error: ClientError) -> bool:
    """Whether a condition failed. A canceled transaction has a reason for each part, of which most are no answer: a
    conflict or throttling (TransactWriteItems)."""
    if code(error) != _CANCELED:
        return code(error) == _REFUSED
    parts: Any = error.response.get(REASONS, ())
    return any(part.get("Code") == "ConditionalCheckFailed" for part in parts)


def _typed(item: Mapping[str, str]) -> Any:
    return {key: {"S": str(value)} for key, value in item.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {key: value["S"] for key, value in item.items()}
