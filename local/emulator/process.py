"""Starting and stopping the local account, as a process of its own that outlives the command. Standard library only."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from bedrock_simulator.clock import ClockState, parse_date
from local.account import ROOT, STATE, LocalAccount, NoLocalAccount
from local.emulator import process_group
from local.emulator.clock import write

_LEAST_FREE = 1_000_000_000  # bytes
_START = 30.0  # seconds until it must answer
_GRACE = 5.0  # seconds between SIGTERM and SIGKILL
_PYTHON = ROOT / ".venv-local" / "bin" / "python"
_children: dict[int, subprocess.Popen[bytes]] = {}  # those that this very process started and has to reap
_SIMULATOR = ROOT / "packages" / "bedrock-simulator" / "src"
_LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
_LAMBDA_WHEELS = ROOT / ".build" / "wheels" / "local"


class CannotStart(Exception):
    """The local account could not be started. The message is one sentence for a person."""


def _alive(pid: int) -> bool:
    """Whether any process is left of the account's group: the emulator or a Lambda worker."""
    if (child := _children.get(pid)) is not None and child.poll() is not None:
        del _children[pid]
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):  # none, or another user's
        return False
    return True


def _pid(state: Path) -> int | None:
    try:
        pid = int((state / "pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _alive(pid) and process_group.is_ours(pid) else None


def _healthy(account: LocalAccount) -> bool:
    asked = urllib.request.Request(f"{account.endpoint}/_admin/clock", headers=account.admin)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(asked, timeout=2) as response:  # noqa: S310  # our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def running(state: Path = STATE) -> LocalAccount | None:
    """The account that runs from this state folder, if one does."""
    if _pid(state) is None:
        return None
    try:
        account = LocalAccount.load(state)
    except NoLocalAccount:
        return None
    return account if _healthy(account) else None


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"port {port} on 127.0.0.1 is taken by another program: stop that program, or choose another port, "
                "as in `make demo PORT=4599`."
            ) from None
        return int(probe.getsockname()[1])


def _check_ground(state: Path) -> None:
    needed = (
        (_PYTHON, f"the Python environment {_PYTHON.parent.parent.name} of the emulator"),
        (_LAMBDA_PYTHON, f"the Python environment {_LAMBDA_PYTHON.parent.parent.name} of local Lambda functions"),
        (_LAMBDA_WHEELS, f"the folder {_LAMBDA_WHEELS} of local Lambda functions' compiled packages"),
    )
    for path, what in needed:
        if not path.exists():
            raise CannotStart(f"{what} is missing: `make install` makes it.")
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    state.chmod(0o700)
    free = shutil.disk_usage(state).free
    if free < _LEAST_FREE:
        free_mb = free // 1_000_000
        raise CannotStart(f"only {free_mb} MB are free on the disk of {state}: the local account needs 1000 MB.")


def _environment(account: LocalAccount) -> dict[str, str]:
    """Lambdas inherit this, so nothing of the caller's leaks in: no credentials, proxies or certificates.

    But for PYTHONPATH, which the emulator takes away again: it runs this checkout's simulator, whatever is installed.
    """
    scratch = account.state / "tmp"
    scratch.mkdir(exist_ok=True)
    return {
        "HOME": str(scratch),
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_SIMULATOR),
        "GATEWAY_PORT": str(account.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "MINISTACK_ACCOUNT_ID": account.account,
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(60 / account.speed),
        "DISTILLERY_CLOCK_FILE": str(account.clock_file),
        "DISTILLERY_LOCAL_STATE": str(account.state),
        "DISTILLERY_LAMBDA_PYTHON": str(_LAMBDA_PYTHON),
        "DISTILLERY_LAMBDA_WHEELS": str(_LAMBDA_WHEELS),
    }


def _start_of(date: str | None, real: float) -> float:
    if date is None:
        return real
    try:
        return parse_date(date)
    except ValueError as why:
        raise CannotStart(str(why)) from None


def _await(process: subprocess.Popen[bytes], account: LocalAccount) -> None:
    end = time.monotonic() + _START
    while not _healthy(account):
        log = account.state / "emulator.log"
        if process.poll() is not None or time.monotonic() > end:
            tail = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
            stop(account.state)
            raise CannotStart(f"the local account did not come up: {tail[0]} (all of it in {log}).")
        time.sleep(0.05)


def start(account: LocalAccount) -> LocalAccount:
    """Start the account, or take the running one if its date and speed are those asked for.

    A port of 0 takes any free one. Raises CannotStart with one clear sentence.
    """
    if (found := running(account.state)) is not None:
        if (found.date, found.speed) == (account.date, account.speed):
            return found
        raise CannotStart(
            f"a local account already runs with date {found.date} and speed {found.speed:g}: stop it first "
            "(`make down`)."
        )
    _check_ground(account.state)
    stop(account.state)
    kept = {field.name: getattr(account, field.name) for field in fields(account)}
    account = LocalAccount(**kept | {"port": _free_port(account.port), "secret": secrets.token_urlsafe(32)})
    real = time.time()
    write(account.clock_file, ClockState(real=real, virtual=_start_of(account.date, real), speed=account.speed))
    account.save()
    with (account.state / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [str(_PYTHON), "-m", "local.emulator", "serve"],
            cwd=ROOT,
            env=_environment(account),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _children[process.pid] = process
    (account.state / "pid").write_text(str(process.pid))
    try:
        _await(process, account)
    except KeyboardInterrupt:  # nobody waits for it any more
        stop(account.state)
        raise
    return account


def stop(state: Path = STATE) -> bool:
    """Stop the account with every Lambda worker; True if there was something to stop."""
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
