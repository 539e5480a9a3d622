"""The run ledger: each run's lineage in one DynamoDB table."""

from lambdas.shared.ledger.approvals import Approvals
from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.month import Month
from lambdas.shared.ledger.records import RunRecord, StageRecord, Waiting
from lambdas.shared.ledger.rollbacks import RollbackRecord, Rollbacks
from lambdas.shared.ledger.table import Table
from lambdas.shared.ledger.uploads import Uploaded, Uploads

__all__ = [
    "Approvals",
    "Ledger",
    "Month",
    "RollbackRecord",
    "Rollbacks",
    "RunRecord",
    "StageRecord",
    "Table",
    "Uploaded",
    "Uploads",
    "Waiting",
]
