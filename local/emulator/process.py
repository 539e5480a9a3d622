"""Starts and stops the local account, a process that outlives the command. Standard library only."""

import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from bedrock_simulator.clock import ClockState, parse_date
from local.account import ROOT, STATE, LocalAccount, NoLocalAccount
from local.emulator.clock import write
from local.emulator.ports import CannotStart as CannotStart
from local.emulator.ports import free_port
from local.emulator.serving_process import (
    LAMBDA_PYTHON,
    LAMBDA_WHEELS,
    PYTHON,
    SERVE,
    ServingProcess,
    Starter,
    environment,
    start_process,
)

_PROC = Path("/proc")
_MIN_FREE_BYTES = 1_000_000_000
_START_TIMEOUT = 30.0  # seconds
_GRACE = 5.0  # seconds between SIGTERM and SIGKILL
_children: dict[int, ServingProcess] = {}  # started by this process, which has to reap them


def _alive(pid: int) -> bool:
    """Whether a process of the account's group is running: the emulator or a Lambda worker."""
    if (child := _children.get(pid)) is not None and child.poll() is not None:
        del _children[pid]
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):  # no process, or another user's
        return False
    return True


def _is_ours(group: int) -> bool:
    """Whether a process of the group runs from this checkout: the emulator, or a Lambda worker that outlived it.

    The state folder outlives a restart of the machine. After it, the stored number may belong to another process group,
    which must not be ended.
    """
    home = f"{ROOT}{os.sep}"
    return any(home in command for command in _commands(group))


def _commands(group: int) -> Iterator[str]:
    return _commands_from_proc(group) if (_PROC / "self" / "stat").exists() else _commands_from_ps(group)


def _commands_from_proc(group: int) -> Iterator[str]:
    """Yields the commands of a group on Linux. `stat` is `pid (name) state ppid pgrp …`; a name may contain anything.

    Source: proc_pid_stat(5).
    """
    for member in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # the process has ended
            if int((member / "stat").read_text(errors="replace").rpartition(")")[2].split()[2]) == group:
                yield (member / "cmdline").read_text(errors="replace").replace("\0", " ")


def _commands_from_ps(group: int) -> Iterator[str]:
    """Yields the commands of a group on macOS and other POSIX systems."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pgid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        if number == str(group):
            yield command


def _pid(state: Path) -> int | None:
    try:
        pid = int((state / "pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _alive(pid) and _is_ours(pid) else None


def _healthy(account: LocalAccount) -> bool:
    asked = urllib.request.Request(f"{account.endpoint}/_admin/clock", headers=account.admin)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(asked, timeout=2) as response:  # noqa: S310  # our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def running(state: Path = STATE) -> LocalAccount | None:
    """Returns the account that runs with this state folder; None if there is none."""
    if _pid(state) is None:
        return None
    try:
        account = LocalAccount.load(state)
    except NoLocalAccount:
        return None
    return account if _healthy(account) else None


def holding(state: Path = STATE) -> LocalAccount | None:
    """Returns the account whose emulator is alive with its data, even if it is too busy to answer; or None."""
    pid = _pid(state)
    if pid is None or not any(command.rstrip().endswith(" ".join(SERVE)) for command in _commands(pid)):
        return None
    try:
        return LocalAccount.load(state)
    except NoLocalAccount:
        return None


def _check_prerequisites(state: Path) -> None:
    needed = (
        (PYTHON, f"the Python environment {PYTHON.parent.parent.name} of the emulator"),
        (LAMBDA_PYTHON, f"the Python environment {LAMBDA_PYTHON.parent.parent.name} of local Lambda functions"),
        (LAMBDA_WHEELS, f"the folder {LAMBDA_WHEELS} of local Lambda functions' packages"),
    )
    for path, what in needed:
        if not path.exists():
            raise CannotStart(f"{what} is missing: `make install` creates it.")
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    state.chmod(0o700)
    free = shutil.disk_usage(state).free
    if free < _MIN_FREE_BYTES:
        free_mb = free // 1_000_000
        raise CannotStart(f"only {free_mb} MB are free on the disk of {state}: the local account needs 1000 MB.")


def _start_of(date: str | None, real: float) -> float:
    if date is None:
        return real
    try:
        return parse_date(date)
    except ValueError as why:
        raise CannotStart(str(why)) from None


def _wait_until_healthy(process: ServingProcess, account: LocalAccount) -> None:
    end = time.monotonic() + _START_TIMEOUT
    while not _healthy(account):
        log = account.state / "emulator.log"
        ended = process.poll() is not None
        if ended or time.monotonic() > end:
            tail = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it logged nothing"]
            stop(account.state)
            why = "it ended" if ended else f"it did not answer within {_START_TIMEOUT:g} s"
            raise CannotStart(
                f"the local account did not start: {why}; its last line: {tail[0]} (complete log: {log})."
            )
        time.sleep(0.05)


def start(account: LocalAccount, starter: Starter = start_process) -> LocalAccount:
    """Starts the account, or returns the running one if it has the same date and speed.

    A port of 0 selects a free port. Raises CannotStart with one sentence.
    """
    if (found := running(account.state)) is not None:
        if (found.date, found.speed) == (account.date, account.speed):
            return found
        raise CannotStart(
            f"a local account already runs with date {found.date} and speed {found.speed:g}: stop it first "
            "(`make down`)."
        )
    if holding(account.state) is not None:
        raise CannotStart(
            "a local account runs and does not answer: wait until it is less busy, or stop it first (`make down`, "
            "which discards its data)."
        )
    _check_prerequisites(account.state)
    stop(account.state)
    settings = {field.name: getattr(account, field.name) for field in fields(account)}
    account = LocalAccount(**settings | {"port": free_port(account.port), "secret": secrets.token_urlsafe(32)})
    real = time.time()
    write(account.clock_file, ClockState(real=real, virtual=_start_of(account.date, real), speed=account.speed))
    account.save()
    with (account.state / "emulator.log").open("wb") as log:
        process = starter(environment(account), log)
    _children[process.pid] = process
    (account.state / "pid").write_text(str(process.pid))
    try:
        _wait_until_healthy(process, account)
    except KeyboardInterrupt:  # the user no longer waits for it
        stop(account.state)
        raise
    return account


def stop(state: Path = STATE) -> bool:
    """Stops the account with every Lambda worker. Returns whether there was anything to stop."""
    pid = _pid(state)
    if pid is not None:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(pid, sign)
            end = time.monotonic() + _GRACE
            while _alive(pid) and time.monotonic() < end:
                time.sleep(0.05)
            if not _alive(pid):
                break
    for name in ("pid", "account.json", "client.json", "clock.json", "people.json"):
        (state / name).unlink(missing_ok=True)
    shutil.rmtree(state / "tmp", ignore_errors=True)
    return pid is not None
