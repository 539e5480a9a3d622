"""A query, which DuckDB runs here, and reading tell the same of the same logs: the same prompts, in the same order,
with the same answers, and the same number of calls left out for the same reasons.

Few values of each kind are generated, so that calls often differ in one thing only.
"""

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distillery.core.logs import LogSource, Operator
from distillery.core.names import TAG_RUN
from lambdas.collection.models import LoggedModels
from lambdas.collection.packed_lines import unpacked_lines
from lambdas.collection.reasons import Reason
from lambdas.collection.selection import Selection
from simulator_support.thoroughness import cases
from tests.unit.collection.forged_records import APP, TEACHERS
from tests.unit.collection.records import ACCOUNT, PREFIX, PRO, ROUTE, URI, Json, converse, packed, record, reply
from tests.unit.collection.test_formats import FORMATS, INTERVENED, LEFT_OUT, SAME, STOPPED
from tests.unit.local.emulator.athena_logs import Bucket, grouped, grouped_without_damaged

FOLDER = "2026/11/22/08"
OWN, GONE = (f"arn:aws:bedrock:us-east-2:{ACCOUNT}:application-inference-profile/{name}" for name in ("own", "gone"))
MODELS = [
    PRO,
    f"us.{PRO}",
    f"arn:aws:bedrock:us-east-2::foundation-model/{PRO}",
    f"arn:aws:bedrock:us-east-2:{ACCOUNT}:inference-profile/us.{PRO}",
    OWN,
    GONE,
    "amazon.nova-micro-v1:0",
    f"arn:aws:bedrock:us-east-2:{ACCOUNT}:provisioned-model/x",
]


class Models(LoggedModels):
    """There is one application profile, which is the teacher's."""

    def _look_up(self, profile: str) -> str:
        return PRO if profile == OWN else ""


TEXTS = st.sampled_from(["Card lost", "card lost", "Card lost ", "Straße 🛴", "\u2028\x7f\x85\\\"'", "x" * 17_000, " "])
TOOLS: list[Json] = [
    {"toolConfig": {"tools": [{"toolSpec": {"name": "a"}}]}},
    {"tools": [{"name": "a"}]},
    {"toolConfig": {"tools": []}},
    {"toolConfig": {"toolChoice": {"auto": {}}}},
    {"tools": []},
    {"tools": None},
    {"tools": {"a": 1}},
]
DIALOGUE = {
    "messages": [
        {"role": role, "content": [{"text": text}]} for role, text in (("user", "a"), ("assistant", "b"), ("user", "c"))
    ]
}
REQUESTS: st.SearchStrategy[Any] = (
    st.builds(converse, TEXTS, st.sampled_from(["Classify.", "Translate.", None]))
    | st.sampled_from([*SAME.values(), *(body for body, _ in LEFT_OUT.values()), DIALOGUE])
    | st.builds(lambda tools, text: {**converse(text), **tools}, st.sampled_from(TOOLS), TEXTS)
    | st.builds(lambda n: converse("Card lost", inferenceConfig={"temperature": n}), st.sampled_from([0, 0.5, 1]))
    | st.sampled_from([None, [], "text", 5, {}, {"messages": None}, "s3://stored/here", "s3://stored/gone"])
)
STOPS = ["end_turn", "end_turn", "stop", *STOPPED, *INTERVENED]
ANSWERS: st.SearchStrategy[Any] = st.builds(
    lambda form, text, stop, said: _said(form(text, stop), said),
    st.sampled_from([reply, reply, *FORMATS.values()]),
    st.sampled_from(["loss", "theft", " ", '{"stopReason":"refusal"}', "y" * 17_000]),
    st.sampled_from(STOPS),
    st.sampled_from(
        [{}, {}, {"amazon-bedrock-guardrailAction": "INTERVENED"}, {"amazon-bedrock-guardrailAction": "NONE"}]
    ),
) | st.sampled_from([None, {}, [], [5], [{"chunk": 1}], "s3://stored/answer", "s3://stored/gone", 5])
METADATA = st.sampled_from(
    [ROUTE, ROUTE, ROUTE, {**ROUTE, "tier": "gold"}, {"tier": "gold"}, None, {**ROUTE, TAG_RUN: "r"}]
)
PRINCIPALS = st.sampled_from([{"arn": APP}, {"arn": APP}, {"arn": f"{APP}/x"}, {"arn": None}, {}, None])
CALLS = st.builds(
    record,
    REQUESTS,
    ANSWERS,
    at=st.sampled_from(["2026-11-22T08:00:00Z", "2026-11-22T08:00:01Z", "2026-11-22T08:00:00.5Z"]),
    request=st.sampled_from(["a", "b", "c"]),
    model=st.sampled_from(MODELS),
    metadata=METADATA,
    identity=PRINCIPALS,
    errorCode=st.sampled_from([None, None, None, None, "ThrottlingException", {}]),
)
REPEATED = st.builds(
    lambda text, answer, second, request: record(
        converse(text), reply(answer), at=f"2026-11-22T08:00:0{second}Z", request=request, identity={"arn": APP}
    ),
    st.sampled_from(["Card lost", "Card stolen"]),
    st.sampled_from(["loss", "theft"]),
    st.integers(0, 9),
    st.sampled_from(["a", "b"]),
)
"""The same prompts again and again, with few answers: the newest one wins."""

WHOLE = st.builds(lambda call, ascii_only: json.dumps(call, ensure_ascii=ascii_only).encode(), CALLS, st.booleans())
LINES = (
    WHOLE
    | WHOLE
    | WHOLE
    | st.builds(lambda line, end: line[: end % len(line)], WHOLE, st.integers(0, 5000))
    | st.builds(lambda line, at: line[: at % len(line)] + b"\xff" + line[at % len(line) :], WHOLE, st.integers(0, 5000))
    | st.builds(lambda line: line.replace(b"lost", b"\\ud83d"), WHOLE)
    | st.sampled_from([b"", b"  ", b"damaged", b"null", b"{}", b"[1, 2]", b"\x00" * 30, b"{}{}", b"\xef\xbb\xbf{}"])
)
"""Not `NaN`: DuckDB takes it for JSON, unlike Trino."""

BODIES = {"s3://stored/here": converse("Stored"), "s3://stored/answer": reply("stored")}


def _said(body: Any, said: Json) -> Any:
    return [*body[:-1], {**body[-1], **said}] if isinstance(body, list) else {**body, **said}


def selection(source: LogSource, limit: int, *, multi_turn: bool = True) -> Selection:
    nobody: Any = None
    models = Models(nobody)
    return Selection(
        source=source,
        account=ACCOUNT,
        multi_turn=multi_turn,
        fetch=BODIES.get,
        is_teacher=lambda logged: models.is_model(logged, PRO),
        other_model=models.reason,
        limit=limit,
    )


def told(made: Selection) -> tuple[Any, ...]:
    """Everything that is delivered and reported."""
    return made.prompts, made.left_out, made.calls, made.usable


def file_of(lines: list[bytes]) -> dict[str, bytes]:
    """Returns two files of records, and a stored body, which is no record."""
    half = len(lines) // 2
    parts = {"a": lines[half:], "b": lines[:half], "data/c": [b'{"messages":', b"[]}"]}
    return {f"{FOLDER}/{name}.json.gz": gzip.compress(b"\n".join(part)) for name, part in parts.items()}


@pytest.mark.slow
@given(
    lines=st.lists(LINES, max_size=30),
    repeated=st.lists(REPEATED, max_size=12),
    limit=st.integers(1, 6) | st.just(1000),
    use_responses=st.booleans(),
    multi_turn=st.booleans(),
    operator=st.sampled_from([Operator.AND, *Operator]),
    match=st.sampled_from([ROUTE, ROUTE, {**ROUTE, "tier": "gold"}]),
    principals=st.sampled_from([(), TEACHERS]),
)
def test_a_query_and_reading_tell_the_same(
    lines: list[bytes],
    repeated: list[Json],
    limit: int,
    use_responses: bool,
    multi_turn: bool,
    operator: Operator,
    match: Json,
    principals: tuple[str, ...],
) -> None:
    lines += [json.dumps(call).encode() for call in repeated]
    source = LogSource(match=match, operator=operator, use_responses=use_responses, principals=principals)
    read = selection(source, limit, multi_turn=multi_turn).read(lines)
    queried = selection(source, limit, multi_turn=multi_turn)
    queried.read_groups(grouped(Bucket(file_of(lines)), source))
    assert told(queried) == told(read)
    assert told(selection(source, limit, multi_turn=multi_turn).read(lines[::-1])) == told(read)
    assert read.calls == len(read.prompts) + sum(
        count for reason, count in read.left_out.items() if reason not in (Reason.DAMAGED_FILE, Reason.DAMAGED_LINE)
    )


PLAIN = [record(converse(f"Question {n}"), reply("x"), request=f"{n:03}") for n in range(100)]
LATER: Json = {"at": "2026-11-23T09:30:00Z"}
CROWDS: dict[str, list[Json]] = {
    "nine hundred calls with tools": [record(converse(f"T{n}", tools=[{"name": "a"}]), reply("x")) for n in range(900)],
    "nine hundred other conversations": [
        record({"messages": [{"role": "user", "content": [{"text": "a"}, {"text": str(n)}]}]}) for n in range(900)
    ],
    "the same prompts by other names of the model": [
        record(converse(f"Question {n}"), reply("x"), model=model) for n in range(100) for model in MODELS
    ],
    "newer calls with tools": [
        record(converse(f"Question {n}", tools=[{"name": "a"}]), reply("x"), **LATER) for n in range(100)
    ],
    "newer calls that failed": [record(converse(f"Question {n}"), errorCode="x", **LATER) for n in range(100)],
    "newer answers that were cut": [
        record(converse(f"Question {n}"), reply("cut", stop), **LATER) for n in range(100) for stop in STOPPED if stop
    ],
    "newer answers by other models": [
        record(converse(f"Question {n}"), reply("other"), model="amazon.nova-micro-v1:0", **LATER) for n in range(100)
    ],
}


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
@pytest.mark.parametrize("use_responses", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_unusable_calls_take_no_place_of_usable_ones(limit: int, use_responses: bool, crowd: list[Json]) -> None:
    source = LogSource(match=ROUTE, use_responses=use_responses)
    lines = [json.dumps(one).encode() for one in (*crowd, *PLAIN)]
    alone = selection(source, limit).read(json.dumps(one).encode() for one in PLAIN)
    read, queried = selection(source, limit).read(lines), selection(source, limit)
    queried.read_groups(grouped(Bucket(file_of(lines)), source, rows=200_000))
    assert told(queried) == told(read)
    assert queried.prompts == alone.prompts
    assert len(queried.prompts) == limit


@pytest.mark.parametrize("newest", ["loss", "theft"])
def test_the_newest_answer_wins_however_often_each_was_given(newest: str) -> None:
    """Each answer was given before and after the other one."""
    source = LogSource(match=ROUTE, use_responses=True)
    other = "theft" if newest == "loss" else "loss"
    given = [newest, other, newest, other, other, newest]
    calls = [record(converse("Card lost"), reply(text), at=f"2026-11-22T08:00:0{n}Z") for n, text in enumerate(given)]
    lines = [json.dumps(call).encode() for call in (*calls[3:], *calls[:3])]
    queried = selection(source, 9).read_groups(grouped(Bucket(file_of(lines)), source))
    assert told(queried) == told(selection(source, 9).read(lines))
    assert [prompt.reference for prompt in queried.prompts] == [newest]


def damaged(body: bytes, cut: int, flipped: int | None) -> bytes:
    """Returns a file that ends too early, or one of whose bytes is wrong, or both."""
    changed = bytearray(body[: len(body) - cut % len(body)])
    if flipped is not None and changed:
        changed[flipped % len(changed)] ^= 0x55
    return bytes(changed)


FILES = st.lists(
    st.builds(
        lambda lines, cut, flipped: damaged(gzip.compress(b"\n".join(lines)), cut, flipped),
        st.lists(WHOLE, min_size=1, max_size=8),
        st.just(0) | st.integers(0, 3000),
        st.none() | st.integers(0, 3000),
    )
    | st.sampled_from([b"", b"no gzip", b"\x1f\x8b", packed()]),
    max_size=6,
)


def told_by_both(files: dict[str, bytes], source: LogSource) -> tuple[Any, Any]:
    """Returns what a query tells, repeated without damaged files, which are then read; and what reading all tells."""
    host, read, queried = Bucket(files), selection(source, 1000), selection(source, 1000)
    found, excluded = grouped_without_damaged(host, source)
    queried.read_groups(found)
    for name, body in files.items():
        if "/data/" not in name:
            read.read(unpacked_lines(io.BytesIO(body)))
            if f"{URI}{name}" in excluded:
                queried.read(unpacked_lines(io.BytesIO(body)))
    return told(queried), told(read)


@pytest.mark.slow
@settings(max_examples=cases(40))
@given(files=FILES, body=st.booleans(), use_responses=st.booleans())
def test_a_query_and_reading_tell_the_same_of_damaged_files(
    files: list[bytes], body: bool, use_responses: bool
) -> None:
    """Wherever a file is damaged, and even if the body of a call is, which is an object of its own."""
    named = {f"{FOLDER}/{number}.json.gz": packed for number, packed in enumerate(files)}
    stored = {f"{FOLDER}/data/c.json.gz": b"no gzip"} if body else {}
    queried, read = told_by_both(named | stored, LogSource(match=ROUTE, use_responses=use_responses))
    assert queried == read


@pytest.mark.parametrize("broken", [b"no gzip", b"\x1f\x8b\x07 another method", "cut", "flipped"])
def test_a_damaged_file_is_left_out_of_the_query_and_counted(broken: bytes | str) -> None:
    whole = file_of([json.dumps(one).encode() for one in PLAIN])
    name = next(iter(whole))
    body = {"cut": whole[name][:-9], "flipped": whole[name][:-5] + b"\0" + whole[name][-4:]}.get(str(broken), broken)
    assert isinstance(body, bytes)
    queried, read = told_by_both({**whole, name: body}, LogSource(match=ROUTE))
    assert queried == read
    prompts, left_out, calls, _usable = queried
    assert left_out[Reason.DAMAGED_FILE] == 1
    assert len(prompts) == calls
    assert 50 <= calls <= 100  # what is whole is read


def test_a_file_that_a_query_leaves_out_is_not_opened() -> None:
    host = Bucket({f"{FOLDER}/a.json.gz": packed(*PLAIN), f"{FOLDER}/b.json.gz": b"no gzip"})
    found, excluded = grouped_without_damaged(host, LogSource(match=ROUTE))
    assert excluded == [f"s3://logs/{PREFIX}{FOLDER}/b.json.gz"]
    assert sum(group.calls for group in found if group.line is not None) == 100
    assert host.read_keys[-1] == f"{FOLDER}/a.json.gz"
