"""What the record of a run says, from the ledger and the report: nothing of it comes from the execution's state."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from distillery import __version__
from distillery.core.aws import ObjectStore
from distillery.core.env_vars import Variable
from distillery.core.errors import EvaluationFailed
from distillery.core.ledger.acceptances import Acceptance
from distillery.core.ledger.items import RunRecord, model_of
from distillery.core.pipeline import Run, Stage
from distillery.core.promotions import Predecessor
from distillery.records.record import (
    AcceptanceStatement,
    EvaluatedModel,
    Evaluation,
    GoldenScore,
    PromotionRecord,
    ScoreInterval,
    Threshold,
    TokenPrice,
    TrainingInputs,
    job_request,
)
from distillery.records.statement import HELDOUT, JOB_REQUEST, REPORT, TRAINING, Statement

if TYPE_CHECKING:
    from distillery.evaluation.report.document import Document
    from distillery.evaluation.report.rows import BarRow, Bounds, ContestantRow, PriceRow

DATASET_BLOCK = 1 << 20
"""Bytes of a data set in memory at a time: it may have 2 GB."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reads what records are about. `environment` and `region`: where the run was; `keeps_data`: whether it keeps its
    data."""

    store: ObjectStore
    environment: str
    region: str
    keeps_data: bool

    def of(
        self,
        record: RunRecord,
        verdict: Mapping[str, Any],
        acceptance: Acceptance | None,
        chain: tuple[Predecessor, ...],
        issued: datetime,
        valid: timedelta,
    ) -> Statement:
        """The statement about a run.

        Args:
            record: The run as the ledger has it.
            verdict: The verdict by which its student goes live, as stored.
            acceptance: The decision of a person, if it was one.
            chain: The records by which its student was promoted to here, the first one first.
            issued: When the record is signed.
            valid: How long it is valid.

        Raises:
            EvaluationFailed: The report is not that of the verdict.
        """
        from distillery.evaluation.report import wire  # slow, and not needed where a record is stored already

        run, model = record.run, model_of(record) or ""
        body = self.store.read(str(verdict["report_uri"]))
        document = wire.parse(body)
        _check(document, run, model, verdict)
        training = TrainingInputs(
            dataset_digest=run.dataset.digest, prompts=run.dataset.prompts, job_request=job_request(run.recipe)
        )
        found = PromotionRecord(
            environment=self.environment,
            account=model.split(":")[4],
            region=self.region,
            run=run.id,
            recipe=run.recipe.name,
            attempt=run.attempt,
            model_arn=model,
            job_arn=str(record.stages[Stage.DISTILLATION].product.get("job_arn", "")),
            training=training,
            training_digest=training.digest,
            evaluation=_evaluation(document),
            issued=issued.isoformat(timespec="seconds"),
            expires=(issued + valid).isoformat(timespec="seconds"),
            accepted=_accepted(acceptance) if acceptance else None,
            keeps_data=self.keeps_data,
            chain=chain,
            software=_software(document),
        )
        return Statement(record=found, subjects=self._subjects(run, body, training))

    def _subjects(self, run: Run, report: bytes, training: TrainingInputs) -> dict[str, str]:
        request = json.dumps(training.job_request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        files = {TRAINING: run.dataset.uri, HELDOUT: run.dataset.heldout_uri}
        return {
            REPORT: hashlib.sha256(report).hexdigest(),
            JOB_REQUEST: hashlib.sha256(request.encode()).hexdigest(),
            **{name: self._sha256(uri) for name, uri in files.items() if uri},  # a job may read logs itself
        }

    def _sha256(self, uri: str) -> str:
        found = hashlib.sha256()
        for block in self.store.blocks(uri, DATASET_BLOCK):
            found.update(block)
        return found.hexdigest()


def _check(document: "Document", run: Run, model: str, verdict: Mapping[str, Any]) -> None:
    """Raises EvaluationFailed for a report that somebody has exchanged."""
    theirs = (document.run, document.lineage.model_arn, document.outcome, document.exploratory)
    ours = (run.id, model, verdict.get("outcome"), bool(verdict.get("exploratory")))
    if theirs != ours:
        raise EvaluationFailed(
            f"{verdict['report_uri']} is about {theirs}, and the ledger's verdict about {ours}; a record is signed of "
            f"a report that was not changed: find out who wrote it, and run recipe {run.recipe.name!r} again"
        )


def _evaluation(document: "Document") -> Evaluation:
    return Evaluation(
        outcome=document.outcome,
        exploratory=document.exploratory,
        measure=document.measure,
        clusters=document.method.families or len(document.prompts),
        judging_digest=document.method.digest,
        judged=document.judged,
        models=tuple(map(_model, document.contestants)),
        thresholds=tuple(map(_threshold, document.bars)),
        golden=tuple(
            GoldenScore(role=one.role, model=one.model, score=_exact(one.value), scored=one.scored, asked=one.asked)
            for one in document.golden
        ),
    )


def _model(one: "ContestantRow") -> EvaluatedModel:
    return EvaluatedModel(
        role=one.role,
        model=one.model,
        score=_exact(one.value),
        scored=one.scored,
        asked=one.asked,
        interval=_interval(one.interval),
        median_latency_ms=one.latency_ms,
        usd=one.usd,
        price=_price(one.price),
    )


def _threshold(one: "BarRow") -> Threshold:
    return Threshold(
        name=one.name,
        needed=Decimal(str(one.needed)),
        measured=_exact(one.value),
        outcome=one.outcome,
        unit=one.unit.value,
        at_most=one.at_most,
        against=one.against,
        golden=one.golden,
        interval=_interval(one.interval),
    )


def _interval(bounds: "Bounds | None") -> ScoreInterval | None:
    if bounds is None:
        return None
    return ScoreInterval(
        low=_exact(bounds.low), high=_exact(bounds.high), level=Decimal(str(bounds.level)), method=bounds.method
    )


def _price(one: "PriceRow | None") -> TokenPrice | None:
    if one is None:
        return None
    return TokenPrice(
        usd_per_million_input=one.usd_per_million_input,
        usd_per_million_output=one.usd_per_million_output,
        as_of=one.as_of,
        source=one.source,
    )


def _accepted(acceptance: Acceptance) -> AcceptanceStatement:
    return AcceptanceStatement(by=acceptance.by, at=acceptance.opened, reason=acceptance.reason)


def _software(document: "Document") -> dict[str, str]:
    """The versions that judged, this one, and the commit if the deployment names it."""
    commit = os.environ.get(Variable.COMMIT, "")
    return {**document.method.versions, "distillery": __version__, **({"commit": commit} if commit else {})}


def _exact(value: float | None) -> Decimal | None:
    """The number that the report prints."""
    return None if value is None else Decimal(str(value))
