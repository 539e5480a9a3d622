"""docs/reference and dev.toml's comments match the settings and the command. `UPDATE=1` regenerates them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.policy.synthesis import ENVIRONMENTS
from tests.unit.docs import command_page, environments_page, json_page, settings_example, settings_page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("settings", settings_page.page),
        ("environments", environments_page.page),
        ("command", command_page.page),
        ("json-output", json_page.page),
    ],
)
def test_a_reference_is_what_the_code_says(name: str, page: Callable[[], str]) -> None:
    file, text = FOLDER / f"{name}.md", page()
    if os.environ.get("UPDATE") == "1":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "`UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes it"


def test_the_example_explains_a_recipes_keys_as_their_types_do() -> None:
    text = settings_example.FILE.read_text(encoding="utf-8")
    if os.environ.get("UPDATE") == "1":
        text = settings_example.annotated(text)
        settings_example.FILE.write_text(text, encoding="utf-8")
    assert text == settings_example.annotated(text), "`UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes it"


@pytest.mark.parametrize("shape", [shape for _, _, shape in settings_page.TABLES])
def test_the_example_has_every_key_of_every_table(shape: type) -> None:
    title = next(title for title, _, each in settings_page.TABLES if each is shape)
    heading = (
        title.strip("`").replace("[recipes.<name>", "[recipes.support").replace("[routes.<name>]", "[routes.fast]")
    )
    written = settings_example.keys(
        settings_example.FILE.read_text(encoding="utf-8"), "" if title == "The environment" else heading
    )
    assert settings_page.keys(shape) - written == set()


def test_the_table_of_environments_sorts_a_key_by_where_it_differs() -> None:
    in_use: dict[str, dict[environments_page.KeyPath, object]] = {
        "dev": {("days",): 90, ("home",): "a", ("logs", "keep"): 1, ("default",): 1},
        "staging": {("days",): 365, ("home",): "a", ("default",): 1},
        "prod": {("days",): 365, ("home",): "a", ("logs", "keep"): 30, ("default",): 1},
    }
    keys: set[environments_page.KeyPath] = {("days",), ("home",), ("logs", "keep")}
    shown = environments_page.tables(dict.fromkeys(in_use, keys), in_use)
    assert [line for line in shown.splitlines() if line[:3] in ("## ", "| `")] == [
        "## Between staging and prod",
        "| `logs.keep` | `1` | – | `30` |",
        "## Between these two and the others",
        "| `days` | `90` | `365` | `365` |",
        "## Equal everywhere",
        "| `home` | `a` | `a` | `a` |",
    ]


def test_every_key_that_a_file_sets_is_in_the_table_of_environments() -> None:
    shown = environments_page.page()
    for name in ENVIRONMENTS:
        missing = {key for key in environments_page.written(name) if f"| `{'.'.join(key)}` |" not in shown}
        assert missing == set()
