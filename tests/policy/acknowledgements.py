"""The findings of the rule packs without any acknowledgement, and defects of acknowledgements."""

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
"""Child resources that a rule treats as part of one L2 construct: a bucket and its policy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The id of a rule, and the path of the one resource that breaks it."""

    id: str
    resource: str


def ledger(of: Settings) -> list[Acknowledged]:
    """Returns every acknowledgement of an environment, with ids as the rule packs spell them."""
    return [
        Acknowledged(id=one.id.removeprefix("Annotation::"), construct=one.construct, reason=one.reason)
        for one in acknowledged(app_of(of))
    ]


def findings(of: Settings) -> set[Finding]:
    """Returns the findings of a synth with these settings. The synth raises and leaves its report."""
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
    """Yields acknowledgements without a finding at or below their construct."""
    return [_shown(one) for one in acknowledgements if not _let_through(one, found)]


def wide(acknowledgements: Iterable[Acknowledged], found: set[Finding]) -> list[str]:
    """Yields acknowledgements that also cover a resource that is not part of their construct."""
    return [_shown(one) for one in acknowledgements if _let_through(one, found) - _own(one)]


def unreasoned(acknowledgements: Iterable[Acknowledged]) -> list[str]:
    """Yields acknowledgements whose reason is too short."""
    return [_shown(one) for one in acknowledgements if len(one.reason) < REASON_MIN]


def _let_through(one: Acknowledged, found: set[Finding]) -> set[Finding]:
    return {finding for finding in found if finding.id == one.id and _under(finding.resource, one.construct)}


def _under(resource: str, construct: str) -> bool:
    return resource == construct or resource.startswith(f"{construct}/")


def _own(one: Acknowledged) -> set[Finding]:
    return {Finding(one.id, one.construct)} | {Finding(one.id, f"{one.construct}{owned}/Resource") for owned in _OWNED}


def _shown(one: Acknowledged) -> str:
    return f"{one.id} on {one.construct}: {one.reason}"
