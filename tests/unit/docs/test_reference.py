"""docs/reference and dev.toml's comments match the settings and the command. `UPDATE=1` regenerates them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.docs import command_page, json_page, settings_example, settings_page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(
    ("name", "page"),
    [("settings", settings_page.page), ("command", command_page.page), ("json-output", json_page.page)],
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
