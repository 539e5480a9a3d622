"""`distillery convert`: every record is converted, with the same texts, or reported with its line."""

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distillery.cli.conversion import records as records_module
from distillery.cli.conversion.convert import Conversion, LeftOutRecord
from distillery.cli.conversion.formats import READERS, Columns, PromptFormat, guess, table_reader
from distillery.cli.conversion.records import csv_records, json_records, transcoded
from distillery.core.conversation import Prompt, parse, to_line
from tests.unit.cli.conftest import Command
from tests.unit.datasets.validation.students import codes, read

ALL = Columns("q", "a", "s")


def converted(
    body: bytes, source: PromptFormat, columns: Columns = ALL, conversion: Conversion | None = None
) -> tuple[list[Prompt], list[LeftOutRecord]]:
    left_out: list[LeftOutRecord] = []
    conversion = conversion or Conversion()
    stream = transcoded(io.BytesIO(body).read, "utf-8")
    found = csv_records(stream, ",", columns.names) if source is PromptFormat.CSV else json_records(stream)
    reader = READERS.get(source) or table_reader(columns)
    lines = list(conversion.convert(found, reader, left_out.append))
    assert conversion.records == len(lines) + len(left_out)
    return [parse(line.decode()) for line in lines], left_out


# Writers of each format, as people's own programs write it.


def openai(prompt: Prompt) -> Any:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    return {"messages": [*system, *({"role": role, "content": text} for role, text in turns(prompt))]}


def openai_batch(prompt: Prompt) -> Any:
    messages = [{**each, "content": [{"type": "text", "text": each["content"]}]} for each in openai(prompt)["messages"]]
    return {"custom_id": "1", "method": "POST", "body": {"model": "gpt-4o", "messages": messages}}


def anthropic(prompt: Prompt) -> Any:
    block = {"type": "text", "cache_control": {"type": "ephemeral"}}
    system = {"system": [{**block, "text": prompt.system}]} if prompt.system else {}
    return {
        "max_tokens": 9,
        **system,
        "messages": [{"role": role, "content": [{**block, "text": text}]} for role, text in turns(prompt)],
    }


def sharegpt(prompt: Prompt) -> Any:
    names = {"user": "human", "assistant": "gpt"}
    system = [{"from": "system", "value": prompt.system}] if prompt.system else []
    return {
        "id": "x",
        "conversations": [*system, *({"from": names[role], "value": text} for role, text in turns(prompt))],
    }


def alpaca(prompt: Prompt) -> Any:
    texts = [text for _, text in prompt.messages]
    history = [list(pair) for pair in zip(texts[:-1:2], texts[1:-1:2], strict=True)]
    return {
        "instruction": texts[-1],
        "input": "",
        "output": prompt.reference or "",
        "system": prompt.system,
        "history": history,
    }


def prompt_completion(prompt: Prompt) -> Any:
    messages = openai(prompt)["messages"]
    return {"prompt": messages[:-1], "completion": messages[-1:]} if prompt.reference else {"prompt": messages}


def flat(prompt: Prompt) -> Any:
    return {"q": prompt.messages[0][1], "a": prompt.reference or "", "s": prompt.system or ""}


def turns(prompt: Prompt) -> list[tuple[str, str]]:
    return [*prompt.messages, *([("assistant", prompt.reference)] if prompt.reference else [])]


def as_csv(prompts: list[Prompt]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["q", "a", "s"])
    writer.writeheader()
    writer.writerows(map(flat, prompts))
    return text.getvalue().encode()


WRITERS: dict[str, tuple[PromptFormat, Callable[[Prompt], Any]]] = {
    "openai": (PromptFormat.OPENAI, openai),
    "openai batch": (PromptFormat.OPENAI, openai_batch),
    "anthropic": (PromptFormat.ANTHROPIC, anthropic),
    "anthropic batch": (PromptFormat.ANTHROPIC, lambda prompt: {"custom_id": "1", "params": anthropic(prompt)}),
    "sharegpt": (PromptFormat.SHAREGPT, sharegpt),
    "alpaca": (PromptFormat.ALPACA, alpaca),
    "prompt-completion": (PromptFormat.PROMPT_COMPLETION, prompt_completion),
    "jsonl": (PromptFormat.JSONL, flat),
}
LAYOUTS: dict[str, Callable[[list[Any]], str]] = {
    "lines": lambda found: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found),
    "lines without the last end": lambda found: "\r\n".join(map(json.dumps, found)),
    "with a byte order mark": lambda found: "\ufeff" + "\n".join(map(json.dumps, found)),
    "an array": lambda found: json.dumps(found),
    "an array that is indented": lambda found: "\n" + json.dumps(found, indent=2, ensure_ascii=False) + "\n\n",
}
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).filter(str.strip)


@st.composite
def prompts(draw: st.DrawFn, most_turns: int = 3) -> Prompt:
    count = draw(st.integers(1, most_turns)) * 2 - 1
    messages = tuple((("user", "assistant")[n % 2], draw(texts)) for n in range(count))
    return Prompt(system=draw(st.none() | texts), messages=messages, reference=draw(st.none() | texts))


def is_flat(source: PromptFormat) -> bool:
    return source in (PromptFormat.JSONL, PromptFormat.CSV)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
@given(st.lists(prompts(), min_size=1, max_size=5), st.sampled_from(sorted(LAYOUTS)))
def test_a_round_trip_through_a_format_keeps_every_text(name: str, wanted: list[Prompt], layout: str) -> None:
    source, write = WRITERS[name]
    if is_flat(source):
        wanted = [Prompt(system=one.system, messages=one.messages[:1], reference=one.reference) for one in wanted]
    body = LAYOUTS[layout](list(map(write, wanted))).encode()
    assert converted(body, source) == (wanted, [])
    assert guess(write(wanted[0])) in (source, PromptFormat.OPENAI)


@pytest.mark.slow
@given(st.lists(prompts(most_turns=1), min_size=1, max_size=5))
def test_a_round_trip_through_csv_keeps_every_text(wanted: list[Prompt]) -> None:
    assert converted(as_csv(wanted), PromptFormat.CSV) == (wanted, [])


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(WRITERS)),
    st.lists(prompts(most_turns=1), min_size=100, max_size=100, unique_by=lambda one: one.digest),
)
def test_what_was_converted_passes_the_check(name: str, wanted: list[Prompt]) -> None:
    source, write = WRITERS[name]
    found, _ = converted(LAYOUTS["lines"](list(map(write, wanted))).encode(), source)
    assert codes(read("".join(to_line(one) + "\n" for one in found).encode()), errors_only=True) == []


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "role", "content", "text", "type", "from", "value", "conversations", "prompt", "q"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.lists(json_values, max_size=6), st.sampled_from([*PromptFormat]))
def test_any_record_is_converted_or_reported_and_never_both(found: list[Any], source: PromptFormat) -> None:
    if source is not PromptFormat.CSV:
        body = "\n".join(json.dumps(one) for one in found).encode()
        made, left_out = converted(body if not body.startswith(b"[") else b"\n0\n" + body, source)
        assert all(one.reason and one.line > 0 for one in left_out)
        assert codes(read("".join(to_line(one) + "\n" for one in made).encode(), name="a.jsonl"), errors_only=True) in (
            ["empty-file", "too-few-prompts"],
            ["too-few-prompts"],
        )


@pytest.mark.slow
@given(st.binary(max_size=200), st.sampled_from([*PromptFormat]))
def test_any_bytes_end_in_records_and_reasons(body: bytes, source: PromptFormat) -> None:
    start = b"q,a,s\n" if source is PromptFormat.CSV else b""
    converted(start + body, source)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_records_and_lines_do_not_depend_on_how_a_file_is_read(
    size: int, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "CHUNK", size)
    body = io.BytesIO(LAYOUTS[layout]([{"q": "é\u2028", "n": 1.5e3}, {"q": "]"}, {"q": '[",'}]).encode())
    found = list(json_records(transcoded(lambda _size: body.read(size), "utf-8")))
    assert [one.value["q"] for one in found] == ["é\u2028", "]", '[",']
    first = {"an array": [1, 1, 1], "an array that is indented": [3, 7, 10]}.get(layout, [1, 2, 3])
    assert [one.line for one in found] == first


CHAT = '{"messages": [%s]}'
USER, ASSISTANT = '{"role":"user","content":"q"}', '{"role":"assistant","content":"a"}'
LEFT_OUT: list[tuple[PromptFormat, str, str]] = [
    (PromptFormat.OPENAI, "{", "the file ends within an object"),
    (PromptFormat.OPENAI, '{"messages":[],"messages":[]}', "the same key twice"),
    (PromptFormat.OPENAI, "7", "the record is not an object"),
    (PromptFormat.OPENAI, "{}", "its list of messages is missing"),
    (PromptFormat.OPENAI, '{"messages":1}', "its list of messages is not a list"),
    (PromptFormat.OPENAI, CHAT % "", "it has no message by the user"),
    (PromptFormat.OPENAI, CHAT % '"hi"', "message 1 is not an object"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user"}', "message 1 has no content"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user","content":[]}', "message 1 has no content"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user","content":7}', "the content of message 1 is not a list"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user","content":" "}', "message 1 is empty"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user","content":"\\ud800"}', "half of a surrogate pair"),
    (PromptFormat.OPENAI, CHAT % '{"content":"x"}', "message 1 is by None"),
    (PromptFormat.OPENAI, CHAT % f'{USER},{{"role":"tool","content":"x"}}', "message 2 is by 'tool'"),
    (PromptFormat.OPENAI, CHAT % '{"role":"assistant","content":null,"tool_calls":[{}]}', "message 1 has tool_calls"),
    (PromptFormat.OPENAI, CHAT % '{"role":"user","content":[{"type":"image_url"}]}', "is no text ('image_url')"),
    (
        PromptFormat.OPENAI,
        CHAT % f'{USER},{{"role":"system","content":"s"}}',
        "a system prompt within the conversation",
    ),
    (PromptFormat.OPENAI, CHAT % f"{USER},{USER}", "messages 1 and 2 are both by the user; --join"),
    (PromptFormat.OPENAI, CHAT % ASSISTANT, "its first message is by the assistant"),
    (PromptFormat.OPENAI, CHAT % f"{USER}" + "}", "extra data"),
    (PromptFormat.OPENAI, '{"tools":[{}],"messages":[' + USER + "]}", "it has tools"),
    (
        PromptFormat.ANTHROPIC,
        CHAT % '{"role":"user","content":[{"text":"a"},{"text":"b"}]}',
        "message 1 has 2 texts; --join",
    ),
    (PromptFormat.ANTHROPIC, '{"system":7,"messages":[]}', "the content of the system prompt is not a list"),
    (PromptFormat.SHAREGPT, '{"conversations":[{"from":"human"}]}', "message 1 has no content"),
    (PromptFormat.ALPACA, '{"input":"x"}', "instruction is missing"),
    (PromptFormat.ALPACA, '{"instruction":"x","output":1}', "output is not a text"),
    (PromptFormat.ALPACA, '{"instruction":"x","history":[["a"]]}', "pair 1 of history is not a list of two texts"),
    (PromptFormat.PROMPT_COMPLETION, '{"prompt":["x"]}', "message 1 is not an object"),
    (PromptFormat.PROMPT_COMPLETION, '{"prompt":"x","completion":[]}', "completion is not a text"),
    (PromptFormat.JSONL, '{"question":"x"}', "'q' is missing"),
    (PromptFormat.JSONL, '{"q":1}', "'q' is not a text"),
    (PromptFormat.JSONL, json.dumps({"q": "x" * 17_000}), "bytes; allowed: 16384 bytes"),
]


@pytest.mark.parametrize(("source", "record", "reason"), LEFT_OUT)
def test_a_record_that_cannot_be_converted_is_reported_with_its_line(
    source: PromptFormat, record: str, reason: str
) -> None:
    found, (left_out,) = converted(b"\n \n" + record.encode(), source)
    assert found == []
    assert left_out.line == 3
    assert reason in left_out.reason


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        ('x,y,z\n"a"b,c,d\ne,f,g\n', [(3, "it is not CSV")]),
        ('x,y,z\n"a\nb",c,d\nshort\ne,f,g\n', [(5, "it has 1 fields, and the header has 3")]),
        ('x,y,z\n"never closed,b,c\n1,2,3\n', [(3, "it is not CSV")]),
        ("\n\n,,\n", [(4, "message 1 is empty")]),
    ],
)
def test_rows_that_are_no_csv_are_reported_and_the_next_is_read(rows: str, left_out: list[tuple[int, str]]) -> None:
    found, others = converted(b"q,a,s\n" + rows.encode(), PromptFormat.CSV)
    assert [
        (one.line, one.reason[: len(reason)]) for one, (_, reason) in zip(others, left_out, strict=True)
    ] == left_out
    assert len(found) + len(others) >= 1


def test_bytes_that_are_not_utf_8_are_reported_where_they_are() -> None:
    found, (left_out,) = converted(b"q,a,s\ngut,a,s\nsch\xf6n,a,s\n", PromptFormat.CSV)
    assert (len(found), left_out.line) == (1, 3)
    found, (left_out,) = converted(b'{"q":"gut"}\n{"q":"sch\xf6n"}\n', PromptFormat.JSONL)
    assert (len(found), left_out.line) == (1, 2)


@pytest.mark.parametrize(
    "body", ['[{"q":"a"},\n{"q":', '[{"q":"a"}\n] x', '[{"q":"a"},\n{"q" "b"}, {"q":"c"}]', '[{"q":"a"}\n']
)
def test_an_array_that_is_broken_is_reported_where_it_breaks(body: str) -> None:
    found, (left_out,) = converted(body.encode(), PromptFormat.JSONL)
    assert len(found) == 1
    assert left_out.line == 2
    assert "was not read" in left_out.reason


def test_join_joins_texts_and_messages_and_only_on_request() -> None:
    body = (CHAT % f'{{"role":"system","content":"s"}},{{"role":"system","content":"t"}},{USER},{USER}').encode()
    conversion = Conversion()
    conversion.reading.join = True
    assert converted(body, PromptFormat.OPENAI, conversion=conversion)[0] == [
        Prompt(system="s\n\nt", messages=(("user", "q\n\nq"),), reference=None)
    ]
    assert converted(body, PromptFormat.OPENAI)[0] == []


def test_fields_that_are_left_out_are_counted_without_bound_on_time_and_with_one_on_memory() -> None:
    conversion = Conversion()
    body = "\n".join(json.dumps({"q": "x", "id": n, f"own{n}": 1, "none": None}) for n in range(500))
    converted(body.encode(), PromptFormat.JSONL, conversion=conversion)
    assert conversion.reading.left_out["id"] == 500
    assert sum(conversion.reading.left_out.values()) == 1000
    assert len(conversion.reading.left_out) <= 101


# The command.


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    path = tmp_path / "my chats.jsonl"
    records = [openai(Prompt(system="s", messages=(("user", f"q{n}"),), reference="a")) for n in range(150)]
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_a_converted_file_passes_the_check(command: Command, chats: Path, tmp_path: Path, name: str) -> None:
    said = command("convert", str(chats), "--from", "openai", "--output", str(tmp_path / name))
    assert (said.code, said.out) == (0, "")
    assert "150 of 150 records converted (150 with an answer)" in said.err
    assert command("check", str(tmp_path / name)).code == 0
    assert sorted(os.listdir(tmp_path)) == sorted([chats.name, name])
    assert (tmp_path / name).stat().st_mode & 0o444


def test_a_file_is_never_replaced_unless_that_is_wanted(command: Command, chats: Path, tmp_path: Path) -> None:
    target, words = tmp_path / "out.jsonl", ("convert", str(chats), "--from", "openai")
    target.write_text("mine")
    assert command(*words, "--output", str(target)).code == 2
    assert command(*words, "--report", str(target)).code == 2
    assert target.read_text() == "mine"
    assert command(*words, "--output", str(target), "--force").code == 0
    assert target.read_bytes().count(b"\n") == 150
    assert command(*words, "--output", str(chats), "--force").code == 2
    assert chats.read_bytes().count(b"\n") == 150


def test_an_error_in_the_middle_leaves_no_file(command: Command, tmp_path: Path) -> None:
    broken = tmp_path / "in.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"prompt":"x"}\n' * 50_000)[:-30])
    words = ("convert", str(broken), "--from", "jsonl", "--output", str(tmp_path / "out.jsonl"))
    said = command(*words)
    assert said.code == 2
    assert "truncated" in said.err
    assert os.listdir(tmp_path) == ["in.jsonl.gz"]


def test_what_is_left_out_is_reported_and_the_rest_is_written(command: Command, tmp_path: Path) -> None:
    table, out, report = (tmp_path / name for name in ("a.csv", "out.jsonl", "report.jsonl"))
    table.write_text("question;label\nq1;a\n;a\nq3;\n")
    words = ("--delimiter", ";", "--prompt-column", "question", "--answer-column", "label")
    said = command("convert", str(table), "--from", "csv", "--output", str(out), "--report", str(report), *words)
    assert said.code == 1
    assert "2 of 3 records converted (1 with an answer)" in said.err
    assert "left out ×1: message 1 is empty line 3" in said.err
    assert json.loads(report.read_text()) == {"line": 3, "reason": "message 1 is empty"}
    assert out.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nowhere.csv", "--from", "csv"), "there is no file nowhere.csv"),
        (("{}", "--from", "word"), "word"),
        (("{}", "--from", "csv"), "the column 'prompt' is not there"),
        (("{}", "--from", "openai", "--output", "x.json"), "x.json ends in none of .jsonl"),
        (("{}", "--from", "openai", "--output", "no/where.jsonl"), "there is no folder"),
        (("{}", "--from", "openai", "--encoding", "latin-99"), "there is no encoding"),
        (("{}", "--from", "openai", "--encoding", "base64"), "there is no encoding"),
        (("{}", "--from", "csv", "--delimiter", "::"), "it must be one character"),
    ],
)
def test_usage_errors_have_their_own_code(command: Command, chats: Path, words: tuple[str, ...], reason: str) -> None:
    said = command("convert", *(str(chats) if word == "{}" else word for word in words))
    assert (said.code, said.out) == (2, "")
    assert reason in " ".join(said.err.replace("│", " ").split())


def test_a_wrong_format_is_reported_with_the_likely_one(command: Command, chats: Path, tmp_path: Path) -> None:
    said = command("convert", str(chats), "--from", "sharegpt", "--output", str(tmp_path / "out.jsonl"))
    assert said.code == 1
    assert "its records look like openai: try --from openai" in said.err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252", "utf-8-sig"])
def test_other_encodings_are_read(command: Command, tmp_path: Path, encoding: str) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "out.jsonl"
    table.write_bytes("prompt\nschön\n".encode(encoding))
    assert command("convert", str(table), "--from", "csv", "--encoding", encoding, "--output", str(out)).code == 0
    assert "schön" in out.read_text(encoding="utf-8")


def test_it_reads_standard_input_and_writes_standard_output(
    command: Command, chats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(chats.read_bytes())))
    said = command("convert", "-", "--from", "openai")
    assert said.code == 0
    assert said.out.count('{"schemaVersion":"bedrock-conversation-2024"') == 150


def endless_records() -> Iterator[bytes]:
    while True:
        yield b'{"q":"x"}\n' * 1000


def test_records_are_converted_one_by_one() -> None:
    pieces = endless_records()
    found = json_records(transcoded(lambda _size: next(pieces), "utf-8"))
    lines = Conversion().convert(found, table_reader(Columns("q")), lambda _left_out: None)
    assert next(lines) == next(lines)
