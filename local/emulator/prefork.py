"""Starts Lambda workers as copies of itself, with boto3 and its service descriptions already loaded.

The emulator runs it with the functions' interpreter, which has boto3 but not this project's packages, so this module
imports only the standard library. Its arguments are the folders of layers, which may contain another boto3. It reads
one request at a time from its stdin, a socket: JSON `{"script", "cwd", "env"}` with four file descriptors (the worker's
stdin, stdout and stderr, and the pipe for its exit code). It answers with the worker's process ID. It ends when the
socket is closed; a worker ends when its stdin is closed.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

REQUEST_MAX = 1 << 20
"""Bytes. Lambda allows 4 KB of environment variables."""
_SERVICES = ("bedrock", "dynamodb", "s3", "ssm", "stepfunctions")  # most functions create clients of these


def read_descriptions_once() -> None:
    """Lets botocore keep each service description that it reads, for all copies."""
    from botocore.loaders import JSONFileLoader

    load, read = JSONFileLoader.load_file, dict[str, object]()

    def load_file(self: JSONFileLoader, file_path: str) -> object:
        if file_path not in read:
            read[file_path] = load(self, file_path)
        return read[file_path]

    JSONFileLoader.load_file = load_file  # type: ignore[method-assign]


def _import_boto3(folders: Sequence[str]) -> None:
    """Imports what every function imports."""
    sys.path[:0] = folders
    import boto3

    read_descriptions_once()
    session = boto3.Session("a", "b", region_name="us-east-1")
    for service in _SERVICES:
        session.client(service)  # type: ignore[call-overload]  # a name known at run time only
    del sys.path[: len(folders)]  # a worker adds its layers itself


def become(run: Callable[[], object], cwd: str, env: Mapping[str, str], streams: Sequence[int]) -> NoReturn:
    """Turns this process into one that has just been started in a folder, with these variables and streams."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams[:3]):
            os.dup2(stream, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        time.tzset()
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _work(script: str, cwd: str, env: Mapping[str, str], streams: Sequence[int]) -> NoReturn:
    """Turns this process into a worker, as if it had just been started with that script."""

    def run() -> None:
        sys.argv[:] = [script]
        sys.path.insert(0, os.path.dirname(script))
        runpy.run_path(script, run_name="__main__")

    become(run, cwd, env, streams)


def _reap(statuses: dict[int, int]) -> None:
    """Reports the exit codes of the workers that ended."""
    while statuses:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        to = statuses.pop(process)
        os.write(to, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(to)


def serve(work: Callable[..., NoReturn], *, own_groups: bool = False) -> None:
    """Serves requests from the socket that is the standard input, until it is closed.

    Args:
        work: Turns a copy into what the request's members, and its descriptors as `streams`, ask for.
        own_groups: Whether each copy leads a process group. Otherwise it belongs to that of this process.
    """
    asking = socket.socket(fileno=0)
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.freeze()  # a copy's collector neither walks through what is imported nor writes to its pages
    sys.stdout.flush()  # a copy must not print what an import has printed
    statuses: dict[int, int] = {}
    readable = select.poll()  # select.select refuses descriptors from 1,024 on, and this socket keeps its number
    readable.register(asking, select.POLLIN)
    readable.register(ended, select.POLLIN)
    while True:
        ready = dict(readable.poll())
        if ended in ready:
            os.read(ended, 4096)
            _reap(statuses)
        if asking.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(asking, REQUEST_MAX, 4)
            if not request:
                return
            process = os.fork()
            if not process:
                work(**json.loads(request), streams=descriptors)
            if own_groups:
                os.setpgid(process, process)  # before its starter learns the number, by which it ends the group
            statuses[process] = descriptors.pop()
            for descriptor in descriptors:
                os.close(descriptor)
            asking.send(str(process).encode())


if __name__ == "__main__":
    gc.disable()
    _import_boto3(sys.argv[1:])
    gc.enable()
    serve(_work)
