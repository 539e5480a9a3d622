"""`distillery convert`: writes prompts of another format as lines of a data set."""

import codecs
import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from distillery.cli.conversion.convert import Conversion
from distillery.cli.conversion.formats import READERS, Columns, PromptFormat, table_reader
from distillery.cli.conversion.output import check_target, new_file, report_line
from distillery.cli.conversion.records import Record, csv_records, json_records, transcoded
from distillery.cli.conversion.turns import Reading
from distillery.cli.documents import ConvertOutput, LeftOut
from distillery.cli.invocation import command
from distillery.cli.outputs import document
from distillery.cli.paths import why_no_file
from distillery.cli.terminal import echo_error, write_json, write_lines
from distillery.core.errors import BadRequest
from distillery.core.limits import MIN_PROMPTS
from distillery.datasets.validation.finding import UnreadableFile
from distillery.datasets.validation.gzip_stream import GzipStream
from distillery.datasets.validation.lines import open_stream

FORMATS = f"Its format: {', '.join(PromptFormat)}. The options below name the fields of jsonl and csv."
UTF_8 = ("utf-8", "utf-8-sig")
MAX_REASONS = 20
"""Reasons that are printed, the most frequent first."""


def convert(
    file: Annotated[str, typer.Argument(help="The file to convert, also compressed (.gz); - for standard input.")],
    source: Annotated[PromptFormat, typer.Option("--from", metavar="FORMAT", help=FORMATS)],
    output: Annotated[
        Path | None,
        typer.Option(help="A new file, .jsonl or .jsonl.gz. Default: standard output.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="A new .jsonl file for the line and the reason of each record left out.", show_default=False),
    ] = None,
    prompt_column: Annotated[str, typer.Option(help="jsonl and csv: the field of the prompt.")] = "prompt",
    answer_column: Annotated[
        str | None, typer.Option(help="jsonl and csv: the field of the reference answer.", show_default=False)
    ] = None,
    system_column: Annotated[
        str | None, typer.Option(help="jsonl and csv: the field of the system prompt.", show_default=False)
    ] = None,
    delimiter: Annotated[str, typer.Option(help="csv: what separates the fields; tab for a tab.")] = ",",
    encoding: Annotated[str, typer.Option(help="The encoding of the text, such as windows-1252 or utf-16.")] = "utf-8",
    join: Annotated[
        bool,
        typer.Option(
            "--join", help="Join several texts of a message, and messages in a row by one role, with a blank line."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was converted as JSON; needs --output, which gets the lines.")
    ] = False,
) -> None:
    """Convert prompts of another format for a data set. Exit code 0: all converted, 1: some left out, 2: usage."""
    if as_json and output is None:
        raise typer.BadParameter("the lines and JSON cannot both go to standard output; name a file with --output")
    columns = Columns(prompt_column, answer_column, system_column)
    conversion = Conversion(reading=Reading(join=join))
    try:
        _check_options(encoding, delimiter)
        for target in filter(None, (output, report)):
            check_target(target, file, force=force)
        with (
            _records(file, source, columns, encoding, delimiter) as records,
            _report(report, force=force) as on_left_out,
        ):
            lines = conversion.convert(records, READERS.get(source) or table_reader(columns), on_left_out)
            _write(lines, output, force=force)
    except (BadRequest, UnreadableFile) as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if as_json:
        write_json(document("convert", _output(conversion, file, output, source)))
    else:
        _print(conversion, file, output, source)
    if conversion.left_out or not conversion.converted:
        raise typer.Exit(1)


def _check_options(encoding: str, delimiter: str) -> None:
    try:
        if not codecs.lookup(encoding)._is_text_encoding:  # base64 and the like are none
            raise LookupError
    except LookupError:
        raise BadRequest(f"there is no encoding {encoding!r}; name one such as utf-8, utf-16 or windows-1252") from None
    if len(_delimiter(delimiter)) != 1 or _delimiter(delimiter) in '\r\n"':
        raise BadRequest(f"the delimiter is {delimiter!r}; it must be one character, or tab")


def _delimiter(name: str) -> str:
    return "\t" if name in ("tab", "\\t") else name


@contextlib.contextmanager
def _records(
    file: str, source: PromptFormat, columns: Columns, encoding: str, delimiter: str
) -> Iterator[Iterable[Record]]:
    with _opened(file) as body:
        if codecs.lookup(encoding).name in UTF_8:
            read = open_stream(file, body)
        else:  # whose first bytes need not look like text
            read = GzipStream(body).read if file.endswith(".gz") else body.read
        read = transcoded(read, encoding)
        yield (
            csv_records(read, _delimiter(delimiter), columns.names)
            if source is PromptFormat.CSV
            else json_records(read)
        )


@contextlib.contextmanager
def _opened(file: str) -> Iterator[Any]:
    if file == "-":
        yield sys.stdin.buffer
        return
    if not Path(file).is_file():
        raise BadRequest(f"{why_no_file(Path(file))}; name a file, or - for standard input")
    with Path(file).open("rb") as body:
        yield body


@contextlib.contextmanager
def _report(target: Path | None, *, force: bool) -> Iterator[Any]:
    if target is None:
        yield lambda _left_out: None
        return
    with new_file(target, force=force) as report:
        yield lambda left_out: report.write(report_line(left_out))


def _write(lines: Iterator[bytes], output: Path | None, *, force: bool) -> None:
    if output is None:
        write_lines(lines)
        return
    first = next(lines, None)
    if first is None:  # an empty file would be no data set
        return
    with new_file(output, force=force) as file:
        file.write(first)
        file.writelines(lines)


def _output(conversion: Conversion, file: str, output: Path | None, source: PromptFormat) -> ConvertOutput:
    return ConvertOutput(
        file=file,
        format=source.value,
        output=str(output) if output is not None and conversion.converted else None,
        records=conversion.records,
        converted=conversion.converted,
        with_answer=conversion.with_answer,
        left_out=[
            LeftOut(reason=reason, count=count, lines=list(conversion.lines[reason]))
            for reason, count in conversion.reasons.most_common()
        ],
        ignored_fields=dict(conversion.reading.left_out),
    )


def _print(conversion: Conversion, file: str, output: Path | None, source: PromptFormat) -> None:
    """Prints what was converted and what was not, to standard error, beside the lines."""
    answers = f"{conversion.with_answer:,} with an answer"
    done = f"{conversion.converted:,} of {conversion.records:,} records converted ({answers})"
    echo_error("[bold]{}[/bold]: {}", file, done)
    for reason, count in conversion.reasons.most_common(MAX_REASONS):
        lines = ", ".join(map(str, conversion.lines[reason]))
        more = f" and {count - len(conversion.lines[reason]):,} more" if count > len(conversion.lines[reason]) else ""
        echo_error("  [bold red]left out[/bold red] ×{}: {}", f"{count:,}", reason)
        echo_error("    line     {}{}", lines, more)
    if len(conversion.reasons) > MAX_REASONS:
        echo_error("  and {} more reasons; --report FILE lists all", len(conversion.reasons) - MAX_REASONS)
    if conversion.reading.left_out:
        fields = ", ".join(f"{name} ({count:,})" for name, count in sorted(conversion.reading.left_out.items()))
        echo_error("  fields that a data set does not have: {}", fields)
    if conversion.looks_like not in (None, source) and not conversion.converted:
        echo_error("  its records look like {}: try --from {}", conversion.looks_like, conversion.looks_like)
    if not conversion.converted:
        echo_error("  nothing was converted, so that no file is written" if output else "  nothing was converted")
        return
    if conversion.converted < MIN_PROMPTS:
        echo_error("  a distillation job needs at least {} prompts", MIN_PROMPTS)
    if output is not None:
        echo_error("  check it with: {}", command("check", str(output)))
