"""Reads an environment's file and returns its settings, or raises an error with every finding."""

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from distillery.core.names import DISTILLED_PREFIX
from distillery.core.nearest import nearest
from distillery.core.recipe_options import PersonalData
from distillery.settings.checks import findings
from distillery.settings.environment import Settings, recipe_route
from distillery.settings.error_messages import converted_dates, finding_of, misplaced_keys
from distillery.settings.finding import ConfigError, ConfigFinding, closest_matches

VARIABLE = "DISTILLERY_ENVIRONMENTS"
"""Environment variable that names the folder of settings files."""
DATA_DAYS, DATA_DAYS_WHERE_KEPT = 90, 365
"""Days that data is kept if the file does not say so: without and with `keep_data`."""


def normalize(raw: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The keyword arguments of `Settings`: with names from table headings, defaults, and a route for each recipe.

    Tables of the wrong shape stay as they are, so that the validation names them.
    """
    recipes = {
        name: _with_graders(_with_masking(_named(name, table))) for name, table in _tables(raw, "recipes").items()
    }
    tables = _tables(raw, "routes")
    routes = {name: _named(name, table) for name, table in tables.items() if not name.startswith(DISTILLED_PREFIX)}
    # The routes of recipes come last. `checks` reports a table of such a route whose recipe does not exist.
    of = dict.fromkeys([*recipes, *(name.removeprefix(DISTILLED_PREFIX) for name in tables if name not in routes)])
    for recipe in of:
        route = DISTILLED_PREFIX + recipe
        routes[route] = _merged(recipe_route(recipe), tables.get(route, {}))
    days = DATA_DAYS_WHERE_KEPT if raw.get("keep_data") is True else DATA_DAYS
    made = {"recipes": recipes, "routes": routes}
    wrong = {heading: raw[heading] for heading in made if not isinstance(raw.get(heading, {}), Mapping)}
    return {"data_days": days, **raw, "environment": environment, **made, **wrong}


def _tables(raw: Mapping[str, Any], heading: str) -> dict[str, Any]:
    tables = raw.get(heading, {})
    return dict(tables) if isinstance(tables, Mapping) else {}


def _named(name: str, table: Any) -> Any:
    return {**table, "name": name} if isinstance(table, Mapping) else table


def _with_masking(recipe: Any) -> Any:
    """A recipe that collects logged calls masks personal data by default: callers did not write them for training."""
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("logs"), Mapping):
        return recipe
    return {**recipe, "curation": _merged({"personal_data": PersonalData.MASK.value}, recipe.get("curation", {}))}


def _with_graders(recipe: Any) -> Any:
    """A recipe whose graders have their options in a table of their own: in TOML they are beside `kind`."""
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("graders"), list):
        return recipe
    return {**recipe, "graders": [_with_options(table) for table in recipe["graders"]]}


def _with_options(grader: Any) -> Any:
    if not isinstance(grader, Mapping) or not isinstance(grader.get("options", {}), Mapping):
        return grader
    own = {name: grader[name] for name in ("kind", "weight") if name in grader}
    beside = {name: value for name, value in grader.items() if name not in ("kind", "weight", "options")}
    return {**own, "options": {**grader.get("options", {}), **beside}}


def _merged(defaults: Mapping[str, object], table: Any) -> Any:
    return {**defaults, **table} if isinstance(table, Mapping) else table


def find_folder() -> Path:
    """Returns the folder of settings files: the one that DISTILLERY_ENVIRONMENTS names, or else the nearest folder
    `environments` in the current folder and its parents. It does not exist if there is none."""
    return nearest("environments", variable=VARIABLE, exists=Path.is_dir)


def environment_names(folder: Path | None = None) -> list[str]:
    """Returns the names of the environments, sorted: the stems of the folder's TOML files."""
    return sorted(file.stem for file in (folder or find_folder()).glob("*.toml"))


def load(name: str, *, on: date, folder: Path | None = None, credentials: str | None = None) -> Settings:
    """Returns the environment's settings, checked for a deployment.

    Args:
        name: Name of the environment, the stem of its file.
        on: Day of the deployment. Like `credentials`, it decides whether settings are refused, and changes none.
        folder: Folder of the settings files; `find_folder` by default.
        credentials: Account of the credentials that deploy, if there are any.

    Raises:
        ConfigError: With every finding at once.
    """
    folder = folder or find_folder()
    settings = parse(read(name, folder), name)
    kept = _account_with_kept_data(settings, folder, credentials)
    if wrong := [*findings(settings, on), *_shared_account(settings, folder), *kept]:
        raise ConfigError(name, wrong)
    return settings


def read(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Returns the content of the environment's file. Raises ConfigError if there is no such file, or it is not TOML."""
    folder = folder or find_folder()
    if not folder.is_dir():
        fix = f"run this where a folder environments is, such as a checkout, or name the folder in {VARIABLE}"
        raise ConfigError(name, [ConfigFinding("env", f"there is no folder {folder}", "a folder of TOML files", fix)])
    if name not in (names := environment_names(folder)):
        near = closest_matches(name, names)
        fix = f"choose one of these (with the CDK: -c env=<name>), or write environments/{name}.toml (near it: {near})"
        raise ConfigError(
            name, [ConfigFinding("env", f"there is no environment {name!r}", ", ".join(names) or "none", fix)]
        )
    try:
        return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        wrong = f"the file is not TOML: {error}"
        raise ConfigError(
            name, [ConfigFinding(f"{name}.toml", wrong, "TOML 1.0 in UTF-8", "correct that line")]
        ) from error


def parse(raw: dict[str, Any], name: str) -> Settings:
    """Returns the settings of a file's content. Raises ConfigError for keys, types and values of the wrong shape."""
    wrong = {one.where: one for one in (*misplaced_keys(raw), *converted_dates(raw))}
    try:
        settings = Settings.model_validate(normalize(raw, name))
    except ValidationError as error:
        objections = {one.where: one for one in map(finding_of, error.errors())}
        raise ConfigError(name, {**objections, **wrong}.values()) from error
    if wrong:
        raise ConfigError(name, wrong.values())
    return settings


def _shared_account(settings: Settings, folder: Path) -> list[ConfigFinding]:
    """No two environments may name the same account, so that no change of one reaches the other."""
    others = [other for other in environment_names(folder) if other != settings.environment]
    sharing = [
        other for other in others if settings.account and _value_of(other, "account", folder) == settings.account
    ]
    allowed = "an account that no other environment names"
    fix = f"give {settings.environment} or {', '.join(sharing)} an account of its own"
    wrong = f"{settings.account!r} is also the account of {', '.join(sharing)}"
    return [ConfigFinding("account", wrong, allowed, fix)] if sharing else []


def _account_with_kept_data(settings: Settings, folder: Path, credentials: str | None) -> list[ConfigFinding]:
    """An environment without an account of its own is deployed to the account of the credentials. That may not be the
    account of an environment that keeps its data."""
    if settings.account is not None or credentials is None:
        return []
    there = [other for other in environment_names(folder) if _value_of(other, "account", folder) == credentials]
    wrong = "it is missing, and the credentials belong to {}, the account of {}, which keeps its data"
    fix = f'use credentials of another account, or write account = "…" into {settings.environment}.toml'
    return [
        ConfigFinding("account", wrong.format(credentials, other), "an account where no environment keeps data", fix)
        for other in there
        if other != settings.environment and _value_of(other, "keep_data", folder) is True
    ]


def _value_of(name: str, key: str, folder: Path) -> object:
    try:
        return read(name, folder).get(key)
    except ConfigError:  # an invalid file is reported when that environment is loaded
        return None
