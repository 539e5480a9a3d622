"""Processes that are copies of one that has imported what they need. Standard library only; Linux only.

The process to be copied runs `prefork.serve` with a socket as its standard input.
"""

import json
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Fork:
    """What its starter uses of `subprocess.Popen`, for a process that is not this one's child."""

    def __init__(self, pid: int, status: int) -> None:
        self.pid, self._status = pid, status
        self._readable = select.poll()  # select.select refuses descriptors from 1,024 on
        self._readable.register(status, select.POLLIN)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def terminate(self) -> None:
        """Asks the process to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kills the process."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self._code is None and self._readable.poll(None if timeout is None else timeout * 1000):
            self._code = int(os.read(self._status, 16) or -signal.SIGKILL)
            os.close(self._status)
        return self._code


class ForkServer:
    """The process that is copied; started for its first copy.

    Args:
        command: How to start it.
        cwd: Its folder; by default that of this process.
        env: All its environment variables; by default those of this process.
    """

    def __init__(self, *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
        self._command, self._cwd, self._env = command, cwd, env
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> Fork:
        """A new copy. Raises OSError if the process cannot be reached.

        Args:
            request: The arguments of what the copy does (`prefork.serve`).
            streams: Descriptors of its standard input, output and errors. They stay open here.
        """
        status, code = os.pipe()
        try:
            with self._lock:
                self._socket = self._socket or self._start()
                if not (pid := _answer(self._socket, json.dumps(request).encode(), [*streams, code])):
                    self._close()  # the next copy starts another
                    raise OSError(f"the process that is copied ended: {' '.join(self._command)}")
        except OSError:
            os.close(status)
            raise
        finally:
            os.close(code)
        return Fork(int(pid), status)

    def close(self) -> None:
        """Ends the process. Its copies go on, and nobody learns their exit codes."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None
        if self._process:
            self._process.wait()
            self._process = None

    def _start(self) -> socket.socket:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(self._command, stdin=its.fileno(), cwd=self._cwd, env=self._env)
        return ours


def _answer(server: socket.socket, request: bytes, descriptors: list[int]) -> bytes:
    """The new copy's process ID; nothing if the server has ended."""
    try:
        socket.send_fds(server, [request], descriptors)
        return server.recv(16)
    except ConnectionError:
        return b""
