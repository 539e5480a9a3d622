"""The usage table as DynamoDB keeps it: applies the update expressions one at a time."""

import re
import threading
from typing import Any

from tests.fakes.errors import service_error

Item = dict[str, int]


class FakeUsageTable:
    """errors: raised by the next calls, in order; None lets a call through. highest: the highest value of
    each counter.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.errors: list[Exception | None] = []
        self.calls: list[dict[str, Any]] = []
        self.highest: dict[str, Item] = {}
        self._lock = threading.Lock()

    def update_item(self, **said: Any) -> dict[str, Any]:
        with self._lock:
            self.calls.append(said)
            if self.errors and (error := self.errors.pop(0)):
                raise error
            key = said["Key"]["pk"]["S"]
            values = {name: int(told["N"]) for name, told in said["ExpressionAttributeValues"].items()}
            if not _holds(said["ConditionExpression"], self.items.get(key), values):
                raise service_error("ConditionalCheckFailedException")
            _change(said["UpdateExpression"], self.items.setdefault(key, {}), values)
            highest = self.highest.setdefault(key, {})
            highest |= {name: max(highest.get(name, 0), number) for name, number in self.items[key].items()}
            return {}


def _holds(condition: str, item: Item | None, values: Item) -> bool:
    if condition == "attribute_exists(pk)":
        return item is not None
    parts = [
        re.fullmatch(r"\(attribute_not_exists\((\w+)\) OR (\w+) <= (:\w+)\)", part) for part in condition.split(" AND ")
    ]
    assert all(part and part[1] == part[2] for part in parts), condition
    return all((item or {}).get(part[1], values[part[3]]) <= values[part[3]] for part in parts if part)


def _change(expression: str, item: Item, values: Item) -> None:
    said = re.fullmatch(r"ADD (\w+) (:\w+), (\w+) (:\w+)(?: SET (\w+) = (:\w+))?", expression)
    assert said, expression
    for name, value in ((said[1], said[2]), (said[3], said[4])):
        item[name] = item.get(name, 0) + values[value]
    if said[5]:
        item[said[5]] = values[said[6]]
