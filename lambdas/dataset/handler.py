"""The door of the dataset stage: S3's event `Object Created` over EventBridge, or a direct request.

{"recipe": "support", "uri": "s3://…/prompts.jsonl", "version": null, "again": false}
→ {"status": "started", "run": "support-k3x9a-p0q2m7ab-1", "report_uri": "s3://…", "reason": ""}
"""

import logging
from typing import Any

from lambdas.dataset.intake import Account, Intake
from lambdas.dataset.outcome import Outcome, Status
from lambdas.dataset.upload import Ignored, asked
from lambdas.shared import clock, recipe
from lambdas.shared.aws import client
from lambdas.shared.errors import BadRequest
from lambdas.shared.ledger import Ledger, Table
from lambdas.shared.variables import Variable, read
from lambdas.shared.wire import to_wire

log = logging.getLogger(__name__)


def receive(event: Any, _context: object) -> Any:
    """See the module. Raises only what a retry may mend."""
    outcome = _outcome(event)
    log.warning("%s run=%s report=%s %s", outcome.status, outcome.run, outcome.report_uri, outcome.reason)
    return to_wire(outcome)


def _outcome(event: Any) -> Outcome:
    try:
        upload = asked(event)
    except BadRequest as wrong:
        return Outcome(status=Status.REJECTED, reason=str(wrong))
    if isinstance(upload, Ignored):
        return Outcome(status=Status.IGNORED, reason=upload.reason)
    return _intake().take(upload)


def _intake() -> Intake:
    s3 = client("s3")
    account = Account(
        region=s3.meta.region_name,
        data_bucket=read(Variable.DATA_BUCKET),
        machine=read(Variable.STATE_MACHINE),
        topic=read(Variable.TOPIC),
    )
    return Intake(
        account=account,
        ledger=Ledger(Table(read(Variable.LEDGER))),
        s3=s3,
        sns=client("sns"),
        stepfunctions=client("stepfunctions"),
        recipes=recipe.load,
        today=lambda: clock.now().date(),
    )
