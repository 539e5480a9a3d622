"""The example prompts match what their README and the demo say."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[2] / "examples" / "support"
Line = dict[str, Any]


def lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def asked() -> list[str]:
    return (HERE / "ask.txt").read_text("utf-8").splitlines()


def prompt(line: Line) -> str:
    return str(line["messages"][0]["content"][0]["text"])


def label(line: Line) -> str:
    return str(line["messages"][1]["content"][0]["text"])


def offered(line: Line) -> list[str]:
    """Returns the labels in a line's system prompt, in their order."""
    return str(line["system"][0]["text"]).rstrip(".").split("exactly one label: ")[1].split(", ")


def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


LABELLED, UNLABELLED = lines("prompts.jsonl"), lines("unlabelled.jsonl")


def test_there_are_enough_messages_to_distil_on() -> None:
    assert (len(LABELLED), len(UNLABELLED), len(asked())) == (686, 150, 5)


@pytest.mark.parametrize(("name", "roles"), [("prompts.jsonl", ["user", "assistant"]), ("unlabelled.jsonl", ["user"])])
def test_every_line_is_one_conversation_in_bedrocks_schema(name: str, roles: list[str]) -> None:
    for line in lines(name):
        assert set(line) == {"schemaVersion", "system", "messages"}
        assert line["schemaVersion"] == "bedrock-conversation-2024"
        assert [turn["role"] for turn in line["messages"]] == roles
        for turn in (line["system"][0], *(turn["content"][0] for turn in line["messages"])):
            assert set(turn) == {"text"}
            assert turn["text"] == turn["text"].strip() != ""
        assert all(len(turn["content"]) == 1 for turn in line["messages"])
        assert len(json.dumps(line).encode()) < 16 * 1024


def test_no_message_is_written_twice_in_any_file_whatever_its_case_and_punctuation() -> None:
    counts = Counter(words(text) for text in [*map(prompt, LABELLED), *map(prompt, UNLABELLED), *asked()])
    assert [" ".join(text) for text, times in counts.items() if times > 1] == []


def test_the_labels_are_balanced() -> None:
    counts = Counter(map(label, LABELLED))
    assert len(counts) == 14
    assert all(25 <= count <= 50 for count in counts.values()), counts


def test_one_system_prompt_lists_exactly_the_labels_in_use() -> None:
    assert len({json.dumps(line["system"]) for line in LABELLED + UNLABELLED}) == 1
    assert offered(LABELLED[0]) == sorted(set(map(label, LABELLED)))


def test_no_message_spells_out_a_label() -> None:
    named = [text for text in map(prompt, LABELLED + UNLABELLED) if any(name in text for name in offered(LABELLED[0]))]
    assert named == []


def test_the_readme_states_the_counts_of_each_label() -> None:
    table = re.findall(r"^\| `(\w+\.\w+)` \|.*\| (\d+) \|$", (HERE / "README.md").read_text("utf-8"), re.MULTILINE)
    assert {name: int(count) for name, count in table} == Counter(map(label, LABELLED))


def test_matching_words_with_the_labels_finds_under_half_of_them() -> None:
    """An untrained student that only compares words must leave room for the distilled one to improve."""
    right = 0.0
    for line in LABELLED:
        said = set(words(prompt(line)))
        shared = {name: len(said & set(name.split("."))) for name in offered(line)}
        best = [name for name, count in shared.items() if count == max(shared.values())]
        right += (label(line) in best) / len(best)
    assert 0.30 <= right / len(LABELLED) <= 0.45


def test_a_small_text_model_learns_the_labels_but_not_by_heart() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer  # a slow import that only this test needs
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), RidgeClassifier())
    scores = cross_val_score(model, list(map(prompt, LABELLED)), list(map(label, LABELLED)), cv=5)
    assert 0.75 <= scores.mean() <= 0.92
