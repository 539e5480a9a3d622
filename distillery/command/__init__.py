"""The command: `distillery VERB`. Each verb stands in a module of its own and is a thin layer over the client."""

import sys

import typer

from distillery.command.app import app
from lambdas.shared.errors import DistilleryError

__all__ = ["main"]


def main() -> None:
    """Runs the command. What a person did wrong, or AWS refused, is one sentence and exit code 1; Ctrl-C is 130."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("\nstopped", err=True)
        sys.exit(130)
    except Exception as error:
        if not _is_a_sentence(error):
            raise
        typer.echo(f"{typer.style('distillery:', fg=typer.colors.RED)} {error}", err=True)
        sys.exit(1)


def _is_a_sentence(error: Exception) -> bool:
    """Whether its text is meant for the person at the command."""
    if isinstance(error, DistilleryError | OSError):
        return True
    from distillery.client import AWS_ERRORS, FunctionRefused, NotDeployed, NotReached  # boto3: an error's price

    return isinstance(error, (FunctionRefused, NotDeployed, NotReached, *AWS_ERRORS))
