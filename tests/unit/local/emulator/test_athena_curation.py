"""The product's own query, run by DuckDB: which calls it groups, which it returns, and that nothing can be injected."""

import gzip
import json

import pytest

from distillery.core.logs import LogSource, Operator
from lambdas.collection.athena import Group
from lambdas.collection.reasons import Reason
from tests.unit.collection.forged_records import APP, FORGED, GENUINE, TEACHERS, made_by
from tests.unit.collection.records import ACCOUNT, ROUTE, Json, converse, lines, packed, record, reply
from tests.unit.local.emulator.athena_logs import MIXED, Bucket, asked, asked_by, curated, grouped, selection


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
