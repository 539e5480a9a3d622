"""From an upload to a run on the road, or to a reason why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from distillery.core.aws import ObjectStore
from distillery.core.errors import Refused
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.records import RunRecord
from distillery.core.ledger.uploads import Uploads
from distillery.core.pipeline import Dataset, Outcome, Run, Stage
from distillery.core.recipe import Recipe
from distillery.datasets.answer import ACCEPTED, Answer, Status
from distillery.datasets.budget import above_budget
from distillery.datasets.examine import Progress, examine
from distillery.datasets.objects import Objects, open_all
from distillery.datasets.upload import Upload
from lambdas.dataset import direct
from lambdas.dataset.machine import Machine
from lambdas.dataset.notice import notify
from lambdas.dataset.refusal import Refusals
from lambdas.dataset.store import store


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """region: where the job will run; today: whose prices count; stated: asked for where a job reads logs itself."""

    region: str
    today: date
    data_bucket: str
    recipes: Callable[[str], Recipe]
    stated: Callable[[], direct.Stated]
    objects: ObjectStore
    ledger: Ledger
    uploads: Uploads
    machine: Machine
    refusals: Refusals

    def take(self, upload: Upload) -> Answer:
        """Starts a run, or says why not; raises only what a retry may mend."""
        progress, read = Progress(upload.recipe), Objects(upload)
        try:
            recipe = self.recipes(upload.recipe)
            dataset, above = (
                self._direct(upload, recipe) if upload.is_direct else self._dataset(upload, recipe, progress, read)
            )
            record = self.ledger.open(recipe, dataset, again=upload.again, awaiting=bool(above))
        except Refused as refused:
            return self.refusals.refuse(upload, progress, refused)
        if record.outcome is Outcome.AWAITING or Stage.DATASET not in record.stages:
            self.uploads.used(record.run.id, read.objects)
        if record.outcome is Outcome.AWAITING:
            return self._await(upload, record, above)
        return self._run(record)

    def _dataset(self, upload: Upload, recipe: Recipe, progress: Progress, read: Objects) -> tuple[Dataset, str]:
        """The stored data set, and in which sentence its estimate is above the budget, if it is."""
        examine(read.noting(open_all(self.objects.s3, upload)), recipe, progress, region=self.region, on=self.today)
        assert progress.estimated is not None
        above = above_budget(recipe, progress.estimated)
        return store(self.objects, self.data_bucket, progress, Status.AWAITING if above else ACCEPTED), above

    def _direct(self, upload: Upload, recipe: Recipe) -> tuple[Dataset, str]:
        """The same of logs that the job reads itself."""
        taken = direct.take(upload, recipe, self.objects, self.stated, region=self.region, on=self.today)
        above = above_budget(recipe, taken.estimated)
        status = Status.AWAITING if above else ACCEPTED
        return direct.keep(taken, recipe, self.objects, self.data_bucket, status), above

    def _await(self, upload: Upload, record: RunRecord, above: str) -> Answer:
        run = record.run
        reason = f"{above}. To start it all the same: distillery approve {run.id}"
        answer = Answer(status=Status.AWAITING, run=run.id, report_uri=run.dataset.report_uri, reason=reason)
        if Stage.DATASET not in record.stages:  # told once
            notify(self.refusals.notices, upload, answer)
        self._end_stage(run)
        return answer

    def _run(self, record: RunRecord) -> Answer:
        run, known = record.run, Stage.DATASET in record.stages
        if record.outcome is Outcome.RUNNING:  # an earlier delivery may have died before it came to this
            self._end_stage(run)
            self.machine.start(run)
        status = Status.SAME if known else Status.STARTED
        reasons = [f"run {run.id} took these prompts before; it is {record.outcome}"] if known else []
        if run.dataset.put_aside:
            reasons.append(f"{run.dataset.put_aside} bad lines were put aside, see the report")
        return Answer(status=status, run=run.id, report_uri=run.dataset.report_uri, reason="; ".join(reasons))

    def _end_stage(self, run: Run) -> None:
        self.ledger.begin(run.id, Stage.DATASET)
        self.ledger.end(run.id, Stage.DATASET, run.dataset)
