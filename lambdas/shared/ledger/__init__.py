"""The run ledger: each run's lineage in one DynamoDB table."""

from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.records import RunRecord, StageRecord, Waiting
from lambdas.shared.ledger.table import Table

__all__ = ["Ledger", "RunRecord", "StageRecord", "Table", "Waiting"]
