"""Queries that end at a damaged log file: another one leaves it out, and the file is read as far as it is whole."""

import pytest
from botocore.exceptions import ClientError

from distillery.core.errors import UnusableLogs
from distillery.core.logs import DAMAGED_FILE, LogReadMode
from lambdas.collection import athena
from lambdas.collection.athena import EXCLUDED_MAX
from lambdas.collection.events import CollectionStatus, CollectRequest
from tests.unit.collection.records import BUCKET, PREFIX, packed
from tests.unit.collection.test_collector import CALLS, result, stage

DAMAGED_KEY = f"{PREFIX}2026/11/22/07/d.json.gz"
NAMED = f"HIVE_CURSOR_ERROR: Failed to read file at s3://{BUCKET}/{DAMAGED_KEY}"


def test_a_query_that_ends_at_a_damaged_file_is_asked_again_without_it_and_the_file_read() -> None:
    queried, read = stage(LogReadMode.ATHENA), stage()
    for made in (queried, read):
        made.s3.objects[BUCKET, DAMAGED_KEY] = packed(*CALLS[:60])[:-9]
    first = str(queried.collector.collect(CollectRequest(recipe="support")).query)
    queried.athena.end(first, "FAILED", reason=NAMED)
    again = queried.collector.deliver_query(first)
    assert (again.status, again.query) == (CollectionStatus.QUERYING, "query-2")
    assert list(queried.collector.pending.ids()) == ["query-2"]
    before, after = (started["ExecutionParameters"] for started in queried.athena.started)
    assert after == [*before[:2], f"'s3://{BUCKET}/{DAMAGED_KEY}'", *before[3:]]
    queried.athena.end("query-2", "SUCCEEDED", result(queried))
    answers = queried.collector.deliver_query("query-2"), read.collector.collect(CollectRequest(recipe="support"))
    assert [answer.left_out[DAMAGED_FILE] for answer in answers] == [1, 1]
    assert answers[0].calls == answers[1].calls
    assert queried.home.objects == read.home.objects


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("CANCELLED", NAMED),
        ("FAILED", "HIVE_CURSOR_ERROR: incorrect header check"),
        ("FAILED", "HIVE_CURSOR_ERROR: Failed to read file at s3://elsewhere/a.json.gz"),
        ("FAILED", NAMED.replace(PREFIX, "queries/")),
    ],
)
def test_a_query_is_asked_again_only_without_a_log_file_that_is_named(state: str, reason: str) -> None:
    made = stage(LogReadMode.ATHENA)
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    made.athena.end(query, state, reason=reason)
    with pytest.raises(UnusableLogs, match="how = 'read' skips and counts any number"):
        made.collector.deliver_query(query)
    assert list(made.collector.pending.ids()) == []


@pytest.mark.parametrize("same", [True, False])
def test_queries_end_however_many_files_are_damaged_and_whatever_is_named(same: bool) -> None:
    made = stage(LogReadMode.ATHENA)
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    for number in range(EXCLUDED_MAX + 1):
        made.athena.end(query, "FAILED", reason=NAMED if same else NAMED.replace("d.json", f"{number}.json"))
        if number == (1 if same else EXCLUDED_MAX):
            break
        query = str(made.collector.deliver_query(query).query)
    with pytest.raises(UnusableLogs, match="of which 1 were" if same else f"of which {EXCLUDED_MAX} were"):
        made.collector.deliver_query(query)
    assert len(made.athena.started) == (2 if same else EXCLUDED_MAX + 1)
    assert list(made.collector.pending.ids()) == []


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("HIVE_CURSOR_ERROR: Failed to read file at s3://b/x/a.json.gz", ("s3://b/x/a.json.gz",)),
        ("Failed to read file at s3://b/x/a.json.gz. This query ran against the database", ("s3://b/x/a.json.gz",)),
        (
            "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://b/a.gz (offset=0, length=9): Not a gzip file",
            ("s3://b/a.gz",),
        ),
        ("read s3://b/a.gz.json.gz, then 's3://b/c-1.gz'", ("s3://b/a.gz.json.gz", "s3://b/c-1.gz")),
        ("HIVE_CURSOR_ERROR: incorrect data check", ()),
        ("", ()),
    ],
)
def test_the_objects_in_a_reason_are_found(reason: str, named: tuple[str, ...]) -> None:
    assert athena.named_objects(reason) == named


def test_a_query_is_pending_until_its_result_is_delivered() -> None:
    """An error of a service is resolved by a retry, which finds the query."""
    made = stage(LogReadMode.ATHENA)
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    made.athena.end(query, "SUCCEEDED", f"s3://{BUCKET}/queries/r.csv")
    with pytest.raises(ClientError):
        made.collector.deliver_query(query)
    result(made)
    assert made.collector.deliver_query(query).prompts == 130
