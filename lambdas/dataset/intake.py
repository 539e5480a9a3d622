"""Turns an upload into a stored data set and a run of the pipeline, or into a report of why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aws import ObjectStore
from distillery.core.errors import Refused
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.uploads import Uploads
from distillery.core.names import DATASETS_PREFIX, HELDOUT_FILE, REPORTS_PREFIX, TRAINING_FILE, digest
from distillery.core.notices import Notices
from distillery.core.pipeline import Dataset, Outcome, Run, Stage
from distillery.core.promotions import Way
from distillery.core.recipe import Recipe
from distillery.datasets.examine import Examination, PreparedDataset, amount_over_budget, examine, line_limits
from distillery.datasets.report import QUARANTINE, UploadStatus, quarantine_file, upload_report
from distillery.datasets.upload import Upload, UploadedObjects, open_files
from lambdas.dataset import logs_input
from lambdas.dataset.intake_result import IntakeResult, notify
from lambdas.dataset.promoted import how_to_retry, promotion_of, read_promoted
from lambdas.dataset.state_machine import StateMachine

if TYPE_CHECKING:
    from distillery.datasets.golden import ExaminedGolden

SYSTEM = "system.txt"
"""The object of a data set with the system prompt that its training prompts share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Accepts or rejects uploads.

    environment: its name, for commands in messages. region: the Region in which the job will run. today: the date whose
    prices apply. recipes: loads a recipe by name.
    logs_location: called only for recipes whose job reads logs itself. data_bucket: where data sets and reports are
    written; never the bucket that prompts are read from. prompts_bucket: called only for recipes with a golden set.
    ways: those of promotions that the settings admit.
    """

    environment: str
    region: str
    today: date
    data_bucket: str
    prompts_bucket: Callable[[], str]
    recipes: Callable[[str], Recipe]
    logs_location: Callable[[], logs_input.LogsLocation]
    objects: ObjectStore
    ledger: Ledger
    uploads: Uploads
    promotions: Promotions
    ways: AdmittedWays
    state_machine: StateMachine
    notices: Notices

    def accept(self, upload: Upload) -> IntakeResult:
        """Starts a run, or reports why not. Raises only errors that a retry can fix."""
        examination, versions = Examination(upload.recipe), UploadedObjects(upload)
        try:
            recipe = self.recipes(upload.recipe)
        except Refused as refused:
            return self._refuse(upload, None, refused)
        try:
            golden = self._golden(recipe)
            if upload.is_direct:
                dataset, over_budget = self._logs_dataset(upload, recipe, golden)
            elif upload.promotion:
                dataset, over_budget = self._promoted_dataset(upload, recipe, examination, versions, golden)
            else:
                dataset, over_budget = self._dataset(upload, recipe, examination, versions, golden)
            record = self.ledger.open(
                recipe, dataset, again=upload.again, awaiting=bool(over_budget), promotion=upload.promotion
            )
        except Refused as refused:
            return self._refuse(upload, examination, refused)
        if record.outcome is Outcome.AWAITING or Stage.DATASET not in record.stages:
            self.uploads.record_inputs(record.run.id, versions.objects)
        if record.outcome is Outcome.AWAITING:
            return self._await_approval(upload, record, over_budget)
        return self._start(record)

    def _golden(self, recipe: Recipe) -> "ExaminedGolden | None":
        """The recipe's golden set in its newest version, which the run pins."""
        if not recipe.golden_set:
            return None
        from distillery.datasets.golden import pin  # slow imports, for such recipes only
        from distillery.evaluation.preview import needing_references

        limits = line_limits(recipe.student, answer=recipe.max_answer_tokens)
        return pin(recipe, self.prompts_bucket(), self.objects, limits, needing=needing_references(recipe))

    def _dataset(
        self,
        upload: Upload,
        recipe: Recipe,
        examination: Examination,
        versions: UploadedObjects,
        golden: "ExaminedGolden | None",
    ) -> tuple[Dataset, str]:
        """Examines the prompts and stores the data set. Also returns by how much it is over budget, if it is."""
        files = versions.record(open_files(self.objects.s3, upload))
        prepared, estimated = examine(files, recipe, examination, region=self.region, on=self.today, golden=golden)
        _foresee(recipe, examination, prepared)
        over_budget = amount_over_budget(recipe, estimated)
        return self._store(examination, _report_status(over_budget)), over_budget

    def _promoted_dataset(
        self,
        upload: Upload,
        recipe: Recipe,
        examination: Examination,
        versions: UploadedObjects,
        golden: "ExaminedGolden | None",
    ) -> tuple[Dataset, str]:
        """Does the same for the data set of another environment's run, which is neither curated nor split again."""
        from distillery.datasets.promoted import examine_promoted  # for promotions only

        promotion = promotion_of(upload, recipe, self.promotions, self.ways)
        files = read_promoted(upload, promotion, self.objects, versions)
        prepared, estimated = examine_promoted(
            files.training,
            files.heldout,
            files.bodies,
            recipe,
            examination,
            region=self.region,
            on=self.today,
            golden=golden,
            trains=promotion.way is Way.REDISTIL,
        )
        _foresee(recipe, examination, prepared)
        over_budget = amount_over_budget(recipe, estimated)
        return self._store(examination, _report_status(over_budget)), over_budget

    def _logs_dataset(self, upload: Upload, recipe: Recipe, golden: "ExaminedGolden | None") -> tuple[Dataset, str]:
        """Does the same for invocation logs that the job reads itself."""
        pinned = golden.pinned if golden else None
        logs = logs_input.read(
            upload, recipe, self.objects, self.logs_location, region=self.region, on=self.today, golden=pinned
        )
        over_budget = amount_over_budget(recipe, logs.estimate)
        status = _report_status(over_budget)
        return logs_input.store(logs, recipe, self.objects, self.data_bucket, status), over_budget

    def _store(self, examination: Examination, status: UploadStatus) -> Dataset:
        """Writes the data set to `datasets/<recipe>/<digest>/` of the data bucket.

        Equal prompts have the same address. The report and the quarantined lines there are those of the last upload.
        """
        reader, prepared, estimated = examination.reader, examination.prepared, examination.estimate
        assert reader is not None
        assert prepared is not None
        assert estimated is not None
        base = f"s3://{self.data_bucket}/{DATASETS_PREFIX}{examination.recipe}/{prepared.digest}"
        system_uri = f"{base}/{SYSTEM}"
        dataset = Dataset(
            uri=f"{base}/{TRAINING_FILE}",
            heldout_uri=f"{base}/{HELDOUT_FILE}",
            report_uri=f"{base}/report.json",
            digest=prepared.digest,
            prompts=prepared.size.prompts,
            heldout=prepared.size.heldout,
            labelled=prepared.labelled,
            duplicates=prepared.duplicates,
            tokens=prepared.size.tokens,
            estimate_usd=estimated.total_usd,
            at_most_usd=estimated.at_most_usd,
            put_aside=len(reader.quarantined),
            detectable_difference=_detectable(examination),
            families_uri=_families_uri(base, prepared.families),
            system=prepared.system.described.at(system_uri),
            golden=examination.golden.pinned if examination.golden else None,
        )
        if dataset.families_uri:
            self.objects.write_json(dataset.families_uri, list(prepared.families))
        self.objects.write(dataset.uri, prepared.train)
        if prepared.system.text is not None:
            self.objects.write(system_uri, prepared.system.text.encode())
        self.objects.write(dataset.heldout_uri, prepared.heldout)
        report = upload_report(status, examination) | {"put_aside": dataset.put_aside}
        if reader.quarantined:
            report["quarantine_uri"] = f"{base}/{QUARANTINE}"
            self.objects.write(report["quarantine_uri"], quarantine_file(reader.quarantined))
        self.objects.write_json(dataset.report_uri, report)
        return dataset

    def _refuse(self, upload: Upload, examination: Examination | None, refused: Refused) -> IntakeResult:
        """Notifies, with a report if anything was read or a promotion waits; with none where the recipe is unknown."""
        status, reason, uri = UploadStatus.of(refused), str(refused), None
        if examination is not None and (examination.reader is not None or upload.promotion):
            source = digest([upload.uri, upload.version])
            uri = f"s3://{self.data_bucket}/{REPORTS_PREFIX}{examination.recipe}/{source}.json"
            self.objects.write_json(uri, upload_report(status, examination, reason))
        result = IntakeResult(status=status, report_uri=uri, reason=reason)
        notify(self.notices, upload, result)
        return result

    def _await_approval(self, upload: Upload, record: RunRecord, over_budget: str) -> IntakeResult:
        run = record.run
        why = over_budget or "the run still waits for the approval of its costs"
        reason = f"{why}. To start it anyway: distillery --env {self.environment} approve {run.id}"
        result = IntakeResult(
            status=UploadStatus.AWAITING, run=run.id, report_uri=run.dataset.report_uri, reason=reason
        )
        if Stage.DATASET not in record.stages:  # notify once
            notify(self.notices, upload, result)
        self._end_stage(run)
        return result

    def _start(self, record: RunRecord) -> IntakeResult:
        run, exists = record.run, Stage.DATASET in record.stages
        if record.outcome is Outcome.RUNNING:  # also if it exists: an earlier delivery may have failed before this
            self._end_stage(run)
            self.state_machine.start(run)
        status = UploadStatus.SAME if exists else UploadStatus.STARTED
        reasons = [f"run {run.id} already has these prompts; it is {record.outcome}"] if exists else []
        reasons += how_to_retry(record) if record.promotion else []
        if run.dataset.put_aside:
            reasons.append(f"{run.dataset.put_aside} bad lines were quarantined, see the report")
        return IntakeResult(status=status, run=run.id, report_uri=run.dataset.report_uri, reason="; ".join(reasons))

    def _end_stage(self, run: Run) -> None:
        self.ledger.begin(run.id, Stage.DATASET)
        self.ledger.end(run.id, Stage.DATASET, run.dataset)


def _foresee(recipe: Recipe, examination: Examination, prepared: PreparedDataset) -> None:
    """Adds to the report what can be said about the verdict."""
    from distillery.evaluation.preview import Heldout, preview  # for a good upload only

    heldout = Heldout(prompts=prepared.size.heldout, families=prepared.families, labelled=prepared.labelled)
    foreseen = preview(recipe, examination.prompts, heldout, golden=prepared.size.golden)
    examination.foresee(foreseen.described, foreseen.warnings)


def _detectable(examination: Examination) -> Decimal | None:
    found = (examination.evaluation or {}).get("detectable_difference")
    return None if found is None else Decimal(str(found))


def _report_status(over_budget: str) -> UploadStatus:
    return UploadStatus.AWAITING if over_budget else UploadStatus.ACCEPTED


def _families_uri(base: str, families: tuple[int, ...]) -> str:
    """The key of the families: another curation of equal prompts may find others."""
    return f"{base}/families-{digest(families)[:16]}.json" if families else ""
