"""`python -m local.demo`: the demo, as `make demo` runs it."""

from pathlib import Path
from typing import Annotated

import typer

from distillery.cli import report_errors
from distillery.cli.terminal import echo
from distillery.client import NotReached
from local.demo import run_demo
from local.emulator import process

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    env: Annotated[
        str, typer.Option("--env", help="dev, or launch: the system as announced in December 2024.")
    ] = "dev",
    recipe: Annotated[str | None, typer.Option(help="A recipe of the environment.", show_default="its first")] = None,
    prompts: Annotated[
        Path | None,
        typer.Option(help="Your own prompts, not the example's.", exists=True, dir_okay=False, show_default=False),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="A new attempt with prompts that were distilled before.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(help="The loopback port of a new local account.", min=1, max=65535, show_default="4566"),
    ] = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Do not ask before a running account with another date is discarded.")
    ] = False,
) -> None:
    """Run the pipeline on this machine, from prompts to an answer of the live alias, without an AWS account."""
    try:
        run_demo(environment=env, prompts=prompts, again=again, port=port, discard=discard, recipe=recipe)
    except process.CannotStart as error:
        raise NotReached(str(error)) from error
    except KeyboardInterrupt as stopped:
        goes_on = "The local account still runs: `make demo` continues there, `make down` stops it."
        echo("\nstopped. {}", goes_on if process.running() else "Nothing is running.")
        raise typer.Exit(130) from stopped


if __name__ == "__main__":
    report_errors(lambda: app(prog_name="python -m local.demo"))
