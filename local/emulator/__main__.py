"""`python -m local.emulator [start|stop|status|env|serve]`. Standard library only; `serve` needs the emulator."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from distillery.core.escaping import lines
from local.account import STATE, LocalAccount, NoLocalAccount
from local.emulator.discarding import approve_discard
from local.emulator.ports import DEFAULT, CannotStart, check_port
from local.emulator.process import holding, running, start, stop


def _status(account: LocalAccount) -> dict[str, object]:
    """Returns what `status` prints: all settings except the secret, which `env` prints."""
    return {name: value for name, value in asdict(account).items() if name != "secret"} | {"endpoint": account.endpoint}


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description="A local AWS account.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status", "env"):
        one = verbs.add_parser(verb)
        one.add_argument("--state", type=Path, default=STATE, help="the state folder")
        if verb == "stop":
            one.add_argument("--discard", action="store_true", help="do not ask before the account's data is discarded")
        if verb == "start":
            one.add_argument("--port", type=int, help=f"default: {DEFAULT}; 0 selects a free port")
            one.add_argument("--date", help="the virtual date of the start, such as 2024-12-04; default: now")
            one.add_argument("--speed", type=float, default=360.0, help="virtual seconds per real second")
            one.add_argument("--model-units", type=int, default=0, help="quota of Provisioned Throughput units")
            one.add_argument("--teacher-error", type=float, default=0.03, help="share of wrong answers, 0 to 1")
            one.add_argument("--shuffle-teacher", action="store_true", help="permute the teacher's answers")
            one.add_argument("--fail-jobs", action="append", default=[], metavar="PREFIX", help="these jobs fail")
            one.add_argument("--lose-events", action="store_true", help="Bedrock's events are never delivered")
            one.add_argument("--record-iam", action="store_true", help="write IAM decisions to iam.jsonl")
    return parser.parse_args(argv)


def _start(given: dict[str, Any]) -> LocalAccount:
    if (found := running(given["state"])) is not None:
        check_port(found, given["port"])
    return start(LocalAccount(**given | {"port": DEFAULT if given["port"] is None else given["port"]}))


def command(argv: Sequence[str]) -> int:
    """Runs `start`, `stop`, `status` or `env`. Returns the exit code: 1 after one sentence on stderr."""
    given = vars(_arguments(argv))
    verb, state = given.pop("verb"), given["state"].resolve()
    try:
        if verb == "start":
            account = _start(given | {"state": state, "fail_jobs": tuple(given["fail_jobs"])})
            print(f"local AWS account {account.account} on {account.endpoint}")
        elif verb == "stop":
            if (account_with_data := holding(state)) is not None:
                approve_discard(account_with_data, command="make down DISCARD=1", discard=given["discard"])
            print("stopped" if stop(state) else "nothing was running")
        elif verb == "env":
            for name, value in LocalAccount.load(state).env().items():
                print(f"export {name}={shlex.quote(value)}")
        else:
            found = running(state)
            print(json.dumps(_status(found), default=str) if found else "not running")
            return 0 if found else 1
    except (CannotStart, NoLocalAccount) as sentence:
        print(lines(sentence), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["serve"]):
        from local.emulator.server import main

        main()
    else:
        sys.exit(command(sys.argv[1:]))
