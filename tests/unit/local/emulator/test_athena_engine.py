"""The product's own query, run by DuckDB, selects what reading selects, and nothing can be injected."""

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from distillery.core.logs import LogSource, Operator
from lambdas.collection.athena import STATEMENT, Group, parameters, result_groups
from lambdas.collection.hours import HourRange
from lambdas.collection.reasons import Reason
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


def curated(records: Iterable[Json], source: LogSource, rows: int = 1000) -> list[Group]:
    return grouped(Bucket({"2026/11/22/08/a.json.gz": packed(*records)}), source, rows)


def grouped(host: Bucket, source: LogSource, rows: int = 1000) -> list[Group]:
    return groups(run(STATEMENT.read_text(), parameters(source, ACCOUNT, SPAN, rows), host))


def groups(result: QueryResult) -> list[Group]:
    """Returns a result as the collection stage reads it."""
    s3: Any = FakeResult(as_csv(result))
    return list(result_groups(s3, f"s3://{BUCKET}/queries/r.csv"))


class FakeResult:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": self}

    def iter_lines(self, chunk_size: int, keepends: bool) -> list[bytes]:
        """Like botocore's StreamingBody, which is not installed here."""
        assert chunk_size
        return self._body.splitlines(keepends)


def selection(source: LogSource, limit: int = 1000, is_teacher: Callable[[str], bool] = PRO.__eq__) -> Selection:
    return Selection(
        source=source, account=ACCOUNT, multi_turn=True, fetch=lambda _: None, is_teacher=is_teacher, limit=limit
    )


def asked(groups: Iterable[Group], source: LogSource | None = None) -> set[str]:
    """Returns the texts that are learnt from."""
    return {prompt.messages[0][1] for prompt in selection(source or LogSource(match=ROUTE)).read_groups(groups).prompts}


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

    read = selection(source).read(lines(*MIXED))
    queried = selection(source).read_groups(curated(MIXED, source))
    assert (queried.prompts, queried.left_out, queried.calls) == (read.prompts, read.left_out, read.calls)
    assert len(read.prompts) > 0


@pytest.mark.parametrize(
    "principals",
    [TEACHERS, TEACHERS[:1], (f"arn:aws:sts::{ACCOUNT}:assumed-role/support-app/i-0abc",), ("user/x",), ()],
)
def test_a_query_and_reading_take_the_calls_of_the_same_principals(principals: tuple[str, ...]) -> None:
    source = LogSource(match=ROUTE, principals=principals)
    corpus = [*GENUINE, *FORGED]
    read, queried = selection(source).read(lines(*corpus)), selection(source).read_groups(curated(corpus, source))
    assert (queried.prompts, queried.left_out) == (read.prompts, read.left_out)


@pytest.mark.parametrize("forged", FORGED, ids=lambda one: str(asked_by(one)))
def test_a_query_takes_no_forged_call(forged: Json) -> None:
    source = LogSource(match=ROUTE, principals=TEACHERS)
    assert asked(curated([forged, *GENUINE], source), source) == set(map(asked_by, GENUINE))


def test_a_query_returns_one_call_of_all_other_principals() -> None:
    source = LogSource(match=ROUTE, principals=TEACHERS)
    crowd = [made_by(f"Noise {number}", f"{APP}/x") for number in range(200)]
    found = curated([*crowd, *GENUINE], source, rows=2 + len(GENUINE))
    assert asked(found, source) == set(map(asked_by, GENUINE))
    assert sorted(group.calls for group in found) == [*[1] * len(GENUINE), 200, 200 + len(GENUINE)]


def test_a_stranger_s_later_call_does_not_take_the_place_of_a_teacher_s() -> None:
    source = LogSource(match=ROUTE, principals=TEACHERS, use_responses=True)
    poisoned = record(converse("Card lost"), reply("evil"), at="2026-11-23T09:29:00Z", identity={"arn": f"{APP}/x"})
    ours = record(converse("Card lost"), reply("loss"), at="2026-11-22T09:00:00Z", identity={"arn": APP})
    (prompt,) = selection(source).read_groups(curated([poisoned, ours], source)).prompts
    assert prompt.reference == "loss"


@pytest.mark.parametrize(
    "other",
    [
        record(converse("own"), metadata={**ROUTE, "distillery:run": "support-a-b-1"}),
        record(converse("elsewhere"), metadata={"distillery:route": "fast"}),
        record(converse("told nothing"), metadata=None),
        {**record(converse("no record")), "schemaType": "Another"},
    ],
)
def test_a_query_does_not_return_what_does_not_match(other: Json) -> None:
    total, found = curated([record(converse("wanted")), other], LogSource(match=ROUTE))
    assert (total, found.calls) == (Group(None, 1), 1)


def test_a_result_has_so_many_rows_always_the_same_and_tells_the_number_of_calls() -> None:
    few = curated(MIXED, LogSource(match=ROUTE), rows=7)
    assert (len(few), few[0].line) == (7, None)
    assert few == curated(MIXED[::-1], LogSource(match=ROUTE), rows=7)
    read, found = selection(LogSource(match=ROUTE)).read(lines(*MIXED)), selection(LogSource(match=ROUTE))
    assert found.read_groups(few).calls == read.calls
    assert found.left_out[Reason.NOT_EXAMINED] == read.calls - sum(group.calls for group in few[1:])


def test_calls_with_tools_or_errors_take_no_rows_from_others() -> None:
    """Their requests all differ, and nothing in them could be used."""
    plain = [record(converse(f"Question {n}"), reply("x")) for n in range(100)]
    tools = [record(converse(f"Tool {n}", toolConfig={"tools": [{"a": n}]}), reply("x")) for n in range(900)]
    claude = [record({**converse(f"Tool {n}"), "tools": [{"name": str(n)}]}, reply("x")) for n in range(30)]
    failed = [record(converse(f"Failed {n}"), errorCode="ThrottlingException") for n in range(300)]
    found = curated([*tools, *plain, *claude, *failed], LogSource(match=ROUTE), rows=103)
    assert len(found) == 103
    made = selection(LogSource(match=ROUTE), 100).read_groups(found)
    assert (len(made.prompts), made.left_out) == (100, {Reason.TOOLS: 930, Reason.FAILED: 300})


def test_a_stored_body_is_no_damaged_line() -> None:
    """Bodies above 100 KB are in a folder below those of the records, and so in the table."""
    files = {"2026/11/22/08/a.json.gz": packed(record(converse("a"))), "2026/11/22/08/data/b.json.gz": b'{\n"a":\n1}'}
    files["2026/11/22/08/data/b.json.gz"] = gzip.compress(files["2026/11/22/08/data/b.json.gz"])
    assert [group.calls for group in grouped(Bucket(files), LogSource(match=ROUTE))] == [1, 1]


def test_a_line_that_is_no_json_is_counted() -> None:
    host = Bucket({"2026/11/22/08/a.json": b'{"cut off\n' + json.dumps(record(converse("a"))).encode() + b"\n\xff\n"})
    made = selection(LogSource(match=ROUTE)).read_groups(grouped(host, LogSource(match=ROUTE)))
    assert ([prompt.messages[0][1] for prompt in made.prompts], made.left_out) == (["a"], {Reason.DAMAGED_LINE: 2})


@pytest.mark.parametrize(
    "value",
    ["x' OR '1'='1", "'); DROP TABLE invocations; --", "\\' OR true --", "\"]' OR true", "x|y", "%", "'' || ''"],
)
def test_a_value_is_a_value_whatever_it_spells(value: str) -> None:
    records = [record(converse("wanted"), metadata={"k": value}), record(converse("other"), metadata={"k": "z"})]
    source = LogSource(match={"k": value})
    assert asked(curated(records, source), source) == {"wanted"}


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
