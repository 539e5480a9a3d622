"""PyPI's advisories, from pip-audit: one request for each pinned version."""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.audit.answer import Answer, Failed
from tests.audit.locks import Pin, rounds

TOOL = (".venv-audit/bin/pip-audit",)
_UNREACHED = re.compile(
    r"Connection|Timeout|SSLError|ProxyError|ServiceError|JSONDecodeError|Could not connect|may be blocking"
)
"""pip-audit's messages about the network or a server that is not the database."""


def ask(held: Mapping[Pin, Sequence[str]], tool: Sequence[str] = TOOL) -> Answer:
    """Audits every version in a lock. Raises Failed."""
    findings: list[str] = []
    unknown: list[str] = []
    for asked in rounds(held):
        told = _run(asked, tool)
        if isinstance(told, str):
            return Answer(findings=findings, unreached=told)
        for one in told["dependencies"]:
            (pin,) = (pin for pin in asked if _plain(pin.name) == _plain(one["name"]))
            if "skip_reason" in one:
                unknown.append(str(pin))
            elif one["vulns"]:
                findings.append(_finding(pin, held[pin], one["vulns"]))
    if (
        len(unknown) == len(held) > 0
    ):  # a mirror without the database answers 404 to everything, and pip-audit reports no error
        return Answer(unreached="it knows none of the packages, as a mirror without advisories does")
    return Answer(findings=findings, unknown=unknown)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _finding(pin: Pin, locks: Sequence[str], found: Sequence[Mapping[str, Any]]) -> str:
    told = (f"{one['id']} ({', '.join(one['fix_versions']) or 'no version'} mends it)" for one in found)
    return f"{pin}, in {', '.join(f'requirements/{lock}.txt' for lock in locks)}: {', '.join(told)}"


def _run(asked: Sequence[Pin], tool: Sequence[str]) -> dict[str, Any] | str:
    """Returns the findings, or why the database was not reached."""
    with tempfile.TemporaryDirectory() as folder:
        (listed := Path(folder, "pins.txt")).write_text("\n".join(map(str, asked)), encoding="utf-8")
        options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--desc", "off", "--format", "json")
        done = subprocess.run([*tool, *options, "-r", str(listed)], capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if _UNREACHED.search(last):
            return last
        raise Failed(f"pip-audit does not work: {last}") from None
    return found
