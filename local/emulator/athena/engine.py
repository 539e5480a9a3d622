"""Runs a statement over tables of text. It finds the partitions that the statement needs, then reads their objects.

The host provides tables and objects, and may refuse access to them.
"""

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
from sqlglot import exp

from local.emulator.athena.statement import parse, partition_condition, tables, to_duckdb
from local.emulator.athena.table import TextTable


class Host(Protocol):
    """The account in which a query runs, with the caller's permissions. Methods may raise any error."""

    def table(self, database: str | None, name: str) -> TextTable:
        """A table by its name."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """The keys of objects."""

    def size(self, bucket: str, key: str) -> int:
        """Of an object, in bytes."""

    def read(self, bucket: str, key: str) -> bytes:
        """An object."""


class ScanLimitExceeded(Exception):
    """The query would scan more bytes than its limit."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """scanned: size of the objects that were read, in bytes, as stored."""

    columns: list[str]
    rows: list[tuple[object, ...]]
    scanned: int


def run(sql: str, parameters: Sequence[str], host: Host, most: int | None = None) -> QueryResult:
    """Raises InvalidStatement, UnsupportedTable, ScanLimitExceeded, what the host raises, and duckdb.Error."""
    tree, scanned = parse(sql, parameters), 0
    with duckdb.connect(":memory:") as engine:
        for number, table in enumerate(tables(tree)):
            described = host.table(table.db or None, table.name)
            objects = _objects(engine, table, described, host)
            scanned += sum(host.size(described.bucket, key) for _, key in objects)
            if most is not None and scanned > most:
                raise ScanLimitExceeded("Bytes scanned limit was exceeded")
            _load(engine, f"relation_{number}", described, objects, host)
            alias = table.alias or table.name
            table.replace(exp.to_table(f"relation_{number}", alias=alias))
        found = engine.execute(to_duckdb(tree))
        columns = [column[0] for column in found.description or ()]
        return QueryResult(columns, found.fetchall(), scanned)


def _objects(
    engine: duckdb.DuckDBPyConnection, table: exp.Table, described: TextTable, host: Host
) -> list[tuple[str, str]]:
    """Yields partition and key of every object that the statement needs."""
    partitions = described.partitions(host.keys(described.bucket, described.prefix))
    engine.execute(f'CREATE OR REPLACE TABLE partitions ("{described.key}" VARCHAR)')
    if partitions:
        engine.execute("INSERT INTO partitions SELECT unnest($1::VARCHAR[])", [list(partitions)])
    needed = partition_condition(table, {described.key})
    rows = engine.execute(f"SELECT * FROM partitions WHERE {to_duckdb(needed)}").fetchall()  # noqa: S608 # parsed above
    return [(value, key) for (value,) in sorted(rows) for key in partitions[value]]


def _load(
    engine: duckdb.DuckDBPyConnection, name: str, described: TextTable, objects: list[tuple[str, str]], host: Host
) -> None:
    engine.execute(f'CREATE TABLE {name} ("{described.column}" VARCHAR, "{described.key}" VARCHAR)')
    for value, key in objects:
        body = host.read(described.bucket, key)
        text = (gzip.decompress(body) if key.endswith(".gz") else body).decode(errors="replace")
        lines = [line.partition("\x01")[0] for line in text.split("\n") if line]
        if lines:
            statement = f"INSERT INTO {name} SELECT unnest($1::VARCHAR[]), $2"  # our own name
            engine.execute(statement, [lines, value])


def as_csv(result: QueryResult) -> bytes:
    """Returns the result in Athena's format: every value in quotes, and nothing for NULL."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NOTNULL if hasattr(csv, "QUOTE_NOTNULL") else csv.QUOTE_ALL)
    writer.writerow(result.columns)
    writer.writerows(result.rows)
    return out.getvalue().replace("\r\n", "\n").encode()
