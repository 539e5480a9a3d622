"""The door: every day. What it does never depends on the event."""

import json
import logging
from typing import Any

from lambdas.expiry.data_sets import DataSets
from lambdas.shared import clock
from lambdas.shared.aliases import Aliases
from lambdas.shared.aws import client
from lambdas.shared.boundary import boundary
from lambdas.shared.journal import journal
from lambdas.shared.ledger.approvals import Approvals
from lambdas.shared.ledger.ledger import Ledger
from lambdas.shared.ledger.table import Table
from lambdas.shared.names import Names
from lambdas.shared.notices import Notices
from lambdas.shared.variables import Variable, read

log = journal(__name__)
log.setLevel(logging.INFO)


@boundary()
def expire(_event: object, _context: object) -> Any:
    """What `DataSets.end` says."""
    table = Table(read(Variable.LEDGER))
    ended = DataSets(
        names=Names(read(Variable.ENVIRONMENT)),
        s3=client("s3"),
        bucket=read(Variable.DATA_BUCKET),
        days=int(read(Variable.DATA_DAYS)),
        ledger=Ledger(table),
        approvals=Approvals(table),
        aliases=Aliases(),
        notices=Notices(read(Variable.TOPIC)),
        now=clock.now,
    ).end()
    log.info("%s", json.dumps(ended))
    return ended
