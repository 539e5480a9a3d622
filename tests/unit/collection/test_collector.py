"""Collection by reading and by query: what is delivered, and when nothing is."""

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest, UnusableLogs
from distillery.core.logs import DAMAGED_FILE, DAMAGED_LINE, LogReadMode, LogSource
from distillery.core.recipe import Recipe
from lambdas.collection import athena
from lambdas.collection.athena import EXCLUDED_MAX, STATEMENT
from lambdas.collection.collector import READ_MAX_BYTES, max_prompts, min_prompts
from lambdas.collection.events import CollectionStatus, CollectRequest
from lambdas.collection.hours import HourRange
from lambdas.collection.log_files import LogFile, LogFiles
from lambdas.collection.logged_call import DAMAGED
from lambdas.collection.models import LoggedModels
from lambdas.collection.packed_lines import LINE_MAX_BYTES
from lambdas.collection.reasons import Reason
from tests.unit.collection.fakes import NOW, FakeProfiles, FakeS3, Stage
from tests.unit.collection.records import BUCKET, PREFIX, PRO, ROUTE, URI, converse, lines, packed, record, reply

RECIPE = Recipe(name="support", teacher=PRO, student="amazon.nova-micro-v1:0", logs=LogSource(match=ROUTE, days=2))
CALLS = [record(converse(f"Question {number}"), reply("x"), request=str(number)) for number in range(130)]


def stage(how: LogReadMode = LogReadMode.READ, **source: Any) -> Stage:
    assert RECIPE.logs
    made = Stage(replace(RECIPE, logs=replace(RECIPE.logs, how=how, **source)))
    made.s3.objects |= {
        (BUCKET, f"{PREFIX}2026/11/22/08/a.json.gz"): packed(*CALLS[:60]),
        (BUCKET, f"{PREFIX}2026/11/23/09/b.json.gz"): packed(*CALLS[60:]),
        (BUCKET, f"{PREFIX}2026/11/23/09/data/x_input.json.gz"): packed(converse("a body")),
        (BUCKET, f"{PREFIX}2026/11/21/08/old.json.gz"): packed(record(converse("Too old"))),
        (BUCKET, f"{PREFIX[:-1]}/amazon-bedrock-logs-permission-check"): b"",
    }
    return made


def delivered(made: Stage) -> dict[str, list[Any]]:
    return {
        key: [json.loads(line) for line in gzip.decompress(body).splitlines()]
        for (bucket, key), body in made.home.objects.items()
        if bucket == "prompts"
    }


def test_what_was_asked_within_the_days_lands_in_the_home_region() -> None:
    made = stage()
    answer = made.collector.collect(CollectRequest(recipe="support"))
    ((key, lines),) = delivered(made).items()
    assert (answer.status, answer.prompts, answer.calls, answer.uri) == (
        CollectionStatus.COLLECTED,
        130,
        130,
        f"s3://prompts/{key}",
    )
    assert key.startswith("prompts/support/logs-")
    asked = {line["messages"][0]["content"][0]["text"] for line in lines}
    assert asked == {f"Question {number}" for number in range(130)}
    assert {len(line["messages"]) for line in lines} == {1}


@pytest.mark.parametrize(("principals", "of_anybody"), [((), True), (("assumed-role/caller/*",), False)])
@pytest.mark.parametrize("how", [LogReadMode.READ, LogReadMode.ATHENA])
def test_an_answer_says_whether_whoever_called_is_learnt_from(
    how: LogReadMode, principals: tuple[str, ...], of_anybody: bool
) -> None:
    answer = stage(how, principals=principals).collector.collect(CollectRequest(recipe="support"))
    assert answer.status in {CollectionStatus.COLLECTED, CollectionStatus.QUERYING}
    assert answer.of_anybody is of_anybody


def test_the_same_logs_are_the_same_object() -> None:
    first, again = stage(), stage()
    first.collector.collect(CollectRequest(recipe="support"))
    again.s3.objects[BUCKET, f"{PREFIX}2026/11/23/08/c.json.gz"] = packed(CALLS[0])  # called again
    again.collector.collect(CollectRequest(recipe="support"))
    assert first.home.objects == again.home.objects


def test_a_later_day_may_be_said() -> None:
    with pytest.raises(UnusableLogs, match=r"70 prompts .* 125 are needed"):
        stage().collector.collect(CollectRequest(recipe="support", since="2026-11-23"))


@pytest.mark.parametrize("since", ["2026-11-24", "yesterday"])
def test_a_day_that_is_none_or_to_come_is_refused(since: str) -> None:
    with pytest.raises(BadRequest, match=since):
        stage().collector.collect(CollectRequest(recipe="support", since=since))


def test_a_recipe_whose_prompts_are_uploaded_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"add \[recipes.support.logs\]"):
        Stage(replace(RECIPE, logs=None)).collector.collect(CollectRequest(recipe="support"))


def test_logs_that_are_too_large_to_read_are_not_begun() -> None:
    made = stage()
    made.s3.sizes[f"{PREFIX}2026/11/23/09/b.json.gz"] = READ_MAX_BYTES
    with pytest.raises(UnusableLogs, match="set how = 'athena'"):
        made.collector.collect(CollectRequest(recipe="support"))
    assert made.s3.got == []


ENDLESS = gzip.compress(b"x" * (2 * LINE_MAX_BYTES))


@pytest.mark.parametrize("broken", [b"no gzip", packed(*CALLS)[:-9], packed(*CALLS)[:200], ENDLESS])
def test_a_damaged_file_hides_no_other_and_is_counted(broken: bytes) -> None:
    made = stage()
    for name in ("a", "b", "c"):
        made.s3.objects[BUCKET, f"{PREFIX}2026/11/22/07/{name}.json.gz"] = broken
    answer = made.collector.collect(CollectRequest(recipe="support"))
    assert (answer.prompts, answer.left_out[DAMAGED_FILE]) == (130, 3)


def test_a_damaged_file_is_named_where_too_few_prompts_are_left() -> None:
    made = stage()
    made.s3.objects[BUCKET, f"{PREFIX}2026/11/22/08/a.json.gz"] = packed(*CALLS[:60])[:-9]
    made.s3.objects[BUCKET, f"{PREFIX}2026/11/23/09/b.json.gz"] = b"no gzip"
    with pytest.raises(UnusableLogs, match=f"{DAMAGED_FILE}': 2"):
        made.collector.collect(CollectRequest(recipe="support"))


@given(cut=st.integers(0, 4000), flipped=st.none() | st.integers(0, 4000))
def test_all_but_the_damaged_part_of_a_file_is_read(cut: int, flipped: int | None) -> None:
    """Wherever a file ends too early, and whichever of its bytes is wrong."""
    whole = packed(*CALLS[:60])
    body = bytearray(whole[: len(whole) - cut % len(whole)])
    if flipped is not None and body:
        body[flipped % len(body)] ^= 0x55
    s3: Any = FakeS3({(BUCKET, "a"): bytes(body), (BUCKET, "b"): packed(*CALLS[60:])})
    found = list(LogFiles(s3, URI).lines([LogFile("a", 0), LogFile("b", 0)]))
    assert found[-70:] == lines(*CALLS[60:], end=True)
    before = found[:-70]
    if before != lines(*CALLS[:60], end=True):  # a few bytes of the header change nothing
        assert any(line is DAMAGED for line in before) or not body
    assert sum(line is DAMAGED for line in before) <= 1


@pytest.mark.parametrize("line", [b'{"cut', b"\0" * 80, b"\xff\xfe{}", b"NaN", b'{"a": NaN}', b"damaged"])
def test_a_damaged_line_hides_no_other_and_is_counted(line: bytes) -> None:
    made = stage()
    body = b"\n".join([*lines(*CALLS[:60]), line, b"", b"{}"])
    made.s3.objects[BUCKET, f"{PREFIX}2026/11/22/08/a.json.gz"] = gzip.compress(body)
    answer = made.collector.collect(CollectRequest(recipe="support"))
    assert (answer.prompts, answer.calls, answer.left_out) == (130, 130, {DAMAGED_LINE: 1})


def test_only_bodies_in_the_logs_own_folder_are_fetched() -> None:
    s3: Any = FakeS3({(BUCKET, f"{PREFIX}x/data/b.json.gz"): packed(converse("a")), ("other", "b"): packed({})})
    logs = LogFiles(s3, URI)
    assert logs.body(f"{URI}x/data/b.json.gz") == converse("a")
    assert [logs.body(uri) for uri in ("s3://other/b", f"s3://{BUCKET}/pending/b", f"{URI}gone")] == [None] * 3
    assert s3.got == [f"{PREFIX}x/data/b.json.gz", f"{PREFIX}gone"]


def test_a_query_is_told_what_is_wanted_by_quoted_parameters() -> None:
    made = stage(LogReadMode.ATHENA, match={"a": "x' OR '1'='1", "b": "y"})
    answer = made.collector.collect(CollectRequest(recipe="support"))
    (started,) = made.athena.started
    assert (answer.status, answer.query) == (CollectionStatus.QUERYING, "query-1")
    assert (started["QueryString"], started["WorkGroup"]) == (STATEMENT.read_text(), "work")
    assert started["QueryExecutionContext"] == {"Database": "logs"}
    assert started["ExecutionParameters"] == [
        "'2026/11/21/09'",
        "'2026/11/23/10'",
        *["''"] * EXCLUDED_MAX,
        "'[\"a|x'' OR ''1''=''1\", \"b|y\"]'",
        "'2'",
        "'2'",
        "''",
        "'false'",
        "'200000'",
    ]
    assert started["QueryString"].count("?") == len(started["ExecutionParameters"])
    assert 32 <= len(started["ClientRequestToken"]) <= 128


def result(made: Stage, *, total: int | None = 130) -> str:
    """Writes a result as Athena does; without a total, as for the statement of an earlier version."""
    lines = [f'"{line}"' for line in (json.dumps(one).replace('"', '""') for one in CALLS)]
    rows = ['"line"', *lines]
    if total is not None:
        rows = ['"line","calls"', f',"{total}"', *(f'{line},"1"' for line in lines)]
    made.s3.objects[BUCKET, "queries/r.csv"] = "\n".join(rows).encode()
    return f"s3://{BUCKET}/queries/r.csv"


@pytest.mark.parametrize(("total", "left_out"), [(130, {}), (None, {}), (137, {Reason.NOT_EXAMINED: 7})])
def test_calls_that_a_query_only_counted_are_left_out(total: int | None, left_out: dict[str, int]) -> None:
    made = stage(LogReadMode.ATHENA)
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    made.athena.end(query, "SUCCEEDED", result(made, total=total))
    answer = made.collector.deliver_query(query)
    assert (answer.calls, answer.prompts, answer.left_out) == (total or 130, 130, left_out)


def test_a_result_is_read_up_to_a_size_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = stage(LogReadMode.ATHENA)
    monkeypatch.setattr(athena, "RESULT_MAX_BYTES", 126 * len(json.dumps(CALLS[100])))
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    made.athena.end(query, "SUCCEEDED", result(made))
    answer = made.collector.deliver_query(query)
    assert (answer.calls, answer.prompts + answer.left_out[Reason.NOT_EXAMINED]) == (130, 130)
    assert 0 < answer.left_out[Reason.NOT_EXAMINED] < 6


def test_a_query_that_ended_gives_the_same_object_as_reading() -> None:
    queried, read = stage(LogReadMode.ATHENA), stage()
    query = str(queried.collector.collect(CollectRequest(recipe="support")).query)
    assert queried.collector.deliver_query(query).status is CollectionStatus.IGNORED  # not yet
    queried.athena.end(query, "SUCCEEDED", result(queried))
    assert queried.collector.deliver_query(query).prompts == 130
    read.collector.collect(CollectRequest(recipe="support"))
    assert queried.home.objects == read.home.objects
    assert queried.collector.deliver_query(query).status is CollectionStatus.IGNORED  # an event may be delivered twice
    assert list(queried.collector.pending.ids()) == []


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_ended_badly_is_reported_once(state: str) -> None:
    made = stage(LogReadMode.ATHENA)
    query = str(made.collector.collect(CollectRequest(recipe="support")).query)
    made.athena.end(query, state, reason="Bytes scanned limit was exceeded")
    with pytest.raises(UnusableLogs, match=f"{state}: Bytes scanned limit"):
        made.collector.deliver_query(query)
    assert made.collector.deliver_query(query).status is CollectionStatus.IGNORED


def test_a_query_of_somebody_else_is_ignored() -> None:
    assert stage(LogReadMode.ATHENA).collector.deliver_query("query-9").status is CollectionStatus.IGNORED


@pytest.mark.parametrize(("share", "most", "least"), [(0.2, 200, 125), (0.5, 10, 200), (0.01, 200, 101)])
def test_as_many_are_needed_as_are_left_to_learn_from(share: float, most: int, least: int) -> None:
    assert min_prompts(replace(RECIPE, heldout_share=share, heldout_max=most)) == least


@pytest.mark.parametrize(("share", "most"), [(0.2, 18_545), (0.01, 15_114), (0.9, 50_000)])
def test_no_more_are_collected_than_a_job_takes_after_the_split(share: float, most: int) -> None:
    assert max_prompts(replace(RECIPE, heldout_share=share)) == most


def test_a_span_is_whole_hours_up_to_the_one_that_runs() -> None:
    span = HourRange.ending_at(NOW, 1)
    assert (span.first, span.end, list(span.days())) == ("2026/11/22/09", "2026/11/23/10", ["2026/11/22", "2026/11/23"])
    assert HourRange.ending_at(NOW, 1, "2026-11-23").first == "2026/11/23/00"


APPLICATION = "arn:aws:bedrock:us-east-2:111111111111:application-inference-profile/x"


@pytest.mark.parametrize(
    ("logged", "sure", "same"),
    [
        (PRO, True, True),
        (f"us.{PRO}", True, True),
        (f"eu.{PRO}", True, True),
        (f"us-gov.{PRO}", True, True),
        (f"global.{PRO}", True, True),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1:111111111111:inference-profile/us-gov.{PRO}", True, True),
        (f"x/us.{PRO}", False, False),
        (f"us.eu.{PRO}", False, False),
        (f"2.{PRO}", False, False),
        (f"{PRO}:300k", False, False),
        (f"arn:aws:bedrock:us-east-2:111111111111:inference-profile/us.{PRO}", True, True),
        (f"arn:aws:bedrock:us-east-2::foundation-model/{PRO}", True, True),
        (APPLICATION, False, True),
        (f"{APPLICATION}-gone", False, False),
        ("amazon.nova-micro-v1:0", False, False),
        (f"arn:aws:bedrock:us-east-2:111111111111:custom-model/{PRO}", False, False),
        (f"arn:aws:bedrock:us-east-2:111111111111:imported-model/{PRO}", False, False),
        (f"arn:aws:sagemaker:us-east-2:111111111111:endpoint/{PRO}", False, False),
        (f"arn:aws:bedrock:us-east-2:111111111111:prompt/foundation-model/{PRO}", False, False),
        (f"x/{PRO}", False, False),
        (f"{PRO}\n", False, False),
        ("", False, False),
    ],
)
def test_a_model_is_known_by_each_of_its_names(logged: str, sure: bool, same: bool) -> None:
    profiles: Any = FakeProfiles({APPLICATION: f"arn:aws:bedrock:us-east-1::foundation-model/{PRO}"})
    models = LoggedModels(profiles)
    assert (models.is_bedrocks(logged, PRO), models.is_model(logged, PRO)) == (sure, same)
    models.is_model(logged, PRO)
    assert len(profiles.asked) <= 1


REASONS = [
    ("amazon.nova-micro-v1:0", Reason.ANOTHER_MODEL, Reason.ANOTHER_MODEL),
    ("arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-micro-v1:0", Reason.ANOTHER_MODEL, Reason.ANOTHER_MODEL),
    (APPLICATION, Reason.ANOTHER_MODEL, Reason.PROFILE_DIRECT),
    (f"{APPLICATION}-gone", Reason.UNKNOWN_PROFILE, Reason.PROFILE_DIRECT),
    ("arn:aws:bedrock:us-east-2:111111111111:provisioned-model/x", Reason.UNKNOWN_MODEL, Reason.UNKNOWN_MODEL),
    ("arn:aws:bedrock:us-east-2:111111111111:prompt-router/x", Reason.UNKNOWN_MODEL, Reason.UNKNOWN_MODEL),
    ("", Reason.UNKNOWN_MODEL, Reason.UNKNOWN_MODEL),
]


@pytest.mark.parametrize(("logged", "reason", "direct"), REASONS)
def test_why_a_model_is_not_the_teacher_is_its_own_reason(logged: str, reason: Reason, direct: Reason) -> None:
    """The application profile here is of another model."""
    profiles: Any = FakeProfiles({APPLICATION: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"})
    models = LoggedModels(profiles)
    assert not models.is_model(logged, PRO)
    assert (models.reason(logged), models.direct_reason(logged)) == (reason, direct)
