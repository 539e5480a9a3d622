"""The command reference, generated from the typer application."""

import enum
import inspect
from typing import Any

from typer.main import get_command

from distillery.cli.app import app
from distillery.cli.permissions import NEEDS
from distillery.cli.verbs import VERBS
from tests.unit.docs.settings_page import sentence

HEAD = """# Command reference

<!-- Generated from the code: `UPDATE=1 .venv/bin/python -m pytest tests/unit/docs` writes this page. -->

`distillery [OPTIONS] COMMAND [ARGS]...`

The options below stand before the command: `distillery --env prod status`.
"""
TYPES = {str: "text", int: "integer", float: "number"}


def page() -> str:
    group: Any = get_command(app)
    context = group.make_context("distillery", ["check"], resilient_parsing=True)
    verbs = (_verb(name, group.get_command(context, name)) for name in VERBS)
    return HEAD + _table(group.params) + "".join(verbs)


def _verb(name: str, command: Any) -> str:
    arguments = [_argument(one) for one in command.params if one.param_type_name == "argument"]
    usage = " ".join(["distillery", name, "[OPTIONS]", *arguments])
    policies = f"\nAWS policy: {' or '.join(f'`{one}`' for one in NEEDS[name])}.\n" if name in NEEDS else ""
    return f"\n## {name}\n\n`{usage}`\n\n{sentence(command.help)}\n{policies}{_table(command.params)}"


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _table(parameters: list[Any]) -> str:
    rows = [_row(one) for one in parameters if not one.hidden]
    head = "\n| argument or option | type | default | description |\n|---|---|---|---|\n"
    return head + "".join(rows) if rows else ""


def _row(parameter: Any) -> str:
    option = parameter.param_type_name == "option"
    names = ", ".join(f"`{one}`" for one in (*parameter.opts, *parameter.secondary_opts)) if option else ""
    said = f"{parameter.help or ''}{f' Environment variable: `{parameter.envvar}`.' if parameter.envvar else ''}"
    cells = (names or f"`{_argument(parameter)}`", _type(parameter), _default(parameter), sentence(said))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _type(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if parameter.param_type_name == "option" and parameter.is_flag:
        return "flag"
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    if parameter.nargs == -1 or (parameter.param_type_name == "option" and parameter.multiple):
        return "text, repeatable"
    ends = [
        f"{word} {end}" for word, end in (("at least", parameter.min), ("at most", parameter.max)) if end is not None
    ]
    return ", ".join([TYPES.get(kind, getattr(kind, "__name__", "text").lower()), *ends])


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    shown = parameter.default not in (None, False, "") and parameter.show_default
    return f"`{parameter.default}`" if shown else "–"
