"""Models of other environments that this one uses, each under a lease (`distillery/core/model_leases`).

    pk          sk            what
    borrowed    <model ARN>   a model of another environment: the run that it came with, and the end of our lease

An item is written before the tag on the model, and deleted after it, so a lease that nobody ended is found by its item.
"""

from dataclasses import dataclass
from datetime import datetime

from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Stage

PARTITION = "borrowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BorrowedModel:
    """A model of another environment. `run`: the run that it came with, of this environment. `until`: the end of our
    lease, ISO 8601."""

    arn: str
    run: str
    until: str

    def is_due(self, before: datetime) -> bool:
        """Whether the lease ends before that time."""
        return datetime.fromisoformat(self.until) < before


class BorrowedModels:
    """The borrowed models of an environment. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> tuple[BorrowedModel, ...]:
        found = self._table.query(PARTITION)
        return tuple(BorrowedModel(arn=item["sk"], run=item["run"], until=item["until"]) for item in found)

    def keep(self, model: BorrowedModel) -> None:
        """Adds the model, or overwrites its item."""
        self._table.put({"pk": PARTITION, "sk": model.arn, "run": model.run, "until": model.until})

    def remove(self, model: BorrowedModel) -> bool:
        """False where the lease was taken or renewed meanwhile; then the item stays."""
        return self._table.delete(PARTITION, model.arn, attribute="until", equal=model.until)


def is_borrowed(record: RunRecord) -> bool:
    """Whether the run's model is another environment's."""
    stage = record.stages.get(Stage.DISTILLATION)
    return bool(stage and stage.product.get("borrowed"))
