"""Which run made a model, of which data set it learned, and which data sets something still needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from distillery.core.ledger.records import RunRecord
from distillery.core.pipeline import Outcome, Stage


def model_of(record: RunRecord) -> str | None:
    """The ARN of the model that the run made; None before its job has ended."""
    stage = record.stages.get(Stage.DISTILLATION)
    return stage.product.get("model_arn") if stage else None


def digests_of(model: str, records: Iterable[RunRecord]) -> set[str]:
    """The data sets of the runs that made a model: of one, where the ledger is whole."""
    return {record.run.dataset.digest for record in records if model_of(record) == model}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """digests: of the data sets that are needed, none where no run in the ledger made the model: then nobody knows.
    run, model: which of the two needs them; which: `current` or `previous`, of a model."""

    digests: set[str]
    run: str = ""
    model: str = ""
    which: str = ""


def needs(records: Sequence[RunRecord], *, current: str | None, previous: str | None) -> list[Need]:
    """What a recipe's active runs and the models of its alias need, the runs first."""
    running = (record.run for record in records if record.outcome is Outcome.RUNNING)
    models = (("current", current), ("previous", previous))
    return [
        *(Need(digests={run.dataset.digest}, run=run.id) for run in running),
        *(Need(digests=digests_of(model, records), model=model, which=which) for which, model in models if model),
    ]
