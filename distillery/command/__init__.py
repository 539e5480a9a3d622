"""The command: `distillery VERB`. Each verb stands in a module of its own and is a thin layer over the client."""

import sys
from importlib.util import find_spec

__all__ = ["main"]

EXTRA = ("typer", "rich", "msgspec")
"""Of the extra `command`: what no verb can do without."""


def main() -> None:
    """Runs the command. What a person did wrong, or AWS refused, is one sentence and exit code 1; Ctrl-C is 130."""
    try:
        _complete()
        _run()
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)


def _complete() -> None:
    """Ends the command, in one sentence, where the package was installed for its client alone."""
    if any(find_spec(name) is None for name in EXTRA):
        needed = "the command needs its extra; install it with: pip install 'distillery[command]'"
        print(f"distillery: {needed}", file=sys.stderr)
        sys.exit(1)


def _run() -> None:
    # Imported here: it takes a while, and Ctrl-C may come in it.
    import typer

    from distillery.command.app import app

    try:
        app()
    except Exception as error:
        if not _is_a_sentence(error):
            raise
        typer.echo(f"{typer.style('distillery:', fg=typer.colors.RED)} {error}", err=True)
        sys.exit(1)


def _is_a_sentence(error: Exception) -> bool:
    """Whether its text is meant for the person at the command."""
    from lambdas.shared.errors import DistilleryError

    if isinstance(error, DistilleryError | OSError):
        return True
    from distillery.client import AWS_ERRORS, FunctionRefused, NotDeployed, NotReached  # boto3: an error's price

    return isinstance(error, (FunctionRefused, NotDeployed, NotReached, *AWS_ERRORS))
