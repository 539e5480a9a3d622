"""The typer application and its common options."""

import os
from typing import Annotated

import typer

from distillery import __version__
from distillery.cli.invocation import select
from distillery.cli.target import Target
from distillery.cli.terminal import echo
from distillery.cli.verbs import Verbs

app = typer.Typer(
    name="distillery",
    cls=Verbs,
    help="From a file of prompts to a distilled Amazon Bedrock model in production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Env = Annotated[
    str,
    typer.Option("--env", envvar="DISTILLERY_ENV", help="Name of the environment, which is that of its settings file."),
]
Region = Annotated[
    str | None,
    typer.Option(help="Home Region of the environment. Default: the Region of the credentials.", show_default=False),
]
Local = Annotated[
    bool, typer.Option("--local", envvar="DISTILLERY_LOCAL", help="Use the local AWS account that `make demo` started.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        echo("distillery {}", __version__)
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
]


@app.callback()
def common_options(
    context: typer.Context,
    env: Env = "dev",
    region: Region = None,
    local: Local = False,
    _version: Version = False,
) -> None:
    """[bold]From a file of prompts to a distilled Amazon Bedrock model in production.[/bold]"""
    if local:
        from distillery.cli.local_account import PublishedAccount

        account = PublishedAccount.find()
        os.environ.update(account.variables_for(env))
        region = region or account.region(env)
    select(environment=env, region=None if local else region, local=local)
    context.obj = Target(environment=env, region=region, local=local)
