"""One DynamoDB table with keys `pk` and `sk`, every attribute a string: the few operations that the ledger needs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdas.shared.aws import ClientError, client, code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, str]
NEW = "attribute_not_exists(pk)"


class Table:
    """Reads are consistent: a run acts on what was just written."""

    def __init__(self, name: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._db = dynamodb or client("dynamodb")

    def get(self, pk: str, sk: str) -> Item | None:
        answer = self._db.get_item(TableName=self._name, Key=_typed({"pk": pk, "sk": sk}), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str, prefix: str = "") -> list[Item]:
        """The items of a partition in the order of `sk`, all pages."""
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
        """False where the key is taken; nothing is written then."""
        try:
            self._db.put_item(TableName=self._name, Item=_typed(item), ConditionExpression=NEW)
        except ClientError as error:
            return _unless("ConditionalCheckFailedException", error)
        return True

    def put_all(self, *puts: tuple[Item, str, Mapping[str, str]]) -> bool:
        """(item, condition, its values) each: all are written, or none and the answer is False."""
        writes: list[Any] = [
            {
                "Put": {"TableName": self._name, "Item": _typed(item), "ConditionExpression": condition}
                | ({"ExpressionAttributeValues": _typed(values)} if values else {})
            }
            for item, condition, values in puts
        ]
        try:
            self._db.transact_write_items(TransactItems=writes)
        except ClientError as error:
            return _unless("TransactionCanceledException", error)
        return True

    def set(self, pk: str, sk: str, values: Mapping[str, str], *, only_if: str, given: Mapping[str, str]) -> bool:
        """Sets attributes of an item. `only_if` names attributes `#name`, and values of `given` as `:name`."""
        names = {f"#{name}": name for name in (*values, *given) if f"#{name}" in only_if or name in values}
        try:
            self._db.update_item(
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
        except ClientError as error:
            return _unless("ConditionalCheckFailedException", error)
        return True

    def delete(self, pk: str, sk: str, *, attribute: str, equal: str) -> bool:
        """Deletes the item if its attribute has that value; False where it has another, or is gone."""
        try:
            self._db.delete_item(
                TableName=self._name,
                Key=_typed({"pk": pk, "sk": sk}),
                ConditionExpression="#attribute = :equal",
                ExpressionAttributeNames={"#attribute": attribute},
                ExpressionAttributeValues=_typed({":equal": equal}),
            )
        except ClientError as error:
            return _unless("ConditionalCheckFailedException", error)
        return True


def _unless(expected: str, error: ClientError) -> bool:
    if code(error) != expected:
        raise error
    return False


def _typed(item: Mapping[str, str]) -> Any:
    return {key: {"S": str(value)} for key, value in item.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {key: value["S"] for key, value in item.items()}
