"""The Lambda handler, which runs every day. It ignores the event."""

import json
import logging
from typing import Any

from distillery.core import clock
from distillery.core.aliases import Aliases
from distillery.core.aws import client
from distillery.core.boundary import boundary, get_logger
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.expiry.data_sets import DatasetExpiry

log = get_logger(__name__)
log.setLevel(logging.INFO)


@boundary()
def expire(_event: object, _context: object) -> Any:
    """The result of `DatasetExpiry.expire`."""
    table = Table(read(Variable.LEDGER))
    ended = DatasetExpiry(
        names=Names(read(Variable.ENVIRONMENT)),
        s3=client("s3"),
        bucket=read(Variable.DATA_BUCKET),
        days=int(read(Variable.DATA_DAYS)),
        ledger=Ledger(table),
        approvals=Approvals(table),
        acceptances=Acceptances(table),
        aliases=Aliases(),
        notices=Notices(read(Variable.TOPIC)),
        now=clock.now,
    ).expire()
    log.info("%s", json.dumps(ended))
    return ended
