"""A Lambda worker starts as a copy of a process that has imported boto3 already.

AWS: has execution environments ready before a function is invoked.
ministack: starts a Python process for each worker, which imports boto3 and reads the descriptions of its services: a
    third of a second of CPU time, fourteen times in a demo.
Patch: on Linux workers are forked (`prefork.py`). Elsewhere they start as before: macOS's own libraries do not allow
    a fork that goes on without exec. Functions with the boto3 of another layer have another process to be copied.
    (Not patched: a function may bring a boto3 of its own.)
"""

import os
import subprocess
import sys
from typing import Any

from ministack.core import lambda_runtime

from local.emulator import prefork
from local.emulator.forks import Fork, ForkServer
from local.emulator.module_copy import module_copy


class ForkedWorker:
    """What ministack uses of `subprocess.Popen`, for a worker that was forked."""

    def __init__(self, fork: Fork, stdin: int, stdout: int, stderr: int) -> None:
        self.pid, self.poll, self.wait = fork.pid, fork.poll, fork.wait
        self.terminate, self.kill = fork.terminate, fork.kill
        self.stdin, self.stdout, self.stderr = open(stdin, "w", 1), open(stdout), open(stderr)  # noqa: SIM115


def worker_server(python: str, layers: tuple[str, ...]) -> ForkServer:
    """Returns the process that is copied, for functions whose boto3 is of these layers."""
    return ForkServer(python, "-P", prefork.__file__, *layers)


def start_worker(server: ForkServer, script: str, cwd: str, env: dict[str, str]) -> ForkedWorker:
    """Starts a worker. Raises OSError if the server cannot be reached."""
    (in_, stdin), (stdout, out), (stderr, err) = (os.pipe() for _ in range(3))
    try:
        fork = server.fork({"script": script, "cwd": cwd, "env": env}, (in_, out, err))
    except OSError:
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (in_, out, err):
            os.close(descriptor)
    return ForkedWorker(fork, stdin, stdout, stderr)


def install() -> None:
    """Replaces how the Lambda runtime starts a Python worker."""
    if sys.platform != "linux":
        return
    servers: dict[tuple[str, ...], ForkServer] = {}

    def start(command: list[str], *, cwd: str, env: dict[str, str], **options: Any) -> Any:
        binary, script = command
        if binary != os.environ.get("DISTILLERY_LAMBDA_PYTHON"):
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        folders = filter(None, env.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep))
        unpacked = (os.path.realpath(os.path.join(folder, "python")) for folder in folders)  # once for all
        layers = tuple(folder for folder in unpacked if os.path.exists(os.path.join(folder, "boto3")))
        return start_worker(servers.setdefault(layers, worker_server(binary, layers)), script, cwd, env)

    lambda_runtime.subprocess = module_copy(subprocess, Popen=start)
