"""Reads an environment's file, and refuses it with every reason at once."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from distillery.settings.checks import findings
from distillery.settings.environment import Settings
from distillery.settings.error_messages import misshapen, misspelt, objection
from distillery.settings.finding import ConfigError, Finding, near
from distillery.settings.normalize import complete

FOLDER = Path(__file__).parents[2] / "environments"


def known(folder: Path = FOLDER) -> list[str]:
    """The environments there are: the stems of the folder's TOML files, sorted."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def load(name: str, *, on: date, folder: Path = FOLDER, credentials: str | None = None) -> Settings:
    """The environment's settings, fit to be deployed on the day `on`. Raises ConfigError with every finding.

    credentials: the account that they are of, if there are any. Both decide whether settings are refused, and nothing
    in them.
    """
    settings = shaped(read(name, folder), name)
    beside = _beside_kept_data(settings, folder, credentials)
    if wrong := [*findings(settings, on), *_shared_account(settings, folder), *beside]:
        raise ConfigError(name, wrong)
    return settings


def read(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What the environment's file says. Raises ConfigError if there is none, or if it is not TOML."""
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
