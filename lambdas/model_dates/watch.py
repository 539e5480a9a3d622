"""Asks Bedrock for the dates of the environment's models, stores what follows from them, and notifies people once."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from distillery.core import catalog, model_ids
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.findings import notify_new
from distillery.core.inventory import take_inventory
from distillery.core.model_dates import (
    DateFinding,
    DateKind,
    NamedModel,
    ReportedDates,
    StoredFindings,
    find,
    reported,
    stored,
)
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.operational_metrics import OperationalMetric, emit
from distillery.core.parameters import write_parameter
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_ssm import SSMClient

log = get_logger(__name__)
NOT_FOUND = "ResourceNotFoundException"
PARAMETER_BYTES = 4096
"""The size of a standard parameter (SSM PutParameter)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWatch:
    """The watch of one environment.

    Attributes:
        named: The models that its settings name.
        ssm: Client in the home Region, where the findings are stored.
        bedrock: Region → client of the control plane.
    """

    names: Names
    named: Sequence[NamedModel]
    ssm: "SSMClient"
    notices: Notices
    bedrock: Callable[[str], "BedrockClient"]

    def run(self, now: datetime) -> list[DateFinding]:
        """Returns the findings. Those that the last run did not have are notified."""
        named = [*self.named, *self._hosted()]
        reports = {
            (each.model, each.region): report for each in named if (report := self._report(each.model, each.region))
        }
        found = find(named, reports, now.date())
        last = stored(self.ssm, self.names)
        notify_new(
            self.notices,
            found,
            last.known if last else (),
            lambda count: f"Distillery: {count} changes of models in {self.names.environment}",
        )
        self._store(found, now)
        self._measure(found, now.date())
        return found

    def _hosted(self) -> Iterator[NamedModel]:
        """The bases of students that are hosted: a recipe may have left the settings, and its endpoint may serve on."""
        bedrock = self.bedrock(self.ssm.meta.region_name)
        held = take_inventory(self.names, bedrock)
        bases = {model.arn: model.base_arn for model in held.models}
        for endpoint in held.endpoints:
            base = model_ids.model_of_base(bases.get(endpoint.model_arn, ""))
            if base is not None:
                region = self.ssm.meta.region_name
                yield NamedModel(where=f"endpoint {endpoint.name}", model=base, region=region, is_setting=False)

    def _report(self, model: str, region: str) -> ReportedDates | None:
        """What the service says; None if it does not answer, so that the catalog's dates count."""
        try:
            details = self.bedrock(region).get_foundation_model(modelIdentifier=model)["modelDetails"]
        except ClientError as error:
            if code(error) == NOT_FOUND:
                return ReportedDates(known=False)
            log.warning("no dates of %s in %s: %s", model, region, code(error))
            return None
        return reported(details)

    def _store(self, found: Sequence[DateFinding], now: datetime) -> None:
        """Stores as many findings as the parameter holds, the most urgent first."""
        shown, known = len(found), tuple(each.key for each in found)
        while True:
            at = now.isoformat(timespec="seconds")
            kept = StoredFindings(at=at, count=len(found), findings=tuple(found[:shown]), known=known)
            text = json.dumps(to_wire(kept))
            if len(text.encode()) <= PARAMETER_BYTES or shown == 0:
                break
            shown -= 1
        description = "Models that end soon or have other dates than the catalog; written by the life-cycle watch"
        write_parameter(self.ssm, self.names.model_dates, text, description=description)

    def _measure(self, found: Sequence[DateFinding], on: date) -> None:
        emit(
            self.names,
            OperationalMetric.LIFE_CYCLE_CHANGES,
            sum(each.kind in (DateKind.CHANGED, DateKind.GONE) for each in found),
        )
        for model in sorted({each.model for each in self.named}):
            ends = [
                each.day for each in found if each.model == model and each.kind in (DateKind.ENDING, DateKind.ENDED)
            ]
            end = min((day for day in (*ends, catalog.model(model).life.ends) if day), default=None)
            if end is not None:
                emit(self.names, OperationalMetric.DAYS_UNTIL_END, max(0, (end - on).days), model=model)
