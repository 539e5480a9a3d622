"""The prompts of a measurement."""

from itertools import islice
from pathlib import Path

import pytest

from distillery.cli.benchmark import prompts
from distillery.core.errors import BadRequest
from simulator_support.fakes import jsonl
from simulator_support.fakes import prompts as conversations


def test_no_two_of_ours_are_alike() -> None:
    asked = [str(one.conversation) for one in islice(prompts.generated(), 500)]
    assert len(set(asked)) == 500


def test_a_files_lines_come_over_and_over(tmp_path: Path) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("one\n\ntwo\n")
    asked = [one.conversation["messages"][0]["content"][0]["text"] for one in islice(prompts.from_file(file), 5)]
    assert asked == ["one", "two", "one", "two", "one"]


def test_conversations_are_asked_without_the_answer_they_end_with(tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    (row,) = rows = conversations(1)
    file.write_bytes(jsonl(rows))
    asked = next(prompts.from_file(file)).conversation
    assert asked == {"system": row["system"], "messages": row["messages"][:1]}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.txt", "\n \n", "has no prompts"),
        ("a.jsonl", "{", "not a conversation; `distillery check FILE` tells the reason: {"),
        ("a.jsonl", '{"messages": []}', "not a conversation"),
        ("a.jsonl", "[]", "not a conversation"),
    ],
)
def test_a_file_that_cannot_be_asked_is_one_sentence(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(BadRequest, match=sentence):
        prompts.from_file(file)
