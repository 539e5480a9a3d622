"""Recognizes files of other formats, so that a check that refuses them names the command that converts them."""

from collections.abc import Mapping
from typing import Any

from distillery.cli.invocation import command
from distillery.cli.offline_check.sources import Source
from distillery.core.errors import BadRequest

SIGNS = {"missing-field", "json-array", "spread-object", "text-without-block"}
"""Findings without which a file is not another format's."""
PROMPTS = ("prompt", "question", "query", "instruction", "input", "text")
ANSWERS = ("answer", "output", "response", "completion", "label", "target")
"""Usual names of the fields of flat records."""


def conversion(source: Source, report: Mapping[str, Any]) -> str | None:
    """Returns the command that converts a refused local file, or None if it is not of a format that is known."""
    if source.size is None or not SIGNS & {found["code"] for found in report.get("findings", ())}:
        return None
    from distillery.cli.conversion.formats import PromptFormat, guess
    from distillery.cli.conversion.records import json_records, transcoded
    from distillery.datasets.validation.finding import UnreadableFile
    from distillery.datasets.validation.lines import open_stream

    files = source.open(lambda _bytes: None)
    try:
        file = next(files)
        records = json_records(transcoded(open_stream(file.name, file.body), "utf-8"))
        record: Any = next((found.value for found in records if found.value is not None), None)
    except (BadRequest, UnreadableFile, OSError, StopIteration):
        return None
    finally:
        files.close()
    form = guess(record)
    options = _columns(record) if form is PromptFormat.JSONL else []
    if form is None or options is None:
        return None
    return command("convert", file.uri, "--from", str(form), *options, "--output", "converted.jsonl")


def _columns(record: Mapping[str, Any]) -> list[str] | None:
    prompt = next((name for name in PROMPTS if isinstance(record.get(name), str)), None)
    answer = next((name for name in ANSWERS if isinstance(record.get(name), str)), None)
    if prompt is None:
        return None
    return ["--prompt-column", prompt, *(["--answer-column", answer] if answer else [])]
