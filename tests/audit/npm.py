"""npm's advisories on package-lock.json, from `npm audit`."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.audit.answer import Answer, Failed

TOOL = ("npm", "audit", "--package-lock-only", "--json", "--loglevel=silent")


def ask(folder: Path, tool: Sequence[str] = TOOL) -> Answer:
    """Audits the folder's lock. Raises Failed."""
    done = subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False)
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Failed(f"npm audit does not work: {(done.stderr or done.stdout).strip()[-200:]}") from None
    if "vulnerabilities" in told:
        return Answer(findings=[_finding(name, one) for name, one in sorted(told["vulnerabilities"].items())])
    if code := told.get("error", {}).get(
        "code"
    ):  # an error code of npm's own, such as ENOLOCK; network errors have none
        raise Failed(f"npm audit does not work: {code}: {told['error'].get('summary')}")
    return Answer(unreached=str(told.get("message", "it said nothing")))


def _finding(name: str, one: Mapping[str, Any]) -> str:
    through = (via["url"] if isinstance(via, dict) else f"through {via}" for via in one["via"])
    return f"{name} {one['range']}, in package-lock.json: {one['severity']}, {', '.join(through)}"
