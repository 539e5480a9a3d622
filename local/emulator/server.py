"""The emulator's process: ministack with our hooks, serving on loopback until it is told to stop."""

import os
import sys
from pathlib import Path

from local.account import LocalAccount

LOOPBACK = "127.0.0.1"
SEED = "distillery"
"""Of all chance: which answers of the teacher are wrong, how latency spreads, which calls a fault strikes."""


def main() -> None:
    """Serve the account kept in the folder that DISTILLERY_LOCAL_STATE names."""
    account = LocalAccount.load(Path(os.environ["DISTILLERY_LOCAL_STATE"]))
    os.environ.pop("PYTHONPATH", None)  # ours alone: functions inherit the rest
    os.environ["BIND_HOST"] = LOOPBACK

    import ministack.app as app

    from bedrock_simulator.engine import Bedrock
    from bedrock_simulator.events import EventStore
    from bedrock_simulator.faults import Fault, Faults
    from bedrock_simulator.settings import Latency, Quotas, Settings, TeacherSettings
    from local.emulator import patches
    from local.emulator.bedrock_ports import AccountEvents, AccountKeys, AccountLogs, AccountObjects, AccountRoles
    from local.emulator.clock import VirtualClock

    clock = VirtualClock(account.clock_file)
    events = EventStore(clock, AccountEvents())
    bedrock = Bedrock(
        clock=clock,
        objects=AccountObjects(),
        events=events,
        roles=AccountRoles(),
        keys=AccountKeys(),
        logs=AccountLogs(),
        settings=Settings(
            teacher=TeacherSettings(error_rate=account.teacher_error, seed=SEED, shuffled=account.shuffle_teacher),
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
    sys.argv[1:] = []  # ministack reads arguments of its own
    app.main()
