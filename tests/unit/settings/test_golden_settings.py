"""Today's code loads the settings files of version 0.1.0 unchanged.

New keys have defaults. Where a key was replaced, these files still load, with a warning that names the new key.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire
from distillery.settings import environment_names, load
from distillery.settings.warnings import warnings

FOLDER = Path(__file__).parents[2] / "golden" / "0.1.0" / "environments"
RECIPES = json.loads((FOLDER / "recipes.json").read_text(encoding="utf-8"))
RELEASED = date(2026, 11, 23)


def test_every_file_has_its_recipes() -> None:
    assert environment_names(FOLDER) == sorted(RECIPES) == ["dev", "launch", "prod", "staging"]


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_file_gives_the_same_recipes(name: str) -> None:
    recipes = load(name, on=RELEASED, folder=FOLDER).recipes
    assert recipes == {recipe: from_wire(Recipe, wire) for recipe, wire in RECIPES[name].items()}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_key_that_was_replaced_warns_with_what_to_write(name: str) -> None:
    settings = load(name, on=RELEASED, folder=FOLDER)
    (text,) = (text for text in warnings(settings, RELEASED) if "min_share_of_teacher" in text)
    (recipe,) = settings.recipes.values()
    assert f"teacher_margin = {1 - (recipe.min_share_of_teacher or 0):g}" in text
    assert (
        recipe.judging_digest
        == replace(recipe, min_share_of_teacher=None, teacher_margin=recipe.margin_to_teacher).judging_digest
    )
