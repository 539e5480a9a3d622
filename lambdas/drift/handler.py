"""The Lambda handler, which runs twice a day. It ignores the event."""

from typing import Any

from distillery.core import clock
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.drift.watch import DriftWatch


@boundary()
def watch_drift(_event: object, _context: object) -> Any:
    """What was found, in sentences."""
    ssm = client("ssm")
    found = DriftWatch(
        names=Names(read(Variable.ENVIRONMENT)),
        regions=tuple(dict.fromkeys((ssm.meta.region_name, read(Variable.INFERENCE_REGION)))),
        ssm=ssm,
        notices=Notices(read(Variable.TOPIC)),
        cloudformation=lambda region: client("cloudformation", region),
    ).run(clock.now())
    return [each.text for each in found]
