"""Reads large logs by an Athena query.

The query groups calls that differ in nothing that matters (`curate.sql`), and the result is read like a log, with one
line for each group. So which calls are used, and why others are not, is decided in one place for both ways to read.

The text of the statement never changes; its inputs are execution parameters. A parameter is an SQL expression, not a
value: "For SQL execution parameters to be treated as strings, they must be enclosed in single quotes" (Athena user
guide, querying-with-prepared-statements). So every parameter here is a quoted literal.
"""

import csv
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distillery.core.logs import LogSource
from distillery.core.names import split_s3_uri
from distillery.core.redaction import redacted_message
from lambdas.collection.hours import HourRange

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

STATEMENT = Path(__file__).with_name("curate.sql")
CHUNK_BYTES = 64 * 1024

GROUPS_MAX = 200_000
"""Rows of a result: many times as many as the prompts of a run. They are read within a few minutes."""

RESULT_MAX_BYTES = 3 * 1024**3
"""Of a result's lines: about as much as is read without a query."""

EXCLUDED_MAX = 10
"""Objects that the statement has parameters for, so that a collection takes no more queries than one more."""
_OBJECT = re.compile(r"s3://[^\s()]+?\.gz(?![\w/-]|\.\w)")
FINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryExecution:
    """A query as Athena reports it. uri: location of its result. scanned: bytes. named: objects in its reason."""

    id: str
    state: str
    reason: str
    uri: str
    scanned: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that differ in nothing that matters. line: that of the newest one; None for all calls together."""

    line: bytes | None
    calls: int


class AthenaQueries:
    """Queries of a workgroup, which sets the location of results and limits the bytes scanned."""

    def __init__(self, athena: "AthenaClient", *, workgroup: str, database: str) -> None:
        self._athena, self._workgroup, self._database = athena, workgroup, database

    def start(self, source: LogSource, account: str, hours: HourRange, token: str, excluded: Sequence[str] = ()) -> str:
        """Start a query.

        Args:
            source: the recipe's filter.
            account: the account of principals that name none.
            hours: hours of the logs.
            token: idempotency token: the same token is the same query.
            excluded: URIs of objects that are not opened, up to EXCLUDED_MAX.

        Returns:
            The query's id.
        """
        return self._athena.start_query_execution(
            QueryString=STATEMENT.read_text(encoding="utf-8"),
            ExecutionParameters=parameters(source, account, hours, excluded=excluded),
            ClientRequestToken=token,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )["QueryExecutionId"]

    def get(self, ident: str) -> QueryExecution:
        execution = self._athena.get_query_execution(QueryExecutionId=ident)["QueryExecution"]
        reason = execution["Status"].get("StateChangeReason", "")
        return QueryExecution(
            id=ident,
            state=str(execution["Status"]["State"]),
            reason=redacted_message(reason, "its StateChangeReason"),
            uri=execution.get("ResultConfiguration", {}).get("OutputLocation", ""),
            scanned=execution.get("Statistics", {}).get("DataScannedInBytes", 0),
            named=named_objects(reason),
        )


def named_objects(reason: str) -> tuple[str, ...]:
    """Return the URIs of packed objects in the reason for which a query failed.

    Athena names the object at which it ends: `HIVE_CURSOR_ERROR: Failed to read file at s3://…` if its content is
    damaged, and `HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://… (offset=0, length=…): …` if its beginning is
    (Trino, LinePageSource and LinePageSourceFactory, on which engine version 3 is based).
    """
    return tuple(dict.fromkeys(_OBJECT.findall(reason)))


def parameters(
    source: LogSource, account: str, hours: HourRange, groups: int = GROUPS_MAX, excluded: Sequence[str] = ()
) -> list[str]:
    """Return the parameters in the order of the statement's question marks. An empty expression matches every
    principal."""
    pairs = json.dumps([f"{key}|{value}" for key, value in source.match.items()])
    least, greatest = source.bounds
    teachers = source.teachers(account)
    finder = teachers.finder if teachers else ""
    answers = "true" if source.use_responses else "false"
    unopened = [*excluded, *[""] * (EXCLUDED_MAX - len(excluded))]
    values = (hours.first, hours.end, *unopened, pairs, str(least), str(greatest), finder, answers, str(groups))
    return [literal(value) for value in values]


def literal(text: str) -> str:
    """Return an SQL string. Only single quotes are special, and are doubled (Trino, SQL language, types)."""
    return "'" + text.replace("'", "''") + "'"


def result_groups(s3: "S3Client", uri: str) -> Iterator[Group]:
    """Iterate over a result, without its header: CSV in UTF-8, every field quoted, nothing for NULL.

    The iteration ends early at RESULT_MAX_BYTES. A result of a query that an earlier version started has one call in
    each row.
    """
    bucket, key = split_s3_uri(uri)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(line.decode() for line in body.iter_lines(chunk_size=CHUNK_BYTES, keepends=True))
    next(rows, None)
    size = 0
    for row in rows:
        group = Group(row[0].encode() or None, int(row[1]) if len(row) > 1 else 1)
        size += len(group.line or b"")
        if size > RESULT_MAX_BYTES:
            return
        yield group
