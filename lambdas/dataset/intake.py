"""From an upload to a run on the road, or to a reason why not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from lambdas.dataset.gather import Gathered, Limits, gather
from lambdas.dataset.notice import notify
from lambdas.dataset.objects import open_all
from lambdas.dataset.outcome import Outcome, Status
from lambdas.dataset.prepared import Prepared, prepare
from lambdas.dataset.report import report
from lambdas.dataset.start import start
from lambdas.dataset.upload import Upload
from lambdas.shared import catalog, names
from lambdas.shared.aws import ObjectStore
from lambdas.shared.errors import OverBudget, Refused, RunActive
from lambdas.shared.estimate import Estimate, check_budget, estimate
from lambdas.shared.ledger import Ledger
from lambdas.shared.limits import MAX_PROMPTS
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Dataset, Stage
from lambdas.shared.road import Outcome as RunOutcome

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where things are in this environment."""

    region: str
    data_bucket: str
    machine: str
    topic: str


@dataclass(slots=True)
class Progress:
    """How far an upload came: what a report can tell when it is refused."""

    gathered: Gathered | None = None
    prepared: Prepared | None = None
    estimated: Estimate | None = None


class Intake:
    """The work of the door, over clients that a test can stand in for."""

    def __init__(
        self,
        *,
        account: Account,
        ledger: Ledger,
        s3: "S3Client",
        sns: "SNSClient",
        stepfunctions: "SFNClient",
        recipes: Callable[[str], Recipe],
        today: Callable[[], date],
    ) -> None:
        self._account, self._ledger, self._recipes, self._today = account, ledger, recipes, today
        self._s3, self._sns, self._stepfunctions = s3, sns, stepfunctions
        self._data = ObjectStore(s3)

    def take(self, upload: Upload) -> Outcome:
        """Starts a run, or says why not; raises only what a retry may mend."""
        progress = Progress()
        try:
            recipe = self._recipes(upload.recipe)
            dataset = self._dataset(upload, recipe, progress)
            return self._run(recipe, dataset, again=upload.again)
        except Refused as refused:
            return self._refuse(upload, progress, refused)

    def _dataset(self, upload: Upload, recipe: Recipe, progress: Progress) -> Dataset:
        limits = Limits(
            most=MAX_PROMPTS + recipe.heldout_max,
            multi_turn=catalog.model(recipe.student).multi_turn_distillation,
        )
        gathered = progress.gathered = gather(open_all(self._s3, upload), limits)
        prepared = progress.prepared = prepare(gathered, recipe)
        estimated = estimate(recipe, prepared.size, region=self._account.region, on=self._today())
        progress.estimated = estimated
        check_budget(recipe, estimated)
        return self._written(recipe, progress, prepared, estimated)

    def _written(self, recipe: Recipe, progress: Progress, prepared: Prepared, estimated: Estimate) -> Dataset:
        base = f"s3://{self._account.data_bucket}/datasets/{recipe.name}/{prepared.digest}"
        dataset = Dataset(
            uri=f"{base}/train.jsonl",
            heldout_uri=f"{base}/heldout.jsonl",
            report_uri=f"{base}/report.json",
            digest=prepared.digest,
            prompts=prepared.size.prompts,
            heldout=prepared.size.heldout,
            labelled=prepared.labelled,
            duplicates=prepared.duplicates,
            tokens=prepared.size.tokens,
            estimate_usd=estimated.total_usd,
        )
        self._data.write(dataset.uri, prepared.train)
        self._data.write(dataset.heldout_uri, prepared.heldout)
        self._data.write_json(dataset.report_uri, self._report("accepted", recipe.name, "", progress))
        return dataset

    def _run(self, recipe: Recipe, dataset: Dataset, *, again: bool) -> Outcome:
        record = self._ledger.open(recipe, dataset, again=again)
        run, known = record.run, Stage.DATASET in record.stages
        if record.outcome is RunOutcome.RUNNING:  # an earlier delivery may have died before it came to this
            self._ledger.begin(run.id, Stage.DATASET)
            self._ledger.end(run.id, Stage.DATASET, run.dataset)
            start(self._stepfunctions, self._account.machine, run)
        return Outcome(
            status=Status.SAME if known else Status.STARTED,
            run=run.id,
            report_uri=dataset.report_uri,
            reason=f"run {run.id} has these prompts already; say `again` for another attempt" if known else "",
        )

    def _refuse(self, upload: Upload, progress: Progress, refused: Refused) -> Outcome:
        statuses: dict[type[Refused], Status] = {OverBudget: Status.OVER_BUDGET, RunActive: Status.BUSY}
        status = statuses.get(type(refused), Status.REJECTED)
        outcome = Outcome(status=status, reason=str(refused))
        if progress.gathered is not None:
            uri = self._refused_uri(upload)
            self._data.write_json(uri, self._report(status, upload.recipe, outcome.reason, progress))
            outcome = replace(outcome, report_uri=uri)
        notify(self._sns, self._account.topic, upload, outcome)
        return outcome

    def _refused_uri(self, upload: Upload) -> str:
        source = names.digest([upload.uri, upload.version])
        return f"s3://{self._account.data_bucket}/reports/{upload.recipe}/{source}.json"

    @staticmethod
    def _report(status: str, recipe: str, reason: str, progress: Progress) -> dict[str, object]:
        return report(
            status,
            recipe=recipe,
            reason=reason,
            gathered=progress.gathered,
            prepared=progress.prepared,
            estimated=progress.estimated,
        )
