"""A data set ready for Bedrock: its bytes, its digest, and whether Bedrock will take it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from lambdas.dataset.gather import Gathered, Row
from lambdas.dataset.split import Split, split
from lambdas.shared.conversation import to_line
from lambdas.shared.errors import DatasetRejected
from lambdas.shared.estimate import Size, tokens
from lambdas.shared.limits import MAX_PROMPTS, MIN_PROMPTS
from lambdas.shared.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """train, heldout: JSONL. The same prompts in the same order with the same settings give the same bytes."""

    train: bytes
    heldout: bytes
    size: Size
    labelled: bool
    duplicates: int

    @property
    def digest(self) -> str:
        """SHA-256 of both files."""
        return hashlib.sha256(b"\0".join((self.train, self.heldout))).hexdigest()


def prepare(gathered: Gathered, recipe: Recipe) -> Prepared:
    """Raises DatasetRejected with the first reason; the findings hold all of them."""
    if gathered.findings.total:
        raise DatasetRejected(
            f"{gathered.findings.total} finding(s) in {gathered.lines} line(s), first {gathered.findings.first[0]}"
        )
    parts = split(gathered.rows.values(), share=recipe.heldout_share, most=recipe.heldout_max)
    _check_counts(parts, gathered)
    rows = parts.train + parts.heldout
    return Prepared(
        train=_jsonl(parts.train, reference=True),
        heldout=_jsonl(parts.heldout, reference=parts.labelled),
        size=Size(
            prompts=len(parts.train),
            heldout=len(parts.heldout),
            tokens=sum(tokens(row.prompt.characters) for row in rows),
        ),
        labelled=parts.labelled,
        duplicates=gathered.duplicates + parts.left_out,
    )


def _check_counts(parts: Split, gathered: Gathered) -> None:
    """Source of the bounds: GR, quotas of model customization."""
    count = len(parts.train)
    if not MIN_PROMPTS <= count <= MAX_PROMPTS:
        raise DatasetRejected(
            f"{count} prompts are left for training ({gathered.lines} lines, {gathered.duplicates} duplicates, "
            f"{len(parts.heldout)} held out); {MIN_PROMPTS} to {MAX_PROMPTS} are allowed"
        )
    if not parts.heldout:
        raise DatasetRejected("no prompt is held out to judge the student by; raise heldout_share or heldout_max")


def _jsonl(rows: Iterable[Row], *, reference: bool) -> bytes:
    return b"".join(to_line(row.prompt, reference=reference).encode() + b"\n" for row in rows)
