"""docs/reference matches the settings and the command. `UPDATE=1` regenerates the pages."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.docs import command_page, settings_page

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(("name", "page"), [("settings", settings_page.page), ("command", command_page.page)])
def test_a_reference_is_what_the_code_says(name: str, page: Callable[[], str]) -> None:
    file, text = FOLDER / f"{name}.md", page()
    if os.environ.get("UPDATE") == "1":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text, "`UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes it"
