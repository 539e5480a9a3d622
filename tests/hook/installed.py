"""Installs what pre-commit installs for this repository's hook: the wheel, its requirements and the hook's
dependencies.
"""

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
