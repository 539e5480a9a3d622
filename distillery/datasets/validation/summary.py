"""What a reading found, as JSON."""

from typing import Any

from distillery.core.tokens import tokens
from distillery.datasets.validation.reading import Reading


def summary(reading: Reading) -> dict[str, Any]:
    """Counts, and the findings by kind, errors first. Tokens of what is asked: about, and at most one a byte."""
    tally = reading.tally
    return {
        "sources": [{"uri": uri, "version": version} for uri, version in reading.sources],
        "lines": tally.lines,
        "bytes": tally.bytes,
        "prompts": tally.prompts,
        "different": reading.prompts.different,
        "with_reference": tally.labelled,
        "bad_lines": tally.bad,
        "duplicates": tally.repeated,
        "tokens": {"about": tokens(tally.characters), "at_most": tally.bytes},
        "errors": reading.findings.errors,
        "warnings": reading.findings.warnings,
        "findings": [group.to_json() for group in reading.findings],
    }
