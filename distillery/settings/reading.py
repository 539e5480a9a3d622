"""Reads an environment's file, and refuses it with every reason at once."""

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from distillery.core.names import DISTILLED_PREFIX
from distillery.core.recipe import PersonalData
from distillery.settings.checks import findings
from distillery.settings.environment import Settings, distilled
from distillery.settings.error_messages import misshapen, misspelt, objection
from distillery.settings.finding import ConfigError, Finding, near

DATA_DAYS, DATA_DAYS_WHERE_KEPT = 90, 365
"""How long data stays where the file does not say it: without and with `keep_data`."""


def complete(said: Mapping[str, Any], environment: str) -> dict[str, Any]:
    """The keyword arguments of `Settings`. Tables of the wrong shape are left for the validation to name."""
    recipes = {name: _careful(_named(name, table)) for name, table in _tables(said, "recipes").items()}
    tables = _tables(said, "routes")
    routes = {name: _named(name, table) for name, table in tables.items() if not name.startswith(DISTILLED_PREFIX)}
    # Routes of recipes come last, each with what its own table says. One without its recipe is left to `checks`.
    of = dict.fromkeys([*recipes, *(name.removeprefix(DISTILLED_PREFIX) for name in tables if name not in routes)])
    students = {DISTILLED_PREFIX + recipe: distilled(recipe) for recipe in of}
    told = {name: _over(table, tables.get(name, {})) for name, table in students.items()}
    days = DATA_DAYS_WHERE_KEPT if said.get("keep_data") is True else DATA_DAYS
    said = {"data_days": days, **said}
    return {**said, "environment": environment, "recipes": recipes, "routes": {**routes, **told}}


def _tables(said: Mapping[str, Any], heading: str) -> dict[str, Any]:
    tables = said.get(heading, {})
    return dict(tables) if isinstance(tables, Mapping) else {}


def _named(name: str, table: Any) -> Any:
    return {**table, "name": name} if isinstance(table, Mapping) else table


def _careful(recipe: Any) -> Any:
    """What callers wrote was not written to be learnt from: a recipe that takes logged calls masks personal data,
    unless it says otherwise."""
    if not isinstance(recipe, Mapping) or not isinstance(recipe.get("logs"), Mapping):
        return recipe
    return {**recipe, "curation": _over({"personal_data": PersonalData.MASK.value}, recipe.get("curation", {}))}


def _over(derived: Mapping[str, object], table: Any) -> Any:
    return {**derived, **table} if isinstance(table, Mapping) else table


VARIABLE = "DISTILLERY_ENVIRONMENTS"


def find_folder() -> Path:
    """Returns the folder of settings files: the one that DISTILLERY_ENVIRONMENTS names, or else the nearest folder
    `environments` in the current folder and its parents. It does not exist if there is none."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    here = Path.cwd()
    folders = [folder / "environments" for folder in (here, *here.parents)]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def known(folder: Path | None = None) -> list[str]:
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
    settings = shaped(read(name, folder), name)
    beside = _beside_kept_data(settings, folder, credentials)
    if wrong := [*findings(settings, on), *_shared_account(settings, folder), *beside]:
        raise ConfigError(name, wrong)
    return settings


def read(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Returns the content of the environment's file. Raises ConfigError if there is no such file, or it is not TOML."""
    folder = folder or find_folder()
    if not folder.is_dir():
        fix = f"run this where a folder environments is, such as a checkout, or name the folder in {VARIABLE}"
        raise ConfigError(name, [_finding("env", f"there is no folder {folder}", "a folder of TOML files", fix)])
    if name not in (names := known(folder)):
        fix = f"choose one with -c env=<name>, or write environments/{name}.toml (near it: {near(name, names)})"
        raise ConfigError(name, [_finding("env", f"there is no environment {name!r}", ", ".join(names) or "none", fix)])
    try:
        return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        wrong = f"the file is not TOML: {error}"
        raise ConfigError(name, [_finding(f"{name}.toml", wrong, "TOML 1.0 in UTF-8", "mend that line")]) from error


def shaped(said: dict[str, Any], name: str) -> Settings:
    """The settings that a file spells. Raises ConfigError for keys, types and values of the wrong shape."""
    if wrong := [*misspelt(said), *misshapen(said)]:
        raise ConfigError(name, wrong)
    try:
        return Settings.model_validate(complete(said, name))
    except ValidationError as error:
        raise ConfigError(name, [objection(one) for one in error.errors()]) from error


def _shared_account(settings: Settings, folder: Path) -> list[Finding]:
    """Environments that name their account name one each, so that nothing done to one can reach another."""
    others = [other for other in known(folder) if other != settings.environment]
    sharing = [other for other in others if settings.account and _says(other, "account", folder) == settings.account]
    allowed = "an account that no other environment names"
    fix = f"give {settings.environment} or {', '.join(sharing)} an account of its own"
    wrong = f"{settings.account!r} is also the account of {', '.join(sharing)}"
    return [_finding("account", wrong, allowed, fix)] if sharing else []


def _beside_kept_data(settings: Settings, folder: Path, credentials: str | None) -> list[Finding]:
    """Without an account of its own an environment goes where the credentials lead: not beside data that is kept."""
    if settings.account is not None or credentials is None:
        return []
    there = [other for other in known(folder) if _says(other, "account", folder) == credentials]
    wrong = "it is missing, and the credentials are of {}, the account of {}, which keeps its data"
    fix = f'use credentials of another account, or write account = "…" into {settings.environment}.toml'
    return [
        _finding("account", wrong.format(credentials, other), "an account where no environment keeps data", fix)
        for other in there
        if other != settings.environment and _says(other, "keep_data", folder) is True
    ]


def _says(name: str, key: str, folder: Path) -> object:
    try:
        return read(name, folder).get(key)
    except ConfigError:  # a broken neighbour is refused when it is loaded itself
        return None


def _finding(where: str, wrong: str, allowed: str, fix: str) -> Finding:
    return Finding(where=where, wrong=wrong, allowed=allowed, fix=fix)
