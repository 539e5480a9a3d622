"""All output of the command: to a terminal, and to other programs.

Text from elsewhere (files, callers, models, AWS, parameters) is passed as a value beside a template, like a parameter
of an SQL statement. Markup has an effect only in templates; a value is printed as one line without control characters
(`distillery.core.escaping`). Text that reaches the terminal in another way, such as a cell of a table, is escaped when
it is rendered.

Templates are literals, and no other module of the command prints. A test checks both.
"""

import contextlib
import json
import os
import re
import signal
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import typer
from rich import table as rich_table
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType
from rich.segment import Segment
from rich.text import Span, Text

from distillery.cli.tables import WordTable
from distillery.core.escaping import address, as_json, lines, one_line

__all__ = ["Terminal", "Text", "WordTable"]

VALUE_MAX = 8000
URI_MAX = 2000
"""A key in S3 has at most 1024 bytes."""
_HOLE = re.compile(r"\{\}")


BROKEN_PIPE = 128 + signal.SIGPIPE
"""The exit code if nobody reads the output any more, as of a program that the signal ended. 1 would mean findings."""


class Terminal(Console):
    """A console that interprets no markup and no emoji names, and escapes control characters that are not its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **_style(), **settings)

    def on_broken_pipe(self) -> None:
        end_on_broken_pipe()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else lines(text), style, control)


def _style() -> dict[str, Any]:
    """With NO_COLOR (https://no-color.org) or TERM=dumb no escape sequence is printed; rich would keep bold text."""
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") in ("dumb", "unknown")
    return {"color_system": None} if is_plain else {}


def end_on_broken_pipe() -> NoReturn:
    """Exits, and lets nothing else be written to standard output."""
    with contextlib.suppress(OSError, ValueError):  # standard output of a test, or one that is closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(BROKEN_PIPE)


def flush() -> None:
    """Writes what standard output holds back, while a broken pipe still has an exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        end_on_broken_pipe()


console = Terminal()
errors = Terminal(stderr=True)


def styled(template: str, *values: object) -> Text:
    """Fills a template with values.

    Args:
        template: Text with rich's markup, and {} for each value.
        values: What fills the holes. A Text keeps its style; anything else becomes one line without markup.
    """
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
    """Returns an address from elsewhere, percent-encoded so that it cannot read as a sentence."""
    return Text(address(uri, URI_MAX))


def echo(template: str, *values: object) -> None:
    """Prints one line to standard output, without wrapping it."""
    console.print(styled(template, *values), soft_wrap=True)


def echo_error(template: str, *values: object) -> None:
    """Prints one line to standard error."""
    errors.print(styled(template, *values), soft_wrap=True)


def multiline(text: object, style: str = "") -> Text:
    """Returns text from elsewhere with its line breaks."""
    return Text(lines(text), style)


def echo_text(text: object) -> None:
    console.print(multiline(text), soft_wrap=True)


def show(*drawn: RenderableType) -> None:
    for one in drawn:
        console.print(one)


def append_row(table: rich_table.Table, *cells: object, style: str | None = None) -> None:
    """Adds a row of cells; one that is no renderable becomes one line."""
    table.add_row(*(cell if isinstance(cell, ConsoleRenderable) else styled("{}", cell) for cell in cells), style=style)


def write(text: str) -> None:
    """Writes the text of a program, with control characters escaped."""
    sys.stdout.write(lines(text))


def write_lines(lines: Iterable[bytes]) -> None:
    """Writes lines of JSON as they are; on a terminal, with invisible characters escaped."""
    if sys.stdout.isatty():
        for line in lines:
            sys.stdout.write(as_json(json.loads(line)) + "\n")
        return
    sys.stdout.flush()
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def write_json(value: Any, file: Path | None = None) -> None:
    """Writes JSON, with invisible characters escaped, to a file or to standard output."""
    text = as_json(value, indent=1) + "\n"
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")


def write_line(value: Any) -> None:
    """Writes JSON on one line, and at once, for programs that read line by line."""
    sys.stdout.write(as_json(value) + "\n")
    sys.stdout.flush()


def confirm(template: str, *values: object) -> None:
    """Asks for confirmation. Raises Abort if the answer is no."""
    typer.confirm(styled(template, *values).plain, abort=True)


def progress_bar(length: int, label: object) -> Any:
    """Returns a progress bar on standard error."""
    return typer.progressbar(length=length, label=one_line(label), file=sys.stderr)


def print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints the traceback of an unexpected error, with control characters escaped (`sys.excepthook`)."""
    sys.stderr.write(lines("".join(traceback.format_exception(kind, error, trace))))
