"""A table of Glue over text in S3: its partitions, as Athena projects them, and the objects in each.

AWS: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html. A projected partition is
    one of the configured range; its objects are all those under its location, in any folder. Every table has the hidden
    column "$path", the URI of a row's object.
Here: one column of text, one partition key of type date, with `yyyy/MM/dd/HH` or a beginning of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_RELATIVE = re.compile(r"NOW(?:([+-])(\d+)(HOURS|DAYS|WEEKS))?")


class UnsupportedTable(Exception):
    """The local Athena cannot read such a table."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """column: the only column; key: the partition key."""

    bucket: str
    prefix: str
    column: str
    key: str
    low: str
    high: str

    def partitions(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Returns partition → keys of its objects, for partitions with objects."""
        found: dict[str, list[str]] = {}
        depth = self.low.count("/") + 1
        for key in keys:
            if key.startswith(self.prefix):
                parts = key[len(self.prefix) :].split("/")
                value = "/".join(parts[:depth])
                hidden = any(part.startswith(("_", ".")) for part in parts)
                if len(parts) > depth and self.low <= value <= self.high and not hidden:
                    found.setdefault(value, []).append(key)
        return found


def text_table(glue: dict[str, Any], now: datetime) -> TextTable:
    """Returns the table of a record of Glue. Raises UnsupportedTable."""
    said, storage = glue.get("Parameters") or {}, glue.get("StorageDescriptor") or {}
    columns, keys = storage.get("Columns") or [], glue.get("PartitionKeys") or []
    library = (storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")
    if len(columns) != 1 or len(keys) != 1 or not library.endswith("LazySimpleSerDe"):
        raise UnsupportedTable(
            "the local Athena reads only tables with one text column and one projected partition key"
        )
    key = keys[0]["Name"]
    projected = {name.removeprefix(f"projection.{key}."): value for name, value in said.items()}
    if said.get("projection.enabled") != "true" or projected.get("type") != "date":
        raise UnsupportedTable(
            f"the local Athena reads only partitions with date projection, and {key} has another type"
        )
    location, _, end = said["storage.location.template"].partition(f"${{{key}}}")
    if end.strip("/"):
        raise UnsupportedTable("storage.location.template must end with the partition key")
    low, high = (_bound(each.strip(), projected["format"], now) for each in projected["range"].split(","))
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return TextTable(bucket, prefix, columns[0]["Name"], key, low, high)


def _bound(said: str, form: str, now: datetime) -> str:
    relative = _RELATIVE.fullmatch(said)
    if relative is None:
        return said
    sign, count, unit = relative.groups()
    away = timedelta(**{unit.lower(): int(count)}) if unit else timedelta()
    moment = now - away if sign == "-" else now + away
    for java, python in _JAVA.items():
        form = form.replace(java, python)
    return moment.strftime(form)
