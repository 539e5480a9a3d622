"""Asks before a running account is stopped: what it holds is in its memory, and ends with it. Standard library only."""

import json
import sys

from local.account import LocalAccount
from local.emulator.ports import CannotStart


def approve_discard(account: LocalAccount, *, command: str, discard: bool) -> None:
    """Returns if the account's data may be discarded: `discard` is set, or the person at the terminal agrees.

    Args:
        account: The running account.
        command: What discards the data without a question.
        discard: Whether the caller already agreed.

    Raises:
        CannotStart: The person does not agree, or nobody is there to ask.
    """
    if discard:
        return
    holds = f"the local account on port {account.port} holds {_contents(account)}, which nothing can restore"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotStart(f"{holds}: it keeps running; to stop it and discard them, run `{command}`.")
    try:
        answer = input(f"{holds}. Stop it and discard them? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        print()
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise CannotStart("nothing was stopped, and the local account keeps running.")


def _contents(account: LocalAccount) -> str:
    try:
        environments = sorted(json.loads(account.client_file.read_text(encoding="utf-8"))["environments"])
    except (OSError, ValueError, KeyError):
        environments = []
    deployed = f"environment{'s' if len(environments) > 1 else ''} {', '.join(environments)} with " * bool(environments)
    return f"{deployed}all its stacks, runs and models"
