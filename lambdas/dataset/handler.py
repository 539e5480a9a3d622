"""Entry point of the dataset stage: EventBridge's event `Object Created` of S3, or a direct request.

{"recipe": "support", "uri": "s3://…/prompts.jsonl", "version": null, "again": false}
→ {"status": "started", "run": "support-k3x9a-p0q2m7ab-1", "report_uri": "s3://…", "reason": ""}
"""

import logging
from typing import Any

from distillery.core import clock, recipe
from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aws import ObjectStore, client
from distillery.core.boundary import boundary, get_logger
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploads
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from distillery.datasets.report import UploadStatus
from distillery.datasets.upload import IgnoredEvent, parse_event
from lambdas.dataset.intake import Intake
from lambdas.dataset.intake_result import IntakeResult
from lambdas.dataset.logs_input import LogsLocation
from lambdas.dataset.state_machine import StateMachine

log = get_logger(__name__)
log.setLevel(logging.INFO)


@boundary()
def receive(event: Any, _context: object) -> Any:
    """Handles the event (see the module). Raises only errors that a retry can fix."""
    result = _handle(event)
    log.info("%s: run=%s report=%s %s", result.status, result.run, result.report_uri, result.reason)
    return to_wire(result)


def _handle(event: Any) -> IntakeResult:
    try:
        upload = parse_event(event)
    except BadRequest as error:
        return IntakeResult(status=UploadStatus.REJECTED, reason=str(error))
    if isinstance(upload, IgnoredEvent):
        return IntakeResult(status=UploadStatus.IGNORED, reason=upload.reason)
    return _intake().accept(upload)


def _intake() -> Intake:
    s3, table = client("s3"), Table(read(Variable.LEDGER))
    return Intake(
        environment=read(Variable.ENVIRONMENT),
        region=s3.meta.region_name,
        today=clock.now().date(),
        data_bucket=read(Variable.DATA_BUCKET),
        prompts_bucket=lambda: read(Variable.PROMPTS_BUCKET),
        recipes=recipe.load,
        logs_location=lambda: LogsLocation(bucket=read(Variable.PROMPTS_BUCKET), logs=read(Variable.LOGS)),
        objects=ObjectStore(s3),
        ledger=Ledger(table),
        uploads=Uploads(table),
        promotions=Promotions(table),
        ways=AdmittedWays.of_function(),
        state_machine=StateMachine(read(Variable.STATE_MACHINE), client("stepfunctions")),
        notices=Notices(read(Variable.TOPIC)),
    )
