"""`distillery demo`: the whole road on the local AWS account."""

from pathlib import Path
from typing import Annotated

import typer

from distillery.cli.terminal import say
from distillery.client import NotReached


def demo(
    env: Annotated[
        str, typer.Option("--env", help="dev, or launch: the system as announced in December 2024.")
    ] = "dev",
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="Your own prompts instead of the example's.", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="A new attempt at prompts that were distilled before.")
    ] = False,
    port: Annotated[int, typer.Option(help="The loopback port of the local account.", min=1, max=65535)] = 4566,
) -> None:
    """Prompts → distilled model → evaluation → live alias → an answer, on this machine, without an AWS account."""
    from local.demo import play  # only a checkout holds these
    from local.emulator import process

    try:
        play(environment=env, prompts=prompts, again=again, port=port)
    except process.CannotStart as error:
        raise NotReached(str(error)) from error
    except KeyboardInterrupt as stopped:
        goes_on = "The local account goes on: `make demo` takes up where it is, `make down` stops it."
        say("\nstopped. {}", goes_on if process.running() else "Nothing is running.")
        raise typer.Exit(130) from stopped
