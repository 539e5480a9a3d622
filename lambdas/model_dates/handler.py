"""The Lambda handler, which runs every day. It ignores the event."""

from typing import Any

from distillery.core import clock, model_dates
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.env_vars import Variable, read
from distillery.core.names import Names
from distillery.core.notices import Notices
from lambdas.model_dates.watch import ModelWatch


@boundary()
def watch(_event: object, _context: object) -> Any:
    """The findings of the day, as `distillery status` shows them."""
    found = ModelWatch(
        names=Names(read(Variable.ENVIRONMENT)),
        named=model_dates.read(),
        ssm=client("ssm"),
        notices=Notices(read(Variable.TOPIC)),
        bedrock=lambda region: client("bedrock", region),
    ).run(clock.now())
    return [each.text for each in found]
