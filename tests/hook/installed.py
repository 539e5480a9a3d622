"""What pre-commit installs for the hook of this repository: the wheel, what it requires, and what the hook names."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HOOK = dict(
    re.findall(r"^(?:- |  )(\w+): (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), re.MULTILINE)
)
BESIDE = re.findall(r'"(.+?)"', HOOK["additional_dependencies"])
NEEDED = [*PYPROJECT["project"]["dependencies"], *BESIDE]
BUILD = PYPROJECT["build-system"]["requires"]


def closure(wanted: Iterable[str]) -> Iterator[Distribution]:
    """What these requirements need without extras, as the locked environment that runs this has it."""
    names, left = set(), [Requirement(one) for one in wanted]
    while left:
        requirement = left.pop()
        if requirement.name in names or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        names.add(requirement.name)
        found = distribution(requirement.name)
        assert found.version in requirement.specifier, f"{requirement}, and {found.version} is locked"
        left += [Requirement(one) for one in found.requires or ()]
        yield found
