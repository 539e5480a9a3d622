"""The ledger's table in a dict, with the conditions that the ledger uses. As in DynamoDB, each operation is atomic, for
threads too.
"""

import re
import threading
from collections.abc import Mapping

from distillery.core.ledger.table import Item, Table


class MemoryTable(Table):
    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self._alone = threading.RLock()

    def get(self, pk: str, sk: str) -> Item | None:
        with self._alone:
            there = self.items.get((pk, sk))
            return None if there is None else dict(there)

    def query(self, pk: str, prefix: str = "") -> list[Item]:
        with self._alone:
            found = sorted(self.items.items())
            return [dict(item) for key, item in found if key[0] == pk and key[1].startswith(prefix)]

    def put(self, item: Item) -> None:
        with self._alone:
            self.items[item["pk"], item["sk"]] = {name: str(value) for name, value in item.items()}

    def put_new(self, item: Item) -> bool:
        return self.put_all((item, "attribute_not_exists(pk)", {}))

    def put_all(self, *puts: tuple[Item, str, Mapping[str, str]]) -> bool:
        keys = [(item["pk"], item["sk"]) for item, _, _ in puts]
        assert len({*keys}) == len(keys), "a transaction cannot include multiple operations on one item"
        with self._alone:
            for item, condition, values in puts:
                there = self.items.get((item["pk"], item["sk"]), {})
                if not _holds(condition, there, values, {}):
                    return False
            for item, _, _ in puts:
                self.put(item)
            return True

    def set(self, pk: str, sk: str, values: Mapping[str, str], *, only_if: str, given: Mapping[str, str]) -> bool:
        spelled = {f":{name}": value for name, value in given.items()}
        names = {f"#{name}": name for name in (*values, *given)}
        with self._alone:
            there = self.items.get((pk, sk))
            if there is None or not _holds(only_if, there, spelled, names):
                return False
            there.update(values)
            return True

    def delete(self, pk: str, sk: str, *, attribute: str, equal: str) -> bool:
        with self._alone:
            there = self.items.get((pk, sk), {})
            return there.get(attribute) == equal and bool(self.items.pop((pk, sk)))


def _holds(condition: str, item: Item, values: Mapping[str, str], names: Mapping[str, str]) -> bool:
    """Evaluates conditions joined by AND. As in DynamoDB, a value that no condition uses is an error."""
    parts = condition.split(" AND ")
    named = {part.partition(" = ")[2] for part in parts} - {""}
    assert named == {value for value in values if not value.startswith(":new_")}, (
        f"{condition!r} uses {sorted(named)} but was given {sorted(values)}"
    )
    return all(_part_holds(part, item, values, names) for part in parts)


def _part_holds(condition: str, item: Item, values: Mapping[str, str], names: Mapping[str, str]) -> bool:
    if missing := re.fullmatch(r"attribute_not_exists\(([#\w-]+)\)", condition):
        return names.get(missing[1], missing[1]) not in item
    if equal := re.fullmatch(r"([#\w]+) = (:\w+)", condition):
        return item.get(names.get(equal[1], equal[1])) == values[equal[2]]
    raise AssertionError(f"the fake table does not know the condition {condition!r}")
