"""The process of the emulator: ministack with the hooks, serving on loopback until it is stopped."""

import gc
import os
import resource
import sys
from pathlib import Path

from local.account import LocalAccount

LOOPBACK = "127.0.0.1"
SEED = "distillery"
"""Seed of everything random: wrong answers of strong models, the spread of latency, calls that a fault affects."""
TEACHER = "amazon.nova-pro-v1:0"
"""It errs by the seed itself, as in earlier releases; other models have seeds made from it."""

_COLLECTED = 20_000
"""Objects until the garbage collector looks at new ones; with Python's 700 it takes an eighth of the CPU time."""


def main() -> None:
    """Serves the account whose state folder is DISTILLERY_LOCAL_STATE."""
    account = LocalAccount.load(Path(os.environ["DISTILLERY_LOCAL_STATE"]))
    os.environ.pop("PYTHONPATH", None)  # functions inherit the other variables
    os.environ["BIND_HOST"] = LOOPBACK

    gc.set_threshold(_COLLECTED)
    _allow_descriptors(10_240)  # four for each worker; what macOS allows at most

    import ministack.app as app

    from bedrock_simulator.engine import Bedrock
    from bedrock_simulator.events import EventStore
    from bedrock_simulator.fault_kinds import Fault
    from bedrock_simulator.faults import Faults
    from bedrock_simulator.settings import Latency, ModelErrors, Quotas, Settings, TeacherSettings
    from local.emulator import patches
    from local.emulator.bedrock_ports import (
        AccountEvents,
        AccountKeys,
        AccountLogs,
        AccountMetrics,
        AccountObjects,
        AccountRoles,
    )
    from local.emulator.clock import VirtualClock
    from local.emulator.hooks.sharing import AccountShares

    clock = VirtualClock(account.clock_file)
    events = EventStore(clock, AccountEvents())
    bedrock = Bedrock(
        clock=clock,
        objects=AccountObjects(),
        events=events,
        roles=AccountRoles(),
        keys=AccountKeys(),
        logs=AccountLogs(),
        metrics=AccountMetrics(),
        shares=AccountShares(),
        settings=Settings(
            teacher=TeacherSettings(
                error_rate=account.teacher_error,
                seed=SEED,
                shuffled=account.shuffle_teacher,
                models={TEACHER: ModelErrors(seed=SEED)},
            ),
            latency=Latency(seed=SEED),
            quotas=Quotas(model_units=account.model_units),
        ),
        faults=Faults(
            [
                *(Fault("failed-job", named=prefix) for prefix in account.fail_jobs),
                *([Fault("lost-event")] if account.lose_events else []),
            ],
            seed=SEED,
        ),
    )
    iam_log = account.state / "iam.jsonl" if account.record_iam else None
    known = {"account": account.account, "endpoint": account.endpoint, "secret": account.secret}
    patches.install(clock, bedrock, events, **known, iam_log=iam_log)
    sys.argv[1:] = []  # ministack parses arguments
    gc.freeze()  # the modules, which are there until the end
    app.main()


def _allow_descriptors(number: int) -> None:
    """Raises the limit of open files, often 1,024, as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
