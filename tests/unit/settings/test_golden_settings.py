"""Today's code loads the settings files of version 0.1.0 unchanged.

No key was renamed since then, so none warns. New keys have defaults. A change that renames a key must keep these files
loading, with a warning that names the new key.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire
from distillery.settings import environment_names, load

FOLDER = Path(__file__).parents[2] / "golden" / "0.1.0" / "environments"
RECIPES = json.loads((FOLDER / "recipes.json").read_text(encoding="utf-8"))
RELEASED = date(2026, 11, 23)


def test_every_file_has_its_recipes() -> None:
    assert environment_names(FOLDER) == sorted(RECIPES) == ["dev", "launch", "prod", "staging"]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_file_gives_the_same_recipes(name: str) -> None:
    recipes = load(name, on=RELEASED, folder=FOLDER).recipes
    assert recipes == {recipe: from_wire(Recipe, wire) for recipe, wire in RECIPES[name].items()}
