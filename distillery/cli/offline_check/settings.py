"""Recipes and students, as the desk knows them: from the environments of a checkout, without the CDK."""

from typing import TYPE_CHECKING

from distillery import WHEEL
from distillery.core import clock
from distillery.core.errors import BadRequest
from distillery.datasets.validation.fast_path import LineLimits

if TYPE_CHECKING:
    from distillery.cli.offline_check.judge import ForRecipe


def for_recipe(environment: str, name: str) -> "ForRecipe":
    """The recipe as the environment's file says it today, deployed or not. Raises BadRequest or ConfigError."""
    from distillery.cli.offline_check.judge import ForRecipe

    try:
        from distillery.settings.reading import read, shaped
    except ModuleNotFoundError as error:  # pydantic, which the hook for pre-commit does not install
        raise BadRequest(
            f"--recipe needs the package {error.name}; install it with pip install '{WHEEL}[cli]', or say --student"
        ) from error
    settings = shaped(read(environment), environment)
    if name not in settings.recipes:
        has = f"environments/{environment}.toml has {sorted(settings.recipes)}"
        raise BadRequest(f"there is no recipe {name!r}; {has}")
    return ForRecipe(settings.recipes[name], settings.home_region, clock.now().date())


def for_student(student: str | None) -> LineLimits:
    """What the student asks of lines; of no student, what all of them ask. Raises BadRequest."""
    if student is None:
        return LineLimits()
    from distillery.core.catalog import UnknownModel
    from distillery.datasets.examine import line_limits  # the catalog

    try:
        return line_limits(student)
    except UnknownModel as unknown:
        raise BadRequest(str(unknown)) from unknown
