"""The command's one door to a terminal and to what it writes for other programs.

What others wrote (files, callers, models, AWS, parameters) is a value beside a template of ours, as a value is beside a
statement in SQL: markup is read in templates alone, and a value is one line that does nothing (`escaping`). Whatever
reaches a terminal in another way, such as a table's cell, has its control characters spelled when it is drawn.

Templates are literals, and nothing else in the command prints (checked by a test).
"""

import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import typer
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Span, Text

from distillery.core.escaping import address, as_json, lines, one_line

__all__ = ["Table", "Terminal", "Text"]

VALUE_MAX = 8000
URI_MAX = 2000
"""S3's keys have 1024 bytes at most."""
_HOLE = re.compile(r"\{\}")


class Terminal(Console):
    """Reads no markup and no names of emoji, and draws no control character but its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **settings)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else lines(text), style, control)


console = Terminal()
errors = Terminal(stderr=True)


def told(template: str, *values: object) -> Text:
    """template: with rich's markup, and {} for each value. A value that was told before keeps its style."""
    text = Text.from_markup(template, emoji=False)
    cuts = [at for hole in _HOLE.finditer(text.plain) for at in hole.span()]
    parts = text.divide(cuts)
    if len(cuts) != 2 * len(values):
        raise ValueError(f"{len(values)} values for {len(cuts) // 2} holes: {template}")
    for at, value in enumerate(values):
        parts[2 * at + 1] = _filled(parts[2 * at + 1], value)
    return Text("").join(parts)


def _filled(hole: Text, value: object) -> Text:
    text = value if isinstance(value, Text) else Text(one_line(value, VALUE_MAX))
    outer = [*(span.style for span in hole.spans), text.style]
    return Text(text.plain, spans=[*(Span(0, len(text), style) for style in outer if style), *text.spans])


def link(uri: object) -> Text:
    """An address that others named, to be copied: nobody reads a sentence in it."""
    return Text(address(uri, URI_MAX))


def say(template: str, *values: object) -> None:
    """One line, however long."""
    console.print(told(template, *values), soft_wrap=True)


def complain(template: str, *values: object) -> None:
    """The same beside what is printed for others."""
    errors.print(told(template, *values), soft_wrap=True)


def passage(text: object, style: str = "") -> Text:
    """What somebody wrote, on as many lines as it has."""
    return Text(lines(text), style)


def quote(text: object) -> None:
    console.print(passage(text), soft_wrap=True)


def draw(*drawn: RenderableType) -> None:
    for one in drawn:
        console.print(one)


def row(table: Table, *cells: object, style: str | None = None) -> None:
    """Adds a row: of cells that were told or draw themselves, and of values, each one line."""
    table.add_row(*(cell if isinstance(cell, ConsoleRenderable) else told("{}", cell) for cell in cells), style=style)


def write(text: str) -> None:
    """A program's text as it is, but for what a terminal would obey."""
    sys.stdout.write(lines(text))


def document(value: Any, file: Path | None = None) -> None:
    """JSON for other programs, which deceives nobody who looks at it; into a file, where one is given."""
    text = as_json(value, indent=1) + "\n"
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")


def confirm(template: str, *values: object) -> None:
    """Asks. Raises Abort where the answer is no."""
    typer.confirm(told(template, *values).plain, abort=True)


def bar(length: int, label: object) -> Any:
    """A bar of progress beside what is printed for others."""
    return typer.progressbar(length=length, label=one_line(label), file=sys.stderr)


def traced(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As Python tells of an error that nobody expected (`sys.excepthook`)."""
    sys.stderr.write(lines("".join(traceback.format_exception(kind, error, trace))))
