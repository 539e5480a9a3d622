"""Which run made a model, and of which data set it learned."""

from collections.abc import Iterable

from lambdas.shared.ledger import RunRecord
from lambdas.shared.road import Stage


def model_of(record: RunRecord) -> str | None:
    """The ARN of the model that the run made; None before its job has ended."""
    stage = record.stages.get(Stage.DISTILLATION)
    return stage.product.get("model_arn") if stage else None


def digests_of(model: str, records: Iterable[RunRecord]) -> set[str]:
    """The data sets of the runs that made a model: of one, where the ledger is whole."""
    return {record.run.dataset.digest for record in records if model_of(record) == model}
