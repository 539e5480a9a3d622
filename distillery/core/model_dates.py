"""What a deployment's models will do to it: which end or become Legacy soon, and which dates the catalog has wrong.

The settings layer lists where the settings name a model; Bedrock states its dates (`GetFoundationModel`). What the
service states takes precedence over the catalog, which is as old as the deployment.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from distillery.core import catalog, env_vars
from distillery.core.catalog import LifeState, Model
from distillery.core.names import Names, digest
from distillery.core.parameters import read_parameter
from distillery.core.serialization import from_wire, to_wire

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

FILE = "models.json"
WARNINGS = (90, 45)
"""Days before the end of a model at which people are notified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A place that names a model, which is called in `region`.

    Attributes:
        where: The key in the settings file, or the name of an endpoint whose student is based on the model.
        is_setting: Whether it is a key in the settings file.
    """

    where: str
    model: str
    region: str
    is_setting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDates:
    """What the service says of a model in a Region.

    Attributes:
        known: Whether the service has the model there.
        legacy: Whether it calls the model Legacy.
        legacy_from, end: The dates that it states; None if it states none.
    """

    known: bool = True
    legacy: bool = False
    legacy_from: date | None = None
    end: date | None = None


def reported(details: Mapping[str, Any]) -> ReportedDates:
    """What `modelDetails` of GetFoundationModel states."""
    life = details.get("modelLifecycle", {})
    return ReportedDates(
        legacy=life.get("status") == "LEGACY",
        legacy_from=_day(life.get("legacyTime")),
        end=_day(life.get("endOfLifeTime")),
    )


def _day(moment: Any) -> date | None:
    return moment.date() if isinstance(moment, datetime) else None


class DateKind(StrEnum):
    """ENDED, GONE: requests fail. ENDING: the end is near. LEGACY: no new jobs. CHANGED: not what the catalog says."""

    ENDED = "ended"
    GONE = "gone"
    ENDING = "ending"
    LEGACY = "legacy"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFinding:
    """One finding about a model in a Region.

    Attributes:
        places: Where the model is named.
        day: The day that the finding is about; None if no date is known.
        warned: The entry of `WARNINGS` that the end has passed, for ENDING; else 0.
        text: The finding in one sentence, with what to write instead.
    """

    kind: DateKind
    model: str
    region: str
    places: tuple[str, ...]
    text: str
    day: date | None = None
    warned: int = 0

    @property
    def key(self) -> str:
        """Equal for what was notified already: a date that changes, or a nearer warning, is something new."""
        return digest([self.kind, self.model, self.region, str(self.day), self.warned])[:12]


def dump(named: Iterable[NamedModel]) -> str:
    """The text of the settings layer's file."""
    return json.dumps({"models": [to_wire(each) for each in named]}, sort_keys=True, indent=1)


def read() -> tuple[NamedModel, ...]:
    """What the function was deployed with. Raises Misconfigured without its layer."""
    return tuple(from_wire(NamedModel, each) for each in env_vars.read_settings(FILE)["models"])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFindings:
    """The findings of the last run of the watch, as its parameter holds them.

    Attributes:
        at: When it ran, ISO 8601.
        count: How many findings there were. The parameter holds the most urgent of them.
        known: Digests of all findings, which are not notified again.
    """

    at: str
    count: int
    findings: tuple[DateFinding, ...]
    known: tuple[str, ...]


def stored(ssm: "SSMClient", names: Names) -> StoredFindings | None:
    """What the last run of the watch stored; None before the first."""
    text = read_parameter(ssm, names.model_dates)
    return None if text is None else from_wire(StoredFindings, json.loads(text))


Reports = Mapping[tuple[str, str], ReportedDates]
"""(model, Region) → what the service says."""


def find(named: Sequence[NamedModel], reports: Reports, on: date) -> list[DateFinding]:
    """The findings of a day, the most urgent first. A model without a report is judged by the catalog."""
    places: dict[tuple[str, str], list[NamedModel]] = {}
    for each in named:
        places.setdefault((each.model, each.region), []).append(each)
    found = [
        finding
        for (ident, region), where in sorted(places.items())
        for finding in _of(ident, region, where, reports.get((ident, region)), on)
    ]
    return sorted(found, key=lambda each: (list(DateKind).index(each.kind), each.day or date.max, each.model))


def _of(
    ident: str, region: str, named_in: Sequence[NamedModel], report: ReportedDates | None, on: date
) -> Iterator[DateFinding]:
    model, places = catalog.model(ident), tuple(each.where for each in named_in)
    life = model.life.within(region)
    end = (report.end if report else None) or life.ends
    named = f"{ident} in {region}, used by {', '.join(places)},"
    fix = _instead(model, [each.where for each in named_in if each.is_setting], on, region)

    def finding(kind: DateKind, text: str, day: date | None, warned: int = 0) -> DateFinding:
        return DateFinding(
            kind=kind, model=ident, region=region, places=places, text=f"{named} {text}", day=day, warned=warned
        )

    if end is not None and end <= on:
        yield finding(DateKind.ENDED, f"ended on {end}, and requests to it fail; {fix}", end)
    elif report is not None and not report.known:
        yield finding(DateKind.GONE, f"is not known to the service, so requests to it may fail; {fix}", None)
    elif end is not None and (left := (end - on).days) <= WARNINGS[0]:
        warned = min(days for days in WARNINGS if left <= days)
        yield finding(DateKind.ENDING, f"ends on {end}, in {left} days; {fix}", end, warned)
    elif (report is not None and report.legacy) or life.state(on) is LifeState.LEGACY:
        when = (report.legacy_from if report else None) or life.declines
        since = f" since {when}" if when and when <= on else ""
        yield finding(DateKind.LEGACY, f"is Legacy{since}: it takes no new customization job; {fix}", when)
    if report is not None and report.known and (changes := list(_changes(model, report, region, on))):
        text = f"has other dates than the catalog: {'; '.join(changes)}. Correct distillery/core/catalog"
        yield finding(DateKind.CHANGED, text, report.end or report.legacy_from)


def _changes(model: Model, report: ReportedDates, region: str, on: date) -> Iterator[str]:
    """What the service states and the catalog does not. A date that the service does not state is no difference."""
    life = model.life.within(region)
    if report.end is not None and report.end != life.end:
        yield f"the service says that it ends on {report.end}, the catalog says {life.end or 'nothing'}"
    if report.legacy_from is not None and report.legacy_from != life.legacy:
        yield f"the service says Legacy from {report.legacy_from}, the catalog says {life.legacy or 'nothing'}"
    if report.legacy and report.legacy_from is None and life.state(on) is LifeState.ACTIVE:
        yield "the service calls it Legacy, the catalog calls it active"


def _instead(model: Model, settings: Sequence[str], on: date, region: str) -> str:
    """What to do: the settings to change, and the first successor that is still active when the last warning is due."""
    then = "then deploy and run again" if settings else "then distil a student of it"
    where = f"in {' and '.join(settings)}" if settings else "as the student of a recipe"
    successor, later = model.successor, on + timedelta(days=WARNINGS[0])
    while successor is not None:
        following = catalog.model(successor)
        if following.life.state(later, region) is LifeState.ACTIVE:
            return f'write "{successor}" {where}, {then}'
        successor = following.successor
    return f"choose another model {where}, {then}"
