"""A bucket of logs, the product's query over it, and its result as the collection stage reads it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from distillery.core.logs import LogSource
from lambdas.collection.athena import EXCLUDED_MAX, STATEMENT, Group, named_objects, parameters, result_groups
from lambdas.collection.hours import HourRange
from lambdas.collection.selection import Selection
from local.emulator.athena.engine import DamagedObject, QueryResult, as_csv, run
from local.emulator.athena.table import TextTable, text_table
from tests.unit.collection.records import ACCOUNT, BUCKET, PREFIX, PRO, ROUTE, Json, converse, packed, record, reply

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
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


def grouped_without_damaged(host: Bucket, source: LogSource) -> tuple[list[Group], list[str]]:
    """Returns a result and the URIs of the objects that it leaves out, as the collection stage repeats a query."""
    excluded: list[str] = []
    while True:
        asked = parameters(source, ACCOUNT, SPAN, 1000, excluded)
        try:
            return groups(run(STATEMENT.read_text(), asked, host)), excluded
        except DamagedObject as damaged:
            named = [uri for uri in named_objects(str(damaged)) if uri not in excluded]
            assert named
            assert len(excluded) < EXCLUDED_MAX
            excluded += named


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
