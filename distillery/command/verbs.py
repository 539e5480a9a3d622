"""The verbs, each imported when it is asked for, so that `distillery check` waits for no library of AWS."""

import importlib
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

VERBS = (
    *("demo", "check", "run", "collect", "status", "watch", "approve", "reject", "rollback"),
    *("routes", "ask", "snippets", "probe", "bench"),
)
"""In the order of the help; each is a function in a module of the same name beside this one."""


class Verbs(TyperGroup):
    """Commands by name, as click's guide makes them lazy ("Lazily loading subcommands")."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # typer's signature
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # typer's signature
        if cmd_name not in VERBS:
            return None
        one = typer.Typer(add_completion=False, rich_markup_mode="rich")
        one.command(cmd_name)(getattr(importlib.import_module(f"distillery.command.{cmd_name}"), cmd_name))
        return get_command(one)
