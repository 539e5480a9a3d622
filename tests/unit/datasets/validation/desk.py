"""Reads bytes as `distillery check` reads a file."""

import io
from collections.abc import Mapping
from types import MappingProxyType

from distillery.datasets.validation.dataset_checks import judge_as_they_are, judge_files
from distillery.datasets.validation.prompts import Prompts
from distillery.datasets.validation.reading import Opened, Reading
from distillery.datasets.validation.rules import Rules
from distillery.datasets.validation.rules_table import Severity

STUDENTS: Mapping[str, Rules] = MappingProxyType(
    {
        "nova": Rules(multi_turn=True, context=32_000),
        "llama": Rules(multi_turn=False, context=32_000),
        "none": Rules(),
    }
)


def read(*bodies: bytes, name: str = "a.jsonl", rules: Rules = STUDENTS["nova"], keep: int = 0) -> Reading:
    """The files' bodies, judged as they are."""
    reading = Reading(rules, Prompts(keep))
    reading.read(Opened(name, name, None, io.BytesIO(body)) for body in bodies)
    judge_files(reading)
    judge_as_they_are(reading)
    return reading


def told(reading: Reading, *, errors_only: bool = False) -> list[str]:
    """`code line path` of every finding, sorted."""
    groups = [group for group in reading.findings if not errors_only or group.first.kind.severity is Severity.ERROR]
    places = [(group.first.kind.code, place) for group in groups for place in group.places]
    return sorted(" ".join(filter(None, (code, str(place.line or ""), place.path))) for code, place in places)
