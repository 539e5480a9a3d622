"""Runs `distillery` as a copy of one process that has imported the command and boto3.

To start Python and to import takes most of a command's time, and journeys run hundreds. Each copy begins with the
variables, arguments and streams that it is given, as a new process would.
"""

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from distillery import cli
from local.account import ROOT

_IMPORTED = (__name__, "boto3", *(module.name for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}.")))
_COPIES = multiprocessing.get_context("forkserver")
_COPIES.set_forkserver_preload(list(_IMPORTED))


def distillery(environ: Mapping[str, str], *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Returns how `distillery WORDS` ended and what it wrote.

    Args:
        environ: All environment variables of the command.
        words: The arguments.
        typed: What the user types.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(typed, encoding="utf-8")
        process = _COPIES.Process(target=_command, args=(dict(environ), words, [str(each) for each in streams]))
        process.start()
        process.join()
        assert process.exitcode is not None
        written = [stream.read_text(encoding="utf-8") for stream in streams[1:]]
    return subprocess.CompletedProcess(["distillery", *words], process.exitcode, *written)


def _command(environ: Mapping[str, str], words: Sequence[str], streams: Sequence[str]) -> None:
    """Turns this process into the command."""
    for number, stream in enumerate(streams):
        flags = os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY
        os.dup2(os.open(stream, flags, 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 # open until the end
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.argv[:] = ["distillery", *words]
    cli.main()
