"""Whether a process group belongs to the account, or to others that got its number later. Standard library only.

A folder outlives its machine's processes: after a restart the number kept in it may lead any group, and ending that one
would be ending a stranger.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from local.account import ROOT

_PROC = Path("/proc")


def is_ours(group: int) -> bool:
    """Whether a process of the group runs from this checkout: the emulator, or a Lambda worker that outlived it."""
    home = f"{ROOT}{os.sep}"
    commands = _of_proc(group) if (_PROC / "self" / "stat").exists() else _of_ps(group)
    return any(home in command for command in commands)


def _of_proc(group: int) -> Iterator[str]:
    """For Linux. `stat` is `pid (name) state ppid pgrp …`, and a name may contain anything: proc_pid_stat(5)."""
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # the process has ended
            if int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[2]) == group:
                yield (process / "cmdline").read_text(errors="replace").replace("\0", " ")


def _of_ps(group: int) -> Iterator[str]:
    """For macOS and other POSIX systems."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pgid=,args="], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        if number == str(group):
            yield command
