"""The command: `distillery VERB`. Each verb stands in a module of its own and is a thin layer over the client."""

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command. What a person did wrong, or AWS refused, is one sentence and exit code 1; Ctrl-C is 130."""
    try:
        _run()
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        sys.exit(130)


def _run() -> None:
    # Imported here: it takes the better part of a second, and Ctrl-C may come in it.
    from rich.console import Console
    from rich.markup import escape

    from distillery.client import AWS_ERRORS, FunctionRefused, NotDeployed, NotReached
    from distillery.command.app import app
    from lambdas.shared.errors import DistilleryError

    try:
        app()
    except (DistilleryError, FunctionRefused, NotDeployed, NotReached, OSError, *AWS_ERRORS) as error:
        complain = Console(stderr=True, highlight=False)
        complain.print(f"[red]distillery:[/red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
