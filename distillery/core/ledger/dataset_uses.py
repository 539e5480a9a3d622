"""Which data sets runs and live models need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from distillery.core.ledger.items import RunRecord, model_of


def dataset_digests(model: str, records: Iterable[RunRecord]) -> set[str]:
    """The data sets of the runs that made the model: one, in a complete ledger."""
    return {record.run.dataset.digest for record in records if model_of(record) == model}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetUse:
    """Data sets that a run or a model needs.

    Attributes:
        digests: Of the data sets. Empty where no run in the ledger made the model, so its data set is unknown.
        run, model: What needs them: one of the two is set.
        which: `current` or `previous`, for a model.
    """

    digests: set[str]
    run: str = ""
    model: str = ""
    which: str = ""


def datasets_in_use(records: Sequence[RunRecord], *, current: str | None, previous: str | None) -> list[DatasetUse]:
    """The data sets that a recipe's active runs and the models of its alias need. Runs come first."""
    running = (record.run for record in records if record.needs_data)
    models = (("current", current), ("previous", previous))
    return [
        *(DatasetUse(digests={run.dataset.digest}, run=run.id) for run in running),
        *(
            DatasetUse(digests=dataset_digests(model, records), model=model, which=which)
            for which, model in models
            if model
        ),
    ]
