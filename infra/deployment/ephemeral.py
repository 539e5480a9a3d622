"""An environment of a branch for some days: the settings of dev under a name of its own, with the day on which it ends.

`python -m infra.deployment.ephemeral BRANCH DAYS` writes `.build/environments/<name>.toml` and prints the name.
`infra.deployment.expired` deletes it.
"""

import base64
import hashlib
import re
import shutil
import sys
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from distillery.core import clock
from distillery.core.names import ENVIRONMENT_MAX

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "environments"
FOLDER = ROOT / ".build" / "environments"
SETTINGS_OF = "dev"
"""The environment whose settings, account and Regions an environment of a branch has."""
BRANCH, LAST_DAY = "branch", "last_day"
"""Cost tags of an ephemeral environment, which all its resources have."""
DAYS_MAX = 30
_NAMES = re.compile(r"[A-Za-z0-9._:/=+@-]{1,256}")
"""Names of branches that are values of tags, and need no quotes in TOML or a shell."""
_TABLE = "[cost_tags]\n"
_OWNED = ("logging", "promotion")
"""Tables of what an account has once, and an environment of a branch must not take over."""


class NotEphemeral(Exception):
    """The branch, the days or the settings do not fit an environment that ends."""


def name_of(branch: str) -> str:
    """Returns the environment's name: `e` and a digest, because names are short and branches are not."""
    digest = base64.b32encode(hashlib.sha256(branch.encode()).digest()).decode().lower()
    return f"e{digest[: ENVIRONMENT_MAX - 1]}"


def write(branch: str, days: int, *, source: Path = SOURCE, folder: Path = FOLDER) -> Path:
    """Writes the settings, beside copies of all others: a deployment checks that no other keeps data in its account.

    Raises:
        NotEphemeral: See there.
    """
    if not _NAMES.fullmatch(branch):
        raise NotEphemeral(f"the branch is {branch!r}; names that match {_NAMES.pattern} are allowed: rename it")
    if not 1 <= days <= DAYS_MAX:
        raise NotEphemeral(f"DAYS is {days}; 1 to {DAYS_MAX} are allowed: write it again to prolong it")
    text = (source / f"{SETTINGS_OF}.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    if settings.get("keep_data") or settings.get("termination_protection") or text.count(_TABLE) != 1:
        raise NotEphemeral(
            "dev.toml keeps its data, protects its stacks or has no [cost_tags]; an environment of a branch ends: set "
            "keep_data and termination_protection to false, and write [cost_tags]"
        )
    if owned := [table for table in _OWNED if table in settings]:
        raise NotEphemeral(f"dev.toml has [{owned[0]}], of which an account has one; move it to another environment")
    last = clock.now().date() + timedelta(days=days)
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.toml"):
        shutil.copyfile(file, folder / file.name)
    written = folder / f"{name_of(branch)}.toml"
    tags = f'{BRANCH} = "{branch}"\n{LAST_DAY} = "{last}"\n'
    written.write_text(text.replace(_TABLE, _TABLE + tags), encoding="utf-8")
    return written


def main(arguments: Sequence[str]) -> int:
    """Writes the settings, and prints the environment's name."""
    match arguments:
        case [branch, days] if days.isdigit():
            try:
                print(write(branch, int(days)).stem)  # noqa: T201 # a command's output
            except NotEphemeral as error:
                print(error, file=sys.stderr)  # noqa: T201 # a command's output
                return 1
            return 0
    print("name a branch, and days as a number: feature/better-prompts 3", file=sys.stderr)  # noqa: T201 # a command's output
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
