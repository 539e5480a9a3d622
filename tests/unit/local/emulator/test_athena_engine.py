"""The product's own query, run by DuckDB, selects what reading selects, and nothing can be injected."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from distillery.core.logs import LogSource, Operator
from lambdas.collection.athena import STATEMENT, parameters
from lambdas.collection.hours import HourRange
from lambdas.collection.selection import Selection
from local.emulator.athena.engine import QueryResult, ScanLimitExceeded, as_csv, run
from local.emulator.athena.statement import InvalidStatement
from local.emulator.athena.table import TextTable, UnsupportedTable, text_table
from tests.unit.collection.forged_records import APP, FORGED, GENUINE, TEACHERS, made_by
from tests.unit.collection.records import (
    ACCOUNT,
    BUCKET,
    PREFIX,
    PRO,
    ROUTE,
    Json,
    converse,
    lines,
    packed,
    record,
    reply,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
USAGE = Path(__file__).parents[4] / "infra" / "constructs" / "usage.sql"
SPAN = HourRange(first="2026/11/20/00", end="2026/11/23/10")
GLUE: Json = {
    "Parameters": {
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": "NOW-31DAYS,NOW",
        "storage.location.template": f"s3://{BUCKET}/{PREFIX}${{datehour}}/",
    },
    "PartitionKeys": [{"Name": "datehour", "Type": "string"}],
    "StorageDescriptor": {
        "Columns": [{"Name": "line", "Type": "string"}],
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    },
}


class Bucket:
    """A fake host with the objects of one table by hour."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.objects = {f"{PREFIX}{name}": body for name, body in files.items()}
        self.read_keys: list[str] = []

    def table(self, _database: str | None, name: str) -> TextTable:
        assert name == "invocations"
        return text_table(GLUE, NOW)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        return [key for key in self.objects if bucket == BUCKET and key.startswith(prefix)]

    def size(self, _bucket: str, key: str) -> int:
        return len(self.objects[key])

    def read(self, _bucket: str, key: str) -> bytes:
        self.read_keys.append(key.removeprefix(PREFIX))
        return self.objects[key]


def curated(records: Iterable[Json], source: LogSource, most: int = 1000, span: HourRange = SPAN) -> QueryResult:
    host = Bucket({"2026/11/22/08/a.json.gz": packed(*records)})
    return run(STATEMENT.read_text(), parameters(source, ACCOUNT, span, most), host)


def asked(result: QueryResult) -> set[str]:
    return {asked_by(json.loads(str(row[0]))) for row in result.rows}


def asked_by(record: Json) -> str:
    return str(record["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"])


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
    result = run(STATEMENT.read_text(), parameters(LogSource(match=ROUTE), ACCOUNT, SPAN, 9), host)
    assert asked(result) == {"first", "last"}
    read = {"2026/11/20/00/first.json.gz", "2026/11/20/00/data/b_input.json.gz", "2026/11/23/09/last.json.gz"}
    assert set(host.read_keys) == read
    assert result.scanned == sum(host.size(BUCKET, f"{PREFIX}{key}") for key in read)


def test_a_query_above_its_limit_reads_nothing() -> None:
    host = Bucket({"2026/11/22/08/a.json.gz": packed(record(converse("a")))})
    with pytest.raises(ScanLimitExceeded, match="Bytes scanned limit was exceeded"):
        run(STATEMENT.read_text(), parameters(LogSource(match=ROUTE), ACCOUNT, SPAN, 9), host, most=10)
    assert host.read_keys == []


MIXED = [
    *(record(converse(f"Question {n}"), reply("x"), request=str(n)) for n in range(30)),
    record(converse("Question 1"), reply("newer"), at="2026-11-23T11:00:00Z", request="newer"),
    record(converse("Question 2"), reply("older"), at="2026-11-20T11:00:00Z", request="older"),
    record(converse("Question 3"), reply("cut", "max_tokens"), at="2026-11-23T11:00:00Z", request="cut"),
    record(converse("Question 4"), at="2026-11-23T11:00:00Z", request="failed", errorCode="ThrottlingException"),
    record(converse("Own"), reply("x"), metadata={**ROUTE, "distillery:run": "support-a-b-1"}),
    record(converse("Elsewhere"), reply("x"), metadata={"distillery:route": "fast"}),
    record(converse("Told nothing"), reply("x"), metadata=None),
    record(converse("Both"), reply("x"), metadata={**ROUTE, "tier": "gold"}),
    {"messages": "no record"},
]


@pytest.mark.parametrize("operator", Operator)
@pytest.mark.parametrize("match", [ROUTE, {**ROUTE, "tier": "gold"}])
@pytest.mark.parametrize("use_responses", [True, False])
def test_a_query_chooses_what_reading_chooses(operator: Operator, match: Json, use_responses: bool) -> None:
    source = LogSource(match=match, operator=operator, use_responses=use_responses)

    def choose(lines: Iterable[bytes]) -> Selection:
        choice = Selection(
            source=source,
            account=ACCOUNT,
            multi_turn=True,
            fetch=lambda _: None,
            is_teacher=lambda said: said == PRO,
            limit=1000,
        )
        return choice.read(lines)

    read = choose(json.dumps(one).encode() for one in MIXED).prompts
    queried = choose(str(row[0]).encode() for row in curated(MIXED, source).rows).prompts
    assert queried == read
    assert len(read) > 0


def reading(source: LogSource, records: Iterable[bytes]) -> Selection:
    choice = Selection(
        source=source, account=ACCOUNT, multi_turn=True, fetch=lambda _: None, is_teacher=lambda _: True, limit=1000
    )
    return choice.read(records)


@pytest.mark.parametrize(
    "principals",
    [TEACHERS, TEACHERS[:1], (f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/i-0abc",), ("user/x",), ()],
)
def test_a_query_and_reading_take_the_calls_of_the_same_principals(principals: tuple[str, ...]) -> None:
    source = LogSource(match=ROUTE, principals=principals)
    corpus = [*GENUINE, *FORGED]
    read = reading(source, lines(*corpus))
    found = curated(corpus, source)
    assert asked(found) == {prompt.messages[0][1] for prompt in read.prompts}
    assert reading(source, (str(row[0]).encode() for row in found.rows)).prompts == read.prompts


@pytest.mark.parametrize("forged", FORGED, ids=lambda one: str(asked_by(one)))
def test_a_query_takes_no_forged_call(forged: Json) -> None:
    assert asked(curated([forged, *GENUINE], LogSource(match=ROUTE, principals=TEACHERS))) == set(
        map(asked_by, GENUINE)
    )


def test_a_stranger_s_later_call_does_not_take_the_place_of_a_teacher_s() -> None:
    source = LogSource(match=ROUTE, principals=TEACHERS, use_responses=True)
    poisoned = record(converse("Card lost"), reply("evil"), at="2026-11-23T09:29:00Z", identity={"arn": f"{APP}/x"})
    ours = record(converse("Card lost"), reply("loss"), at="2026-11-22T09:00:00Z", identity={"arn": APP})
    (row,) = curated([poisoned, ours], source).rows
    (prompt,) = reading(source, [str(row[0]).encode()]).prompts
    assert prompt.reference == "loss"


def test_other_principals_do_not_crowd_out_the_teachers() -> None:
    source = LogSource(match=ROUTE, principals=TEACHERS)
    crowd = [made_by(f"Noise {number}", f"{APP}/x") for number in range(200)]
    assert asked(curated([*crowd, *GENUINE], source, most=len(GENUINE))) == set(map(asked_by, GENUINE))


@pytest.mark.parametrize(
    "other",
    [
        record(converse("own"), metadata={**ROUTE, "distillery:run": "support-a-b-1"}),
        record(converse("failed"), errorCode="ThrottlingException"),
        record(converse("elsewhere"), metadata={"distillery:route": "fast"}),
        record(converse("told nothing"), metadata=None),
        {**record(converse("no record")), "schemaType": "Another"},
    ],
)
def test_a_query_leaves_out_by_itself_what_is_not_wanted(other: Json) -> None:
    assert asked(curated([record(converse("wanted")), other], LogSource(match=ROUTE))) == {"wanted"}


def test_so_many_are_chosen_and_always_the_same() -> None:
    few = curated(MIXED, LogSource(match=ROUTE), most=7)
    assert len(few.rows) == 7
    assert few.rows == curated(MIXED[::-1], LogSource(match=ROUTE), most=7).rows


def test_a_line_that_is_no_json_is_skipped() -> None:
    host = Bucket({"2026/11/22/08/a.json": b'{"cut off\n' + json.dumps(record(converse("a"))).encode() + b"\n\xff\n"})
    assert asked(run(STATEMENT.read_text(), parameters(LogSource(match=ROUTE), ACCOUNT, SPAN, 9), host)) == {"a"}


@pytest.mark.parametrize(
    "value",
    ["x' OR '1'='1", "'); DROP TABLE invocations; --", "\\' OR true --", "\"]' OR true", "x|y", "%", "'' || ''"],
)
def test_a_value_is_a_value_whatever_it_spells(value: str) -> None:
    records = [record(converse("wanted"), metadata={"k": value}), record(converse("other"), metadata={"k": "z"})]
    assert asked(curated(records, LogSource(match={"k": value}))) == {"wanted"}


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
