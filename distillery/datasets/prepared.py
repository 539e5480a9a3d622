"""A data set ready for Bedrock: its bytes, its digest, and whether Bedrock will take it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from distillery.core.conversation import to_line
from distillery.core.errors import DatasetRejected
from distillery.core.estimate import Size
from distillery.core.limits import MAX_PROMPTS, MIN_PROMPTS
from distillery.core.recipe import BadLines, Recipe
from distillery.core.tokens import tokens
from distillery.datasets.split import HashedPrompt, Split, split
from distillery.datasets.validation.asked import prompt_of
from distillery.datasets.validation.dataset_checks import TOGETHER
from distillery.datasets.validation.finding import Finding
from distillery.datasets.validation.reading import Reading
from distillery.datasets.validation.rules_table import Kind, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """train, heldout: JSONL. The same prompts in the same order with the same settings give the same bytes.

    duplicates: exact ones, and those too like a held-out prompt; curation: what became of the others, for the report.
    """

    train: bytes
    heldout: bytes
    size: Size
    labelled: bool
    duplicates: int
    curation: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of both files."""
        return hashlib.sha256(b"\0".join((self.train, self.heldout))).hexdigest()


def prepare(reading: Reading, recipe: Recipe) -> Prepared:
    """Raises DatasetRejected with the first reason; the findings hold all of them."""
    _check_findings(reading, recipe)
    if reading.prompts.different > reading.prompts.keep:
        _refuse(reading, whole.TOO_MANY_PROMPTS, f"there are {_counted(reading)}; {recipe.heldout_max} may be held out")
    from distillery.datasets.curation.curate import (
        curate,
        curation_report,
        select,
    )  # its libraries are not every cold start's

    rows = [HashedPrompt.of(prompt_of(asked, answer)) for asked, answer in reading.prompts.kept.items()]
    curated = curate(rows, recipe.curation)
    everything = split(curated.rows, share=recipe.heldout_share, max_heldout=recipe.heldout_max)
    parts = select(everything, recipe)
    _check_counts(parts, reading)
    kept = parts.train + parts.heldout
    return Prepared(
        train=_jsonl(parts.train, reference=True),
        heldout=_jsonl(parts.heldout, reference=parts.labelled),
        size=Size(
            prompts=len(parts.train),
            heldout=len(parts.heldout),
            tokens=sum(tokens(row.prompt.characters) for row in kept),
        ),
        labelled=parts.labelled,
        duplicates=reading.tally.repeated + parts.dropped,
        curation=curation_report(curated, everything, parts, recipe.grader),
    )


def _check_findings(reading: Reading, recipe: Recipe) -> None:
    """Bad lines are put aside where the recipe says so; that there were too many is an error of its own."""
    errors = reading.findings.errors
    put_aside = recipe.bad_lines is BadLines.QUARANTINE and errors == reading.line_errors
    if errors and not put_aside:
        raise DatasetRejected(told(reading))


def _check_counts(parts: Split, reading: Reading) -> None:
    """Source of the bounds: GR, quotas of model customization."""
    count = len(parts.train)
    if not MIN_PROMPTS <= count <= MAX_PROMPTS:
        kind = whole.TOO_FEW_PROMPTS if count < MIN_PROMPTS else whole.TOO_MANY_PROMPTS
        held = f"{len(parts.heldout)} held out"
        _refuse(reading, kind, f"{count} prompts are left for training of {_counted(reading)}, {held}")
    if not parts.heldout:
        _refuse(reading, whole.NOTHING_HELD_OUT, "no prompt is held out")


def _refuse(reading: Reading, kind: Kind, wrong: str) -> NoReturn:
    reading.findings.add(Finding(kind, TOGETHER, f"{wrong}; allowed: {kind.allowed}"))
    raise DatasetRejected(told(reading))


def _counted(reading: Reading) -> str:
    tally, different = reading.tally, reading.prompts.different
    least = "" if reading.prompts.counts_all else "at least "
    return f"{tally.prompts} prompts in {tally.lines} lines, {least}{different} of them different"


def told(reading: Reading) -> str:
    """One sentence for a refusal: how much is wrong, and the first of it."""
    errors, lines = reading.findings.errors, reading.tally.lines
    first = next(iter(reading.findings)).first
    return f"{errors} {'error' if errors == 1 else 'errors'} in {lines} lines, first {first}; {first.kind.fix}"


def _jsonl(rows: Iterable[HashedPrompt], *, reference: bool) -> bytes:
    return b"".join(to_line(row.prompt, reference=reference).encode() + b"\n" for row in rows)
