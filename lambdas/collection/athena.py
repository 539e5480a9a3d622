"""Selects prompts from large logs by an Athena query.

The text of the statement never changes; its inputs are execution parameters. A parameter is an SQL expression, not a
value: "For SQL execution parameters to be treated as strings, they must be enclosed in single quotes" (Athena user
guide, querying-with-prepared-statements). So every parameter here is a quoted literal.
"""

import csv
import json
import sys
from collections.abc import Iterator
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
FINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryExecution:
    """A query as Athena reports it. uri: location of its result. scanned: bytes."""

    id: str
    state: str
    reason: str
    uri: str
    scanned: int


class AthenaQueries:
    """Queries of a workgroup, which sets the location of results and limits the bytes scanned."""

    def __init__(self, athena: "AthenaClient", *, workgroup: str, database: str) -> None:
        self._athena, self._workgroup, self._database = athena, workgroup, database

    def start(self, source: LogSource, account: str, hours: HourRange, limit: int, token: str) -> str:
        """Start a query.

        Args:
            source: the recipe's filter.
            account: the account of principals that name none.
            hours: hours of the logs.
            limit: the most prompts to return.
            token: idempotency token: the same token is the same query.

        Returns:
            The query's id.
        """
        return self._athena.start_query_execution(
            QueryString=STATEMENT.read_text(encoding="utf-8"),
            ExecutionParameters=parameters(source, account, hours, limit),
            ClientRequestToken=token,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )["QueryExecutionId"]

    def get(self, ident: str) -> QueryExecution:
        execution = self._athena.get_query_execution(QueryExecutionId=ident)["QueryExecution"]
        return QueryExecution(
            id=ident,
            state=str(execution["Status"]["State"]),
            reason=redacted_message(execution["Status"].get("StateChangeReason", ""), "its StateChangeReason"),
            uri=execution.get("ResultConfiguration", {}).get("OutputLocation", ""),
            scanned=execution.get("Statistics", {}).get("DataScannedInBytes", 0),
        )


def parameters(source: LogSource, account: str, hours: HourRange, limit: int) -> list[str]:
    """Return the parameters in the order of the statement's question marks. An empty expression matches every
    principal."""
    pairs = json.dumps([f"{key}|{value}" for key, value in source.match.items()])
    least, greatest = source.bounds
    teachers = source.teachers(account)
    finder = teachers.finder if teachers else ""
    return [literal(one) for one in (hours.first, hours.end, pairs, str(least), str(greatest), finder, str(limit))]


def literal(text: str) -> str:
    """Return an SQL string. Only single quotes are special, and are doubled (Trino, SQL language, types)."""
    return "'" + text.replace("'", "''") + "'"


def result_lines(s3: "S3Client", uri: str) -> Iterator[bytes]:
    """Iterate over the single column of a result, without its header: CSV in UTF-8, every field quoted."""
    bucket, key = split_s3_uri(uri)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(line.decode() for line in body.iter_lines(chunk_size=CHUNK_BYTES, keepends=True))
    next(rows, None)
    for row in rows:
        yield row[0].encode()
