"""A Lambda worker starts as a copy of a process that has imported boto3 already.

AWS: has execution environments ready before a function is invoked.
ministack: starts a Python process for each worker, which imports boto3 and reads the descriptions of its services: a
    third of a second of CPU time, fourteen times in a demo.
Patch: on Linux workers are forked (`prefork.py`). Elsewhere they start as before: macOS's own libraries do not allow
    a fork that goes on without exec. Functions with the boto3 of another layer have another process to be copied.
    (Not patched: a function may bring a boto3 of its own.)
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from ministack.core import lambda_runtime

from local.emulator import prefork
from local.emulator.module_copy import module_copy


class ForkedWorker:
    """What ministack uses of `subprocess.Popen`, for a process that is not this one's child."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, status: int) -> None:
        self.pid, self._status = pid, status
        self._readable = select.poll()  # select.select refuses descriptors from 1,024 on
        self._readable.register(status, select.POLLIN)
        self.returncode: int | None = None
        self.stdin, self.stdout, self.stderr = open(stdin, "w", 1), open(stdout), open(stderr)  # noqa: SIM115

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return code

    def terminate(self) -> None:
        """Asks the worker to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kills the worker."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and self._readable.poll(None if timeout is None else timeout * 1000):
            self.returncode = int(os.read(self._status, 16) or -signal.SIGKILL)
            os.close(self._status)
        return self.returncode


class ForkServer:
    """The process that forks, for functions whose boto3 is of the same layers; started with its first worker."""

    def __init__(self, layers: tuple[str, ...]) -> None:
        self._layers = layers
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, python: str, script: str, cwd: str, env: dict[str, str]) -> ForkedWorker:
        """A new worker. Raises OSError if the server cannot be reached."""
        request = json.dumps({"script": script, "cwd": cwd, "env": env}).encode()
        (in_, stdin), (stdout, out), (stderr, err), (status, code) = (os.pipe() for _ in range(4))
        try:
            with self._lock:
                self._socket = self._socket or self._start(python)
                if not (process := _answer(self._socket, request, [in_, out, err, code])):
                    self._close()  # the next worker starts another
                    raise OSError(f"the process that starts Lambda workers ended: {python} {prefork.__file__}")
        except OSError:
            for descriptor in (stdin, stdout, stderr, status):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (in_, out, err, code):
                os.close(descriptor)
        return ForkedWorker(int(process), stdin, stdout, stderr, status)

    def close(self) -> None:
        """Ends the process. Its workers go on, and nobody learns their exit codes."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None
        if self._process:
            self._process.wait()
            self._process = None

    def _start(self, python: str) -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            command = [python, "-P", prefork.__file__, str(its.fileno()), *self._layers]
            self._process = subprocess.Popen(command, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)
        return ours


def _answer(server: socket.socket, request: bytes, descriptors: list[int]) -> bytes:
    """The new worker's process ID; nothing if the server has ended."""
    try:
        socket.send_fds(server, [request], descriptors)
        return server.recv(16)
    except ConnectionError:
        return b""


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
        return servers.setdefault(layers, ForkServer(layers)).fork(binary, script, cwd, env)

    lambda_runtime.subprocess = module_copy(subprocess, Popen=start)
