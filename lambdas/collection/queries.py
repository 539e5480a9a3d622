"""Large logs are curated by Athena: one statement whose text never changes, told what is wanted by its parameters.

A parameter is an expression of SQL, not a value: "For SQL execution parameters to be treated as strings, they must be
enclosed in single quotes" (Athena guide, querying-with-prepared-statements). So every one of ours is a quoted literal.
"""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distillery.core.logs import LogSource
from distillery.core.redaction import told
from lambdas.collection.span import Span

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_s3 import S3Client

CURATE = Path(__file__).with_name("curate.sql")
CHUNK = 64 * 1024
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """state: Athena's; uri: of its result; scanned: bytes."""

    id: str
    state: str
    reason: str
    uri: str
    scanned: int


class Queries:
    """Within a workgroup, which says where results go and how much may be scanned."""

    def __init__(self, athena: "AthenaClient", *, workgroup: str, database: str) -> None:
        self._athena, self._workgroup, self._database = athena, workgroup, database

    def start(self, source: LogSource, account: str, span: Span, most: int, token: str) -> str:
        """The query's id. account: of principals that name none. The same token is the same query."""
        return self._athena.start_query_execution(
            QueryString=CURATE.read_text(encoding="utf-8"),
            ExecutionParameters=parameters(source, account, span, most),
            ClientRequestToken=token,
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )["QueryExecutionId"]

    def look(self, ident: str) -> Query:
        found = self._athena.get_query_execution(QueryExecutionId=ident)["QueryExecution"]
        return Query(
            id=ident,
            state=str(found["Status"]["State"]),
            reason=told(found["Status"].get("StateChangeReason", ""), "its StateChangeReason"),
            uri=found.get("ResultConfiguration", {}).get("OutputLocation", ""),
            scanned=found.get("Statistics", {}).get("DataScannedInBytes", 0),
        )


def parameters(source: LogSource, account: str, span: Span, most: int) -> list[str]:
    """In the order of the statement's question marks. An expression without a letter is found in every principal."""
    pairs = json.dumps([f"{key}|{value}" for key, value in source.match.items()])
    least, greatest = source.bounds
    teachers = source.teachers(account)
    finder = teachers.finder if teachers else ""
    return [literal(one) for one in (span.first, span.end, pairs, str(least), str(greatest), finder, str(most))]


def literal(text: str) -> str:
    """A string of SQL: a quote within is doubled, and nothing else has a meaning there (Trino, SQL language, types)."""
    return "'" + text.replace("'", "''") + "'"


def lines(s3: "S3Client", uri: str) -> Iterator[bytes]:
    """The one column of a result, without its heading: CSV in UTF-8, every field in quotes."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(line.decode() for line in body.iter_lines(chunk_size=CHUNK, keepends=True))
    next(rows, None)
    for row in rows:
        yield row[0].encode()
