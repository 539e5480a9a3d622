"""What pre-commit installs for the hook of this repository: the wheel, what it requires, and what the hook names."""

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HOOK = dict(
    re.findall(r"^(?:- |  )(\w+): (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), re.MULTILINE)
)
BESIDE = re.findall(r'"(.+?)"', HOOK["additional_dependencies"])
NEEDED = [*PYPROJECT["project"]["dependencies"], *BESIDE]
BUILD = PYPROJECT["build-system"]["requires"]
