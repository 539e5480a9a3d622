"""What the rule packs find when nothing is acknowledged, and what is wrong with an acknowledgement."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from distillery.settings import Settings
from infra.constructs.compliance import Acknowledged, acknowledged
from tests.unit.stacks.assembly import app_of

REASON_MIN = 40
_OWNED = ("", "/Policy")
"""What stands under one L2 construct and is the same thing to a rule: a bucket and its policy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's id, and the path of the one resource that breaks it."""

    id: str
    resource: str


def ledger(of: Settings) -> list[Acknowledged]:
    """Every acknowledgement of an environment; the id as the rule packs spell it."""
    return [
        Acknowledged(id=one.id.removeprefix("Annotation::"), construct=one.construct, reason=one.reason)
        for one in acknowledged(app_of(of))
    ]


def findings(of: Settings) -> set[Finding]:
    """What a synth of these settings finds; it raises, and leaves its report."""
    app = app_of(of)
    with contextlib.suppress(RuntimeError):
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return {
        Finding(violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def stale(acknowledgements: Iterable[Acknowledged], found: set[Finding]) -> list[str]:
    """Those that let nothing through: no such finding stands at their construct or below it."""
    return [_shown(one) for one in acknowledgements if not _let_through(one, found)]


def wide(acknowledgements: Iterable[Acknowledged], found: set[Finding]) -> list[str]:
    """Those that let a finding through of a resource that is not their construct's own."""
    return [_shown(one) for one in acknowledgements if _let_through(one, found) - _own(one)]


def unreasoned(acknowledgements: Iterable[Acknowledged]) -> list[str]:
    """Those whose reason is too short to be one."""
    return [_shown(one) for one in acknowledgements if len(one.reason) < REASON_MIN]


def _let_through(one: Acknowledged, found: set[Finding]) -> set[Finding]:
    return {finding for finding in found if finding.id == one.id and _under(finding.resource, one.construct)}


def _under(resource: str, construct: str) -> bool:
    return resource == construct or resource.startswith(f"{construct}/")


def _own(one: Acknowledged) -> set[Finding]:
    return {Finding(one.id, one.construct)} | {Finding(one.id, f"{one.construct}{owned}/Resource") for owned in _OWNED}


def _shown(one: Acknowledged) -> str:
    return f"{one.id} on {one.construct}: {one.reason}"
