"""Reads bytes like `distillery check` reads a file."""

import io
from collections.abc import Mapping
from types import MappingProxyType

from distillery.datasets.validation.fast_path import LineLimits
from distillery.datasets.validation.finding import Severity
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

STUDENTS: Mapping[str, LineLimits] = MappingProxyType(
    {
        "nova": LineLimits(multi_turn=True, context=32_000, as_job_input=True),
        "llama": LineLimits(multi_turn=False, context=32_000, as_job_input=True),
        "none": LineLimits(as_job_input=True),
    }
)


def read(
    *bodies: bytes, name: str = "a.jsonl", limits: LineLimits = STUDENTS["nova"], capacity: int = 0
) -> DatasetReader:
    """Reads the bodies of files and checks them as the input of a job."""
    reader = DatasetReader(limits, PromptIndex(capacity))
    reader.read(InputFile(name, name, None, io.BytesIO(body)) for body in bodies)
    reader.check_files()
    reader.check_as_job_input()
    return reader


def codes(reader: DatasetReader, *, errors_only: bool = False) -> list[str]:
    """Returns `code line path` of every finding, sorted."""
    groups = [group for group in reader.findings if not errors_only or group.first.rule.severity is Severity.ERROR]
    found = [(group.first.rule.code, location) for group in groups for location in group.locations]
    return sorted(" ".join(filter(None, (code, str(location.line or ""), location.path))) for code, location in found)
