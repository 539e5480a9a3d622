"""The ledger's table in a dict, with the conditions that the ledger uses."""

import re
from collections.abc import Mapping

from lambdas.shared.ledger.table import Item, Table


class MemoryTable(Table):
    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}

    def get(self, pk: str, sk: str) -> Item | None:
        return self.items.get((pk, sk))

    def query(self, pk: str, prefix: str = "") -> list[Item]:
        return [item for key, item in sorted(self.items.items()) if key[0] == pk and key[1].startswith(prefix)]

    def put(self, item: Item) -> None:
        self.items[item["pk"], item["sk"]] = dict(item)

    def put_new(self, item: Item) -> bool:
        return self.put_all((item, "attribute_not_exists(pk)", {}))

    def put_all(self, *puts: tuple[Item, str, Mapping[str, str]]) -> bool:
        for item, condition, values in puts:
            there = self.items.get((item["pk"], item["sk"]), {})
            if not _holds(condition, there, values, {}):
                return False
        for item, _, _ in puts:
            self.put(item)
        return True

    def set(self, pk: str, sk: str, values: Mapping[str, str], *, only_if: str, given: Mapping[str, str]) -> bool:
        there = self.items.get((pk, sk))
        spelled = {f":{name}": value for name, value in given.items()}
        names = {f"#{name}": name for name in (*values, *given)}
        if there is None or not _holds(only_if, there, spelled, names):
            return False
        there.update(values)
        return True

    def delete(self, pk: str, sk: str, *, attribute: str, equal: str) -> bool:
        there = self.items.get((pk, sk), {})
        return there.get(attribute) == equal and bool(self.items.pop((pk, sk)))


def _holds(condition: str, item: Item, values: Mapping[str, str], names: Mapping[str, str]) -> bool:
    if missing := re.fullmatch(r"attribute_not_exists\(([#\w-]+)\)", condition):
        return names.get(missing[1], missing[1]) not in item
    if equal := re.fullmatch(r"([#\w]+) = (:\w+)", condition):
        return item.get(names.get(equal[1], equal[1])) == values[equal[2]]
    raise AssertionError(f"the fake table does not know the condition {condition!r}")
