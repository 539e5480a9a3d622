"""The command: `distillery VERB`. Each verb stands in a module of its own and is a thin layer over the client."""

import sys
from collections.abc import Callable
from importlib.util import find_spec

from distillery import WHEEL

__all__ = ["main", "report_errors"]

EXTRA = ("typer", "rich", "msgspec")
"""Of the extra `cli`: what no verb can do without."""
INCOMPLETE = f"distillery: the command needs the extra cli; install it with: pip install '{WHEEL}[cli]'\n"


def main() -> None:
    """Runs the command."""
    report_errors(_command)


def report_errors(command: Callable[[], object]) -> None:
    """Runs a command and exits. An error of the user or of AWS is one sentence with exit code 1; Ctrl-C is 130."""
    try:
        _complete()
        _run(command)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        sys.exit(130)


def _complete() -> None:
    """Ends the command, in one sentence, where the package was installed for its client alone."""
    if any(find_spec(name) is None for name in EXTRA):
        sys.stderr.write(INCOMPLETE)
        sys.exit(1)


def _command() -> None:
    from distillery.cli.app import app

    app()


def _run(command: Callable[[], object]) -> None:
    # Imported here: it takes a while, and the user may press Ctrl-C meanwhile.
    from distillery.cli.terminal import complain, passage, traced
    from distillery.core.errors import DistilleryError

    try:
        command()
    except Exception as error:
        if not _is_a_sentence(error):
            sys.excepthook = traced  # in the place of typer's, which prints whatever stands in an error
            raise
        complain("[red]distillery:[/red] {}", passage(error) if isinstance(error, DistilleryError) else error)
        for note in getattr(error, "__notes__", ()):
            complain("  {}", note)
        sys.exit(1)


def _is_a_sentence(error: Exception) -> bool:
    """Whether its text is meant for the person at the command."""
    from distillery.core.errors import DistilleryError

    if isinstance(error, DistilleryError | OSError):
        return True
    from distillery.client import AWS_ERRORS, FunctionRefused, NotDeployed, NotReached  # boto3: an error's price

    return isinstance(error, (FunctionRefused, NotDeployed, NotReached, *AWS_ERRORS))
