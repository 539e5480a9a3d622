"""Runs a statement over tables of text. It finds the partitions that the statement needs, then reads their objects.

The host provides tables and objects, and may refuse access to them.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
from sqlglot import exp

from local.emulator.athena.statement import parse, partition_condition, path_condition, tables, to_duckdb
from local.emulator.athena.table import TextTable


class Host(Protocol):
    """The account in which a query runs, with the caller's permissions. Methods may raise any error."""

    def table(self, database: str | None, name: str) -> TextTable:
        """Returns a table by its name."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Returns the keys of objects."""

    def size(self, bucket: str, key: str) -> int:
        """Returns the size of an object in bytes."""

    def read(self, bucket: str, key: str) -> bytes:
        """Returns the content of an object."""


class ScanLimitExceeded(Exception):
    """The query would scan more bytes than its limit."""


class DamagedObject(Exception):
    """An object that the query opens is no whole gzip file. The message is Athena's, and names the object."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Columns and rows of a query.

    Attributes:
        scanned: Size of the objects that were read, in bytes, as stored.
    """

    columns: list[str]
    rows: list[tuple[object, ...]]
    scanned: int


def run(sql: str, parameters: Sequence[str], host: Host, most: int | None = None) -> QueryResult:
    """Runs a query.

    Args:
        sql: The statement in Athena's dialect, with question marks for parameters.
        parameters: SQL expressions, one for each question mark.
        host: The account that provides tables and objects.
        most: The most bytes to scan; None for no limit.

    Raises:
        InvalidStatement: The statement is not a single SELECT, or its parameters do not match.
        UnsupportedTable: The local Athena cannot read one of the tables.
        ScanLimitExceeded: The query would scan more than `most` bytes.
        DamagedObject: An object that the statement does not exclude by its "$path" is damaged.
        duckdb.Error: The query failed. The host's own errors pass through as well.
    """
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
    """Returns partition and key of every object that the statement needs. What it excludes is not even opened."""
    partitions = described.partitions(host.keys(described.bucket, described.prefix))
    engine.execute(f'CREATE OR REPLACE TABLE partitions ("{described.key}" VARCHAR)')
    if partitions:
        engine.execute("INSERT INTO partitions SELECT unnest($1::VARCHAR[])", [list(partitions)])
    needed = partition_condition(table, {described.key})
    rows = engine.execute(f"SELECT * FROM partitions WHERE {to_duckdb(needed)}").fetchall()  # noqa: S608 # parsed above
    keys = [(value, key) for (value,) in sorted(rows) for key in partitions[value]]
    engine.execute('CREATE OR REPLACE TABLE paths (place INTEGER, "$path" VARCHAR)')
    if keys:
        uris = [f"s3://{described.bucket}/{key}" for _, key in keys]
        engine.execute("INSERT INTO paths SELECT generate_subscripts($1, 1) - 1, unnest($1::VARCHAR[])", [uris])
    opened = engine.execute(f"SELECT place FROM paths WHERE {to_duckdb(path_condition(table))} ORDER BY place")  # noqa: S608 # parsed above
    return [keys[place] for (place,) in opened.fetchall()]


def _load(
    engine: duckdb.DuckDBPyConnection, name: str, described: TextTable, objects: list[tuple[str, str]], host: Host
) -> None:
    engine.execute(f'CREATE TABLE {name} ("{described.column}" VARCHAR, "{described.key}" VARCHAR, "$path" VARCHAR)')
    for value, key in objects:
        uri, body = f"s3://{described.bucket}/{key}", host.read(described.bucket, key)
        text = (_unpacked(uri, body) if key.endswith(".gz") else body).decode(errors="replace")
        lines = [line.partition("\x01")[0] for line in text.split("\n") if line]
        if lines:
            statement = f"INSERT INTO {name} SELECT unnest($1::VARCHAR[]), $2, $3"  # our own name
            engine.execute(statement, [lines, value, uri])


def _unpacked(uri: str, body: bytes) -> bytes:
    """Raises DamagedObject with the message of Trino's LinePageSourceFactory if the header is wrong, which is read when
    the object is opened, and of its LinePageSource if what follows is."""
    try:
        return gzip.decompress(body)
    except gzip.BadGzipFile as error:
        if body.startswith(b"\x1f\x8b\x08"):
            raise _unreadable(uri) from error
        where = f"{uri} (offset=0, length={len(body)})"
        raise DamagedObject(f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {where}: Not a gzip file") from error
    except (EOFError, zlib.error) as error:
        raise _unreadable(uri) from error


def _unreadable(uri: str) -> DamagedObject:
    return DamagedObject(f"HIVE_CURSOR_ERROR: Failed to read file at {uri}")


def as_csv(result: QueryResult) -> bytes:
    """Returns the result in Athena's format: every value in quotes, and nothing for NULL."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NOTNULL if hasattr(csv, "QUOTE_NOTNULL") else csv.QUOTE_ALL)
    writer.writerow(result.columns)
    writer.writerows(result.rows)
    return out.getvalue().replace("\r\n", "\n").encode()
