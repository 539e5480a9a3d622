"""Statements over the tables of a bucket, run by DuckDB: what is read, what is refused, and how a result is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from distillery.core.logs import LogSource
from lambdas.collection.athena import STATEMENT, parameters
from local.emulator.athena.engine import QueryResult, ScanLimitExceeded, as_csv, run
from local.emulator.athena.statement import InvalidStatement
from local.emulator.athena.table import UnsupportedTable, text_table
from tests.unit.collection.forged_records import APP, made_by
from tests.unit.collection.records import (
    ACCOUNT,
    BUCKET,
    PREFIX,
    PRO,
    ROUTE,
    converse,
    packed,
    record,
)
from tests.unit.local.emulator.athena_logs import GLUE, MIXED, NOW, SPAN, Bucket, asked, groups

USAGE = Path(__file__).parents[4] / "infra" / "constructs" / "usage.sql"


def test_an_hour_s_folder_is_a_partition_and_only_those_asked_for_are_read() -> None:
    host = Bucket(
        {
            "2026/11/19/23/before.json.gz": packed(record(converse("before"))),
            "2026/11/20/00/first.json.gz": packed(record(converse("first"))),
            "2026/11/20/00/data/b_input.json.gz": packed(converse("a body")),
            "2026/11/23/09/last.json.gz": packed(record(converse("last"))),
            "2026/11/23/10/after.json.gz": packed(record(converse("after"))),
        }
    )
    result = run(STATEMENT.read_text(), parameters(LogSource(match=ROUTE), ACCOUNT, SPAN), host)
    assert asked(groups(result)) == {"first", "last"}
    read = {"2026/11/20/00/first.json.gz", "2026/11/20/00/data/b_input.json.gz", "2026/11/23/09/last.json.gz"}
    assert set(host.read_keys) == read
    assert result.scanned == sum(host.size(BUCKET, f"{PREFIX}{key}") for key in read)


def test_a_query_above_its_limit_reads_nothing() -> None:
    host = Bucket({"2026/11/22/08/a.json.gz": packed(record(converse("a")))})
    with pytest.raises(ScanLimitExceeded, match="Bytes scanned limit was exceeded"):
        run(STATEMENT.read_text(), parameters(LogSource(match=ROUTE), ACCOUNT, SPAN), host, most=10)
    assert host.read_keys == []


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("SELECT line FROM invocations WHERE datehour = ?", []),
        ("SELECT line FROM invocations WHERE datehour = ?", ["'a'", "'b'"]),
        ("SELECT line FROM invocations WHERE datehour = ?", ["'a' OR 1 = 1"]),
        ("SELECT line FROM invocations WHERE datehour = ?", ["'a') OR (1 = 1"]),
        ("SELECT line FROM invocations WHERE datehour = ?", ["datehour"]),
        ("DROP TABLE invocations", []),
        ("SELEC line", []),
    ],
)
def test_what_is_no_select_with_its_parameters_is_refused(sql: str, given: Sequence[str]) -> None:
    with pytest.raises((InvalidStatement, Exception), match=r"parameter|SELECT|line 1|Invalid|Expecting"):
        run(sql, given, Bucket({}))


def test_the_other_named_query_counts_calls_and_tokens() -> None:
    host = Bucket({"2026/11/01/08/a.json.gz": packed(*MIXED[:3], MIXED[35])})
    result = run(USAGE.read_text(), [], host)
    assert result.columns == ["day", "route", "model", "caller", "calls", "input_tokens", "output_tokens"]
    assert sorted(result.rows, key=str) == [
        ("2026/11/01", "fast", PRO, "assumed-role/caller", 1, 9, 2),
        ("2026/11/01", "teacher", PRO, "assumed-role/caller", 3, 27, 6),
    ]


def test_calls_that_a_stranger_books_on_a_route_are_told_apart() -> None:
    arns = [APP, f"{APP}2", f"arn:aws:iam::{ACCOUNT}:user/team/eve", f"arn:aws:iam::{ACCOUNT}:root"]
    calls = [made_by("a", arn) for arn in arns]
    result = run(USAGE.read_text(), [], Bucket({"2026/11/01/08/a.json.gz": packed(*calls)}))
    assert {row[3]: row[4] for row in result.rows} == {"assumed-role/support-app": 2, "user/team/eve": 1, "root": 1}


def test_a_result_is_written_as_athena_writes_it() -> None:
    assert as_csv(QueryResult(["line"], [('{"a": "b"}',)], 0)) == b'"line"\n"{""a"": ""b""}"\n'


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"PartitionKeys": []}, "one text column"),
        ({"Parameters": {}}, "date projection"),
        ({"StorageDescriptor": {"Columns": [{"Name": "a"}, {"Name": "b"}]}}, "one text column"),
    ],
)
def test_a_table_that_it_cannot_read_is_reported(edit: dict[str, Any], why: str) -> None:
    with pytest.raises(UnsupportedTable, match=why):
        text_table({**GLUE, **edit}, NOW)


def test_hours_outside_of_the_projected_range_are_no_partitions() -> None:
    table = text_table(GLUE, NOW)
    assert (table.low, table.high) == ("2026/10/23/09", "2026/11/23/09")
    keys = [f"{PREFIX}{hour}/a" for hour in ("2026/10/23/08", "2026/10/23/09", "2026/11/23/09", "2026/11/23/10")]
    assert list(table.partitions(keys)) == ["2026/10/23/09", "2026/11/23/09"]
