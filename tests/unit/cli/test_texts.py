"""Every command that a text of the code names is one that the command line accepts as it stands."""

import ast
import contextlib
import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from distillery.cli.app import app

ROOT = Path(__file__).parents[3]
NAMED = "distillery "
FOLDERS = ("distillery", "lambdas", "local", "infra", "stacks")
COMMAND = re.compile(r"`(?:\.venv/bin/)?distillery ([^`]+)`|(?:\brun|:) (?:\.venv/bin/)?distillery ([a-z-][^`.;,]+)")
"""In backticks, or after the word `run` or a colon."""
VALUE = "x1"
"""Stands for a value that is put into a text."""


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module, values replaced, without docstrings and attributes' descriptions."""
    nodes = list(ast.walk(tree))
    parts = {id(each) for node in nodes if isinstance(node, ast.JoinedStr) for each in node.values}
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) in said or id(node) in parts:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else VALUE for each in node.values)


@functools.cache
def commands() -> list[tuple[str, str]]:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    sources = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}
    return [
        (file, found[1] or found[2])
        for file, source in sources.items()
        if NAMED in source  # most modules name no command, and parsing all of them takes seconds
        for text in texts(ast.parse(source))
        for found in COMMAND.finditer(text)
        if found[1] != VALUE  # whatever the verb
    ]


def parse(arguments: list[str]) -> None:
    """Parses a command line and runs nothing."""
    group: Any = get_command(app)
    context = group.make_context("distillery", arguments)
    _, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    with contextlib.suppress(typer.Exit):  # of --help
        command.make_context(command.name, rest, parent=context)


def test_there_are_commands_in_texts() -> None:
    assert len(commands()) > 5


@pytest.mark.parametrize(("file", "line"), commands())
def test_a_command_in_a_text_is_accepted_as_it_stands(file: str, line: str) -> None:
    parse(shlex.split(line))


@pytest.mark.parametrize("line", ["no-such-verb", "approve", "collect --no-such-option", "check"])
def test_a_command_that_lacks_something_is_not(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|Missing") as refused:
        parse(shlex.split(line))
    assert hasattr(refused.value, "format_message"), "no usage error"
