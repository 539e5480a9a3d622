"""Commands in hints, as they run in the shell that shows them."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

DEFAULT_ENVIRONMENT = "dev"


def program() -> str:
    """Returns what a shell calls the command: its name, or its path if the name is not on the PATH."""
    beside = Path(sys.executable).with_name("distillery")
    if shutil.which("distillery") or not beside.exists():
        return "distillery"
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)


def command(*words: str, environment: str = DEFAULT_ENVIRONMENT, region: str | None = None, local: bool = False) -> str:
    """Returns a command with the common options that lead to the same environment."""
    options = ["--local"] if local else []
    if environment != DEFAULT_ENVIRONMENT or os.environ.get("DISTILLERY_ENV"):
        options += ["--env", environment]
    if region is not None and not local:
        options += ["--region", region]
    return shlex.join([program(), *options, *words])


_SELECTED: dict[str, Any] = {}
"""The common options that were given, for hints in texts of functions and the ledger, which do not know them."""
_HINT = re.compile(r"(?<![\w/.-])distillery (?:--env (\S+) )?(?=([a-z]+)\b)")


def select(*, environment: str, region: str | None, local: bool) -> None:
    """Remembers the options that lead to the environment."""
    _SELECTED.update(environment=environment, region=region, local=local)


def pasteable(text: str) -> str:
    """Returns a text with its commands as they run in the shell that shows them. One that names another environment
    than the selected one stays as it is."""
    from distillery.cli.verbs import VERBS

    prefix, here = command(**_SELECTED) + " ", (None, _SELECTED.get("environment", DEFAULT_ENVIRONMENT))
    return _HINT.sub(lambda found: prefix if found[2] in VERBS and found[1] in here else found[0], text)
