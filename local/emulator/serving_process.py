"""How the process of an emulator is started, and with which variables. Standard library only."""

import os
import subprocess
from collections.abc import Callable, Mapping
from typing import BinaryIO, Protocol

from local.account import ROOT, LocalAccount

SERVE = ("-m", "local.emulator", "serve")
"""Python's arguments. An account is recognized by them."""
PYTHON = ROOT / ".venv-local" / "bin" / "python"
LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
LAMBDA_WHEELS = ROOT / ".build" / "wheels"
_UNPACKED = ROOT / ".build" / "unpacked"
"""Code and layers of functions, by content, with their bytecode."""
ENVIRONMENT = {
    "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",  # more threads wait for work by spinning, in each process that imports numpy
    "PYTHONPATH": str(ROOT / "packages" / "bedrock-simulator" / "src"),
}
"""What all emulators have in common. PYTHONPATH selects this checkout's simulator, whatever is installed."""


class ServingProcess(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its process ID, which is that of its process group too."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""


Starter = Callable[[Mapping[str, str], BinaryIO], ServingProcess]
"""Starts an emulator with these variables, and with a file that gets its output."""


def environment(account: LocalAccount) -> dict[str, str]:
    """Returns the emulator's environment, which Lambda functions inherit: nothing of the caller's, such as credentials.

    The emulator removes PYTHONPATH for functions.
    """
    scratch = account.state / "tmp"
    scratch.mkdir(exist_ok=True)
    return ENVIRONMENT | {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
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
        "DISTILLERY_LAMBDA_PYTHON": str(LAMBDA_PYTHON),
        "DISTILLERY_LAMBDA_WHEELS": str(LAMBDA_WHEELS),
        "DISTILLERY_LOCAL_UNPACKED": str(_UNPACKED),
    }


def start_process(environment: Mapping[str, str], log: BinaryIO) -> ServingProcess:
    """Starts an emulator as a new process."""
    return subprocess.Popen(
        [str(PYTHON), *SERVE],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
