"""An environment of a branch for some days: the settings of dev under a name of its own, with the day on which it ends.

`python -m infra.deployment.ephemeral write BRANCH DAYS` writes `.build/environments/<name>.toml` and prints the name.
`python -m infra.deployment.ephemeral expired` lists deployed ones whose last day is over, in the account of the
credentials. Nothing is deleted by itself: `clean` and `cdk destroy` delete an environment, as any other.
"""

import base64
import hashlib
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from distillery.core import clock
from distillery.core.names import ENVIRONMENT_MAX, TAG_ENVIRONMENT

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "environments"
FOLDER = ROOT / ".build" / "environments"
BRANCH, LAST_DAY = "branch", "last_day"
"""Cost tags of an ephemeral environment, which all its resources have."""
DAYS_MAX = 30
_NAMES = re.compile(r"[A-Za-z0-9._:/=+@-]{1,256}")
"""Names of branches that are values of tags, and need no quotes in TOML or a shell."""
_TABLE = "[cost_tags]\n"
_OWNED = ("logging", "promotion", "deployment")
"""Tables of what an account or a repository has once, and an environment of a branch must not take over."""


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
    text = (source / "dev.toml").read_text(encoding="utf-8")
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


def expired(stacks: Iterable[Mapping[str, Any]], on: date) -> dict[str, str]:
    """Returns the branches of the environments whose last day is before `on`, by name.

    Args:
        stacks: As DescribeStacks describes them.
        on: The day.
    """
    found = {}
    for stack in stacks:
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        ends = tags.get(LAST_DAY, "")
        if BRANCH in tags and TAG_ENVIRONMENT in tags and ends and date.fromisoformat(ends) < on:
            found[tags[TAG_ENVIRONMENT]] = tags[BRANCH]
    return found


def _deployed() -> Iterator[Mapping[str, Any]]:
    import boto3

    settings = tomllib.loads((SOURCE / "dev.toml").read_text(encoding="utf-8"))
    for region in dict.fromkeys((settings["home_region"], settings["inference_region"])):
        for page in boto3.client("cloudformation", region_name=region).get_paginator("describe_stacks").paginate():
            yield from page["Stacks"]


def main(arguments: Sequence[str]) -> int:
    """Runs one of the two commands. `expired` exits with 1 if there is one."""
    try:
        match arguments:
            case ["write", branch, days] if days.isdigit():
                print(write(branch, int(days)).stem)  # noqa: T201 # a command's output
                return 0
            case ["expired"]:
                found = expired(_deployed(), clock.now().date())
                for name, branch in found.items():
                    print(f"{name} of branch {branch}: make destroy-ephemeral BRANCH={shlex.quote(branch)}")  # noqa: T201 # a command's output
                return 1 if found else 0
    except NotEphemeral as error:
        print(error, file=sys.stderr)  # noqa: T201 # a command's output
        return 1
    print("write BRANCH DAYS, or expired", file=sys.stderr)  # noqa: T201 # a command's output
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
