"""The examples of extraction and of quotation are what their READMEs and tutorials say, and can be graded."""

import importlib.util
import json
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from distillery.core import conversation
from distillery.core.recipe import Recipe
from distillery.evaluation.graders import registry
from distillery.settings import load

ROOT = Path(__file__).parents[2]
EXAMPLES, TUTORIALS = ROOT / "examples", ROOT / "docs" / "tutorials"
TASKS = ("tickets", "handbook")


def pairs(task: str) -> list[tuple[str, str]]:
    lines = map(json.loads, (EXAMPLES / task / "prompts.jsonl").read_text("utf-8").splitlines())
    found = [[turn["content"][0]["text"] for turn in line["messages"]] for line in lines]
    return [(question, answer) for question, answer in found]


@pytest.mark.parametrize("task", TASKS)
def test_the_generator_writes_the_file_that_is_checked_in(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location(f"generate_{task}", EXAMPLES / task / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for material in (EXAMPLES / task).glob("*.toml"):
        (tmp_path / material.name).write_bytes(material.read_bytes())
    monkeypatch.setattr(module, "HERE", tmp_path)
    module.main()
    assert (tmp_path / "prompts.jsonl").read_bytes() == (EXAMPLES / task / "prompts.jsonl").read_bytes()


@pytest.mark.parametrize("task", TASKS)
def test_there_are_enough_prompts_and_none_is_asked_twice(task: str) -> None:
    found = pairs(task)
    assert len(found) >= 400
    assert len({question for question, _ in found}) == len(found)
    assert f"| {len(found)} " in (EXAMPLES / task / "README.md").read_text("utf-8")
    assert f"[{len(found)} " in (TUTORIALS / f"{task}.md").read_text("utf-8")


def test_a_ticket_states_every_fact_of_its_json() -> None:
    for question, answer in pairs("tickets"):
        facts: dict[str, Any] = json.loads(answer)
        assert list(facts) == ["request", "order", "items", "amount", "date", "urgent"]
        assert facts["order"] is None or facts["order"] in question
        assert facts["amount"] is None or f"£{facts['amount']:,.2f}" in question
        assert all(item["name"].removesuffix("y") in question.lower() for item in facts["items"])
        assert facts["date"] is None or facts["date"][:4] == question.removeprefix("Received: ")[:4]
        assert "{" not in question


def test_the_requests_of_tickets_are_balanced() -> None:
    assert set(Counter(json.loads(answer)["request"] for _, answer in pairs("tickets")).values()) == {90}


def test_every_quotation_of_a_reference_stands_in_the_passage_that_it_names() -> None:
    counts: Counter[int] = Counter()
    for question, answer in pairs("handbook"):
        quoted = re.findall(r'"([^"]+)" \[([^\]]+)\]', answer)
        assert " ".join(f'"{sentence}" [{title}]' for sentence, title in quoted) == answer
        blocks = dict(block.split("\n", 1) for block in question.split("\n\n")[:-1])
        assert len(blocks) == 3
        assert all(sentence in blocks[title] for sentence, title in quoted)
        counts[len(quoted)] += 1
    assert counts == {1: 200, 2: 224}


def recipe_of(task: str, folder: Path) -> Recipe:
    """The recipe of a tutorial, read from the settings that it tells a reader to write."""
    environments = folder / "environments"
    shutil.copytree(ROOT / "environments", environments)
    page = (TUTORIALS / f"{task}.md").read_text("utf-8")
    with (environments / "dev.toml").open("a", encoding="utf-8") as file:
        file.write(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
    return load("dev", on=date(2026, 11, 29), folder=environments).recipes[task]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "spoil"),
    [
        ("tickets", lambda answer: answer.replace('"request": "', '"request": "no ')),
        ("handbook", lambda answer: answer.replace(" ", " 4711 ", 1)),
        ("handbook", lambda _: '"Ask at the counter, please, and somebody will help." [Borrowing]'),
    ],
)
def test_the_tutorials_grader_fits_its_references(task: str, spoil: Callable[[str], str], tmp_path: Path) -> None:
    grader = registry.build(recipe_of(task, tmp_path).grader_specs)
    for line in (EXAMPLES / task / "prompts.jsonl").read_text("utf-8").splitlines():
        prompt = conversation.parse(line)
        assert prompt.reference
        assert grader.misfit(prompt.reference, prompt) == ""
        assert grader.grade(prompt.reference, prompt.reference, prompt).score == 1, prompt.reference
        assert grader.grade(spoil(prompt.reference), prompt.reference, prompt).score < 1, prompt.reference


@pytest.mark.parametrize("name", ["labels", *TASKS])
def test_a_tutorial_has_a_recipe_and_runs_it(name: str) -> None:
    page = (TUTORIALS / f"{name}.md").read_text("utf-8")
    ((recipe, keys),) = tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])["recipes"].items()
    assert {"teacher", "student", "max_answer_tokens"} <= set(keys)
    assert f"examples/{recipe}/prompts.jsonl --recipe {recipe}" in page
    longest = max(len(answer) for _, answer in pairs(recipe))
    assert longest <= 3 * keys["max_answer_tokens"], "three characters are a token, at the least"
