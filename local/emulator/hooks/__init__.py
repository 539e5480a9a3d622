"""Everything that differs from ministack, one module each, put in place by `install` before it serves.

Every hook replaces an attribute of one pinned version, so each has a contract test that fails when that
attribute moves; `tests/unit/local/emulator` holds them.
"""

from pathlib import Path

from local.bedrock.admin import Admin
from local.bedrock.engine import Bedrock
from local.bedrock.events import KeptEvents
from local.emulator.clock import VirtualClock
from local.emulator.hooks import (
    access,
    bedrock,
    bedrock_types,
    budgets,
    callbacks,
    dead_letters,
    encryption,
    executions,
    function_properties,
    lambdas,
    layers,
    loopback,
    metrics,
    recorder,
    requests,
    rule_targets,
    s3_events,
    schedules,
    service_quotas,
    ttl,
    waits,
)

MINISTACK = "1.5.33"


def install(
    clock: VirtualClock, simulator: Bedrock, events: KeptEvents, *, account: str, iam_log: Path | None = None
) -> None:
    """Put every hook in place. Call it once, before ministack serves."""
    loopback.install()
    lambdas.install()
    layers.install()
    function_properties.install()
    dead_letters.install()
    schedules.install(clock)
    ttl.install(clock)
    waits.install(clock)
    executions.install(clock)
    metrics.install()
    callbacks.install(clock)
    s3_events.install(clock)
    rule_targets.install()
    bedrock.install(simulator)
    bedrock_types.install(simulator)
    budgets.install()
    service_quotas.install(simulator)
    if iam_log is not None:
        recorder.install(iam_log)
    access.install(simulator)
    encryption.install()
    requests.install(Admin(simulator, clock, events, account=account))
