"""Examines golden sets, and pins them for a run. The function that opens runs and the command share this code.

Messages reach uploaders, who must not read a golden set, so no message quotes a prompt.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core import golden
from distillery.core.conversation import NotAConversation, Prompt
from distillery.core.errors import BadRequest, DatasetRejected
from distillery.core.escaping import address
from distillery.core.golden import MOST_BYTES, MOST_PROMPTS, GoldenSet
from distillery.core.names import split_s3_uri
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import NearDuplicates
from distillery.datasets.split import HashedPrompt
from distillery.datasets.upload import DENIED, MISSING
from distillery.datasets.validation.fast_path import LineLimits
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

if TYPE_CHECKING:
    from distillery.core.aws import ObjectStore


@dataclass(frozen=True, slots=True)
class ExaminedGolden:
    """A golden set that follows the rules, with its prompts in order."""

    pinned: GoldenSet
    prompts: tuple[Prompt, ...]


def pin(
    recipe: Recipe, bucket: str, objects: "ObjectStore", limits: LineLimits, *, needing: str
) -> ExaminedGolden | None:
    """Reads the recipe's golden set in its newest version; None where the recipe names none.

    Args:
        needing: A grader of the recipe that needs reference answers; empty if none does.

    Raises:
        BadRequest: There is no such object, or it may not be read.
        DatasetRejected: It breaks a rule.
    """
    if not recipe.golden_set:
        return None
    from distillery.core.aws import ClientError, code

    uri = f"s3://{bucket}/{golden.key_of(recipe.name, recipe.golden_set)}"
    try:
        response = objects.s3.get_object(Bucket=bucket, Key=split_s3_uri(uri)[1])
    except ClientError as error:
        if code(error) not in (*DENIED, *MISSING):
            raise
        raise BadRequest(
            f"the golden set {address(uri)} of recipe {recipe.name!r} cannot be read, S3 returned {code(error)}; a "
            "recipe with a golden_set starts no run without it: an examiner uploads it (distillery golden), or remove "
            "golden_set"
        ) from error
    with closing(response["Body"]) as body:
        found = body.read(MOST_BYTES + 1)
    return examine_golden(found, recipe, limits, needing=needing, uri=uri, version=response.get("VersionId", ""))


def examine_golden(
    body: bytes, recipe: Recipe, limits: LineLimits, *, needing: str, uri: str, version: str = "", what: str = ""
) -> ExaminedGolden:
    """Examines the bytes of a golden set by the rules of prompts. One bad line rejects it: none is quarantined.

    Args:
        body: At most `MOST_BYTES`, or one more.
        needing: A grader of the recipe that needs reference answers; empty if none does.
        what: How messages name it, by default by its address.

    Raises:
        DatasetRejected: It breaks a rule.
    """
    what = what or f"the golden set {address(uri)}"
    if len(body) > MOST_BYTES:
        raise DatasetRejected(f"{what} has more than {MOST_BYTES} bytes, the most that is allowed; keep fewer prompts")
    reader = DatasetReader(limits, PromptIndex(MOST_PROMPTS + 1))
    reader.read([InputFile(address(uri.rpartition("/")[2]), uri, version or None, io.BytesIO(body))])
    if reader.findings.errors or not reader.complete:
        first = next(iter(reader.findings)).first
        raise DatasetRejected(
            f"{what} has {reader.findings.errors} errors in {reader.counts.lines} lines, the first {first}; it must "
            f"have none: {first.rule.fix}"
        )
    if reader.prompts.distinct > MOST_PROMPTS:
        raise DatasetRejected(
            f"{what} has {reader.counts.prompts} prompts; 1 to {MOST_PROMPTS} are allowed, since every model answers "
            "them in every run: keep the most telling ones"
        )
    prompts = _parsed(body, what, reader)
    if needing and (without := sum(prompt.reference is None for prompt in prompts)):
        raise DatasetRejected(
            f"{what} has {without} prompts without a reference answer; the grader `{needing}` needs one for each: add "
            "them, or use a grader without references"
        )
    pinned = GoldenSet(
        uri=uri,
        version="" if version == "null" else version,
        sha256=hashlib.sha256(body).hexdigest(),
        prompts=len(prompts),
        tokens=sum(prompt.tokens for prompt in prompts),
        families=_families(prompts, recipe),
    )
    return ExaminedGolden(pinned, tuple(prompts))


def without_golden(
    rows: Sequence[HashedPrompt], prompts: Sequence[Prompt], recipe: Recipe
) -> tuple[list[HashedPrompt], int]:
    """The rows that a student may be trained on, and how many were left out because they are golden prompts.

    A golden prompt is recognized by its text regardless of letter case, white space and Unicode form, as another cut of
    the same dialogue, and, unless the recipe ignores them, by its near duplicates.
    """
    if not prompts:
        return list(rows), 0
    known = {digest for prompt in prompts for digest in _digests(HashedPrompt.of(prompt))}
    kept = [row for row in rows if known.isdisjoint(_digests(row))]
    if recipe.curation.near_duplicates is not NearDuplicates.IGNORE:
        from distillery.datasets.curation.near_duplicates import cluster_leaders  # slow imports

        together = [*prompts, *(row.prompt for row in kept)]
        leaders = cluster_leaders(together, threshold=recipe.curation.likeness)[len(prompts) :]
        kept = [row for row, leader in zip(kept, leaders, strict=True) if leader >= len(prompts)]
    return kept, len(rows) - len(kept)


def _digests(row: HashedPrompt) -> Iterator[str]:
    yield row.prompt.folded_digest
    yield row.opening_digest


def _parsed(body: bytes, what: str, reader: DatasetReader) -> list[Prompt]:
    """The prompts as an evaluation will read them from the same bytes."""
    try:
        prompts = golden.parse(body)
    except (NotAConversation, ValueError) as error:
        raise DatasetRejected(f"{what} {error}; write it as a data set (`distillery convert --help`)") from error
    if len(prompts) != reader.prompts.distinct:
        raise DatasetRejected(
            f"{what} has {reader.prompts.distinct} prompts, and {len(prompts)} are read again from it; write it "
            "as a data set (`distillery convert --help`)"
        )
    return prompts


def _families(prompts: Sequence[Prompt], recipe: Recipe) -> tuple[int, ...]:
    """The near duplicates of a golden set; empty if each prompt stands alone."""
    if recipe.curation.near_duplicates is NearDuplicates.IGNORE:
        return ()
    from distillery.datasets.curation.near_duplicates import cluster_leaders  # slow imports

    leaders = cluster_leaders(prompts, threshold=recipe.curation.likeness)
    return tuple(leaders) if len(set(leaders)) < len(leaders) else ()
