"""Runs the real `cdk bootstrap` and `cdk deploy` against the local account."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import boto3
import typer
from botocore.exceptions import ClientError

from distillery.cli.terminal import console, echo, echo_text, styled
from local.account import ROOT, LocalAccount

CDK = ROOT / "node_modules" / ".bin" / "cdk"
TAIL = 15  # last lines of the log that are shown after a failure
GRACE = 5.0  # seconds between SIGTERM and SIGKILL


def bootstrap(account: LocalAccount, regions: Sequence[str]) -> None:
    """Runs `cdk bootstrap` for the Regions that are not bootstrapped."""
    missing = [region for region in dict.fromkeys(regions) if not _bootstrapped(region)]
    if missing:
        targets = [f"aws://{account.account}/{region}" for region in missing]
        # In a folder without cdk.json: bootstrapping needs no app, and would synthesize it.
        _cdk(account, ["bootstrap", *targets], f"cdk bootstrap in {' and '.join(missing)}", folder=account.state)


def deploy(account: LocalAccount, environment: str, *, on: date, settings: Path) -> None:
    """Runs `cdk deploy` for all stacks of an environment. `settings`: the folder of its file."""
    context = ["-c", f"env={environment}", "-c", f"date={on}", "-c", f"environments={settings}"]
    context += ["--output", f"cdk.out/local-{environment}"]
    arguments = ["deploy", "--all", "--require-approval", "never", "--concurrency", "3", "--progress", "events"]
    _cdk(account, [*arguments, *context], f"cdk deploy --all -c env={environment}", folder=ROOT)


def _bootstrapped(region: str) -> bool:
    try:
        boto3.client("ssm", region_name=region).get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    except ClientError:
        return False
    return True


def _cdk(account: LocalAccount, arguments: Sequence[str], what: str, *, folder: Path) -> None:
    """Runs the CDK with one live line of progress, and writes its output to a log."""
    log = account.state / f"cdk-{arguments[0]}.log"
    began, tail = time.monotonic(), deque[str](maxlen=TAIL)
    with (
        log.open("w") as kept,
        console.status(styled("{}", what)) as line,
        _process(account, arguments, folder) as process,
    ):
        assert process.stdout is not None
        try:
            for text in process.stdout:
                kept.write(text)
                tail.append(text.rstrip())
                line.update(styled("{} [dim]{} s · {}[/dim]", what, _since(began), _short(text)))
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        _failed(what, tail, log)
    echo("[green]✓[/green] {} [dim]{} s[/dim]", what, _since(began))


def _process(account: LocalAccount, arguments: Sequence[str], folder: Path) -> "subprocess.Popen[str]":
    environ = account.environ()
    environ["PATH"] = os.pathsep.join([str(ROOT / ".venv" / "bin"), environ.get("PATH", os.defpath)])  # Node is there
    # In a session of its own, so that Ctrl-C reaches only this process, which then ends the session in order.
    return subprocess.Popen(
        [str(CDK), *arguments],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _end(process: "subprocess.Popen[str]") -> None:
    """Ends the session: Python starts the CDK's Node, which starts more processes that would continue to run."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(GRACE)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    finally:  # even if Ctrl-C is pressed twice
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.0f}"


def _short(text: str) -> str:
    return text.strip()[: max(20, console.width - 70)]


def _failed(what: str, tail: Sequence[str], log: Path) -> None:
    echo("[red]✗[/red] {} failed; its last lines:", what)
    echo_text("\n".join(tail))
    echo("the complete log: {}", log)
    raise typer.Exit(1)
