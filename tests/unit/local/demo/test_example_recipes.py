"""The demo finds an example's recipe where the environment does not have it."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.cli.offline_check.checker import RecipeRun, check_for_recipe
from distillery.cli.offline_check.sources import sources
from distillery.settings import Settings, load
from local.account import ROOT
from local.demo import deployment, run_demo
from local.demo.example_recipes import ENVIRONMENTS, EXAMPLES, settings_folder

TASKS = sorted(file.parent.name for file in EXAMPLES.glob("*/recipe.toml"))


def test_there_are_recipes_of_examples() -> None:
    assert {"handbook", "tickets"} <= set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_the_example_is_added_to_a_copy_of_the_settings(task: str, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in ENVIRONMENTS.iterdir()}
    for _ in range(2):  # an older copy is replaced
        folder = settings_folder("dev", task, copy=tmp_path / "copy")
        settings = load("dev", on=date(2026, 11, 29), folder=folder)
        assert set(settings.recipes) == {"support", task}
    assert {file: file.read_bytes() for file in ENVIRONMENTS.iterdir()} == before


@pytest.mark.parametrize(
    ("environment", "recipe"), [("dev", "support"), ("dev", None), ("dev", "mine"), ("no", "tickets")]
)
def test_other_recipes_are_those_of_the_environment(environment: str, recipe: str | None, tmp_path: Path) -> None:
    assert settings_folder(environment, recipe, copy=tmp_path / "copy") == ENVIRONMENTS
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("task", TASKS)
def test_a_tutorial_shows_the_recipe_of_its_example(task: str) -> None:
    page = (ROOT / "docs" / "tutorials" / f"{task}.md").read_text(encoding="utf-8")
    assert re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0] == (EXAMPLES / task / "recipe.toml").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_the_examples_prompts_are_accepted_by_its_recipe(task: str, tmp_path: Path) -> None:
    settings = load("dev", on=date(2026, 11, 29), folder=settings_folder("dev", task, copy=tmp_path / "copy"))
    run = RecipeRun(settings.recipes[task], settings.home_region, date(2026, 11, 29))
    (source,) = sources([str(EXAMPLES / task / "prompts.jsonl")])
    report = check_for_recipe(source.open(lambda _bytes: None), run, None)
    assert report["status"] == "accepted", report["reason"]
    assert {found["code"] for found in report["findings"]} <= {"margin-too-small"}


def test_the_demo_deploys_the_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[Any] = []
    account = SimpleNamespace(account="1", state=tmp_path)
    monkeypatch.setenv("DISTILLERY_ENVIRONMENTS", "restored after the test")
    monkeypatch.setattr(
        "local.demo.workflow.settings_folder", lambda *_: settings_folder("dev", "tickets", copy=tmp_path / "c")
    )
    monkeypatch.setattr("local.demo.workflow._account", lambda *_, **__: account)
    monkeypatch.setattr("local.demo.workflow.bootstrap", lambda *_: None)
    monkeypatch.setattr(deployment, "_cdk", lambda _account, arguments, *_, **__: given.extend(arguments))

    def stopped(*_: object, **__: object) -> Settings:
        raise KeyboardInterrupt

    monkeypatch.setattr("local.demo.workflow.people.credentials", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_demo(environment="dev", prompts=None, again=False, port=1, recipe="tickets")
    assert f"environments={tmp_path / 'c'}" in given
