"""Names: what users may write, and the names that Bedrock resources get from them."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from distillery.core import limits, names
from distillery.core.recipe import Recipe
from distillery.settings import Settings
from distillery.settings.checks.names import check_derived_names, check_names, longest_names

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 23)
PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"
Build = Callable[..., Settings]


def of_form(longest: int) -> st.SearchStrategy[str]:
    return st.from_regex(names.NAME, fullmatch=True).filter(lambda name: len(name) <= longest and name.isascii())


def with_recipe(settings: Build, recipe: str, environment: str = "dev") -> Settings:
    return settings({"recipes": {recipe: {"teacher": PRO, "student": MICRO}}}, environment)


@given(environment=of_form(names.ENVIRONMENT_MAX), recipe=of_form(names.RECIPE_MAX))
def test_whatever_may_be_written_fits_bedrock_with_its_suffixes_on(
    environment: str, recipe: str, settings: Build
) -> None:
    built = with_recipe(settings, recipe, environment)
    assert list(check_names(built, TODAY)) == []
    assert list(check_derived_names(built, TODAY)) == []


def test_the_longest_names_just_fit() -> None:
    recipe = Recipe(name="r" * names.RECIPE_MAX, teacher=PRO, student=MICRO)
    longest = max(len(name) for _, name, _ in longest_names("e" * names.ENVIRONMENT_MAX, recipe))
    assert limits.NAME_MAX - 3 <= longest <= limits.NAME_MAX


@given(name=st.text(min_size=1, max_size=30))
def test_any_other_name_is_refused(name: str, settings: Build) -> None:
    assume(not names.NAME.fullmatch(name) or len(name) > names.RECIPE_MAX)
    (finding,) = check_names(with_recipe(settings, name), TODAY)
    assert finding.where == f"recipes.{name}"
    assert repr(name) in finding.wrong


@pytest.mark.parametrize(("recipe", "over"), [("r" * 40, 10), ("r" * 31, 1)])
def test_a_name_that_breaks_bedrock_s_limit_says_by_how_much(recipe: str, over: int, settings: Build) -> None:
    found = list(check_derived_names(with_recipe(settings, recipe), TODAY))
    (finding,) = [finding for finding in found if "candidate" in finding.wrong]
    assert f"of {limits.NAME_MAX + over} characters" in finding.wrong
    assert f"{limits.NAME_MAX} characters" in finding.allowed
    assert finding.fix == f"shorten the recipe's name by {over} characters"


@pytest.mark.parametrize("recipe", ["sup--port", "-support", "sup port", "sup.port"])
def test_a_name_that_breaks_bedrock_s_pattern_is_refused_for_what_it_would_name(recipe: str, settings: Build) -> None:
    found = list(check_derived_names(with_recipe(settings, recipe), TODAY))
    assert {finding.fix for finding in found} == {"rename the recipe"}
    assert any("custom model would be named 'dev-" in finding.wrong for finding in found)


def test_an_environment_s_name_is_the_file_s(settings: Build) -> None:
    (finding,) = check_names(settings(environment="integration"), TODAY)
    assert (finding.where, finding.fix) == ("environment", "rename the file")
    assert "11 characters" in finding.wrong
