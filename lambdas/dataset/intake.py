"""From an upload to a run on the road, or to a reason why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lambdas.dataset import direct
from lambdas.dataset.answer import Answer, Status
from lambdas.dataset.examine import Progress, examine
from lambdas.dataset.machine import Machine
from lambdas.dataset.objects import open_all
from lambdas.dataset.refusal import Refusals
from lambdas.dataset.store import store
from lambdas.dataset.upload import Upload
from lambdas.shared.aws import ObjectStore
from lambdas.shared.errors import Refused
from lambdas.shared.estimate import check_budget
from lambdas.shared.ledger import Ledger
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Dataset, Outcome, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """region: where the job will run; today: whose prices count."""

    region: str
    today: date
    data_bucket: str
    recipes: Callable[[str], Recipe]
    objects: ObjectStore
    ledger: Ledger
    machine: Machine
    refusals: Refusals

    def take(self, upload: Upload) -> Answer:
        """Starts a run, or says why not; raises only what a retry may mend."""
        progress = Progress(upload.recipe)
        try:
            recipe = self.recipes(upload.recipe)
            dataset = self._direct(upload, recipe) if upload.is_direct else self._dataset(upload, recipe, progress)
            return self._run(recipe, dataset, again=upload.again)
        except Refused as refused:
            return self.refusals.refuse(upload, progress, refused)

    def _dataset(self, upload: Upload, recipe: Recipe, progress: Progress) -> Dataset:
        examine(open_all(self.objects.s3, upload), recipe, progress, region=self.region, on=self.today)
        assert progress.estimated is not None
        check_budget(recipe, progress.estimated)
        return store(self.objects, self.data_bucket, progress)

    def _direct(self, upload: Upload, recipe: Recipe) -> Dataset:
        """Logs that the job reads itself."""
        taken = direct.take(upload, recipe, self.objects, region=self.region, on=self.today)
        return direct.keep(taken, recipe, self.objects, self.data_bucket)

    def _run(self, recipe: Recipe, dataset: Dataset, *, again: bool) -> Answer:
        record = self.ledger.open(recipe, dataset, again=again)
        run, known = record.run, Stage.DATASET in record.stages
        if record.outcome is Outcome.RUNNING:  # an earlier delivery may have died before it came to this
            self.ledger.begin(run.id, Stage.DATASET)
            self.ledger.end(run.id, Stage.DATASET, run.dataset)
            self.machine.start(run)
        status = Status.SAME if known else Status.STARTED
        reasons = [f"run {run.id} took these prompts before; it is {record.outcome}"] if known else []
        if dataset.put_aside:
            reasons.append(f"{dataset.put_aside} bad lines were put aside, see the report")
        return Answer(status=status, run=run.id, report_uri=run.dataset.report_uri, reason="; ".join(reasons))
