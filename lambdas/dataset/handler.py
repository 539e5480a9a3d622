"""The door of the dataset stage: S3's event `Object Created` over EventBridge, or a direct request.

{"recipe": "support", "uri": "s3://…/prompts.jsonl", "version": null, "again": false}
→ {"status": "started", "run": "support-k3x9a-p0q2m7ab-1", "report_uri": "s3://…", "reason": ""}
"""

import logging
from typing import Any

from distillery.core import clock, recipe
from distillery.core.aws import ObjectStore, client
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.journal import journal
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploads
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from distillery.datasets.answer import Answer, Status
from distillery.datasets.upload import Ignored, asked
from lambdas.dataset.direct import Stated
from lambdas.dataset.intake import Intake
from lambdas.dataset.machine import Machine
from lambdas.dataset.refusal import Refusals

log = journal(__name__)
log.setLevel(logging.INFO)


@boundary()
def receive(event: Any, _context: object) -> Any:
    """See the module. Raises only what a retry may mend."""
    answer = _answer(event)
    log.info("%s: run=%s report=%s %s", answer.status, answer.run, answer.report_uri, answer.reason)
    return to_wire(answer)


def _answer(event: Any) -> Answer:
    try:
        upload = asked(event)
    except BadRequest as wrong:
        return Answer(status=Status.REJECTED, reason=str(wrong))
    if isinstance(upload, Ignored):
        return Answer(status=Status.IGNORED, reason=upload.reason)
    return _intake().take(upload)


def _intake() -> Intake:
    s3, bucket = client("s3"), read(Variable.DATA_BUCKET)
    objects, table = ObjectStore(s3), Table(read(Variable.LEDGER))
    return Intake(
        region=s3.meta.region_name,
        today=clock.now().date(),
        data_bucket=bucket,
        recipes=recipe.load,
        stated=lambda: Stated(bucket=read(Variable.PROMPTS_BUCKET), logs=read(Variable.LOGS)),
        objects=objects,
        ledger=Ledger(table),
        uploads=Uploads(table),
        machine=Machine(read(Variable.STATE_MACHINE), client("stepfunctions")),
        refusals=Refusals(bucket, objects, Notices(read(Variable.TOPIC))),
    )
