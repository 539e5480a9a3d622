"""The command `distillery VERB`. Each verb is a thin layer over the client and the library."""

import os
import sys
from collections.abc import Callable
from importlib.util import find_spec

from distillery import WHEEL, WHEEL_SOURCE

__all__ = ["main", "report_errors"]

EXTRA = ("typer", "rich", "msgspec")
"""The packages of the extra `cli` that every verb needs."""
INCOMPLETE = f"distillery: the command needs the extra cli: pip install '{WHEEL}[cli]'; {WHEEL_SOURCE}\n"


def main() -> None:
    """Runs the command."""
    _open_closed_streams()
    report_errors(_command)


def _open_closed_streams() -> None:
    """Has a standard stream that the shell closed (`2>&-`) read nothing, or write nowhere. Python sets it to None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 # open until the end


def report_errors(command: Callable[[], object]) -> None:
    """Runs a command and exits. An error of the user or of AWS is one sentence; `exit_codes` has the codes."""
    try:
        _require_extra()
        _run(command)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)


def _require_extra() -> None:
    """Exits with one sentence if the package was installed without the extra `cli`."""
    if any(find_spec(name) is None for name in EXTRA):
        sys.stderr.write(INCOMPLETE)
        sys.exit(1)


def _command() -> None:
    from distillery.cli.app import app

    app(prog_name="distillery")  # whatever the file is called: shells complete this name


def _run(command: Callable[[], object]) -> None:
    # Imported here: it takes a while, and the user may press Ctrl-C meanwhile.
    from distillery.cli.terminal import echo_error, end_on_broken_pipe, flush, multiline, print_traceback
    from distillery.core.errors import DistilleryError

    try:
        try:
            command()
        finally:
            flush()
    except BrokenPipeError:
        end_on_broken_pipe()
    except Exception as error:
        if not _is_for_users(error):
            sys.excepthook = print_traceback  # typer's own prints the text of an error unescaped
            raise
        from distillery.cli.exit_codes import of_error
        from distillery.cli.invocation import pasteable

        said = pasteable(str(error))
        echo_error("[red]distillery:[/red] {}", multiline(said) if isinstance(error, DistilleryError) else said)
        for note in getattr(error, "__notes__", ()):
            echo_error("  {}", note)
        sys.exit(of_error(error))


def _is_for_users(error: Exception) -> bool:
    """Whether the error's message is meant for users."""
    from distillery.core.errors import DistilleryError

    if isinstance(error, DistilleryError | OSError):
        return True
    from distillery.client import (
        AWS_ERRORS,
        FunctionRefused,
        NotDeployed,
        NotReached,
    )  # boto3, imported after an error only

    return isinstance(error, (FunctionRefused, NotDeployed, NotReached, *AWS_ERRORS))
