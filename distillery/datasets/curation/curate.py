"""Curation of a data set's prompts: masks personal data, removes near duplicates, selects a part, and reports on it.

The selection comes after the split, so that no held-out prompt depends on what the student is trained on.
"""

import math
import statistics
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from distillery.core.conversation import Prompt
from distillery.core.errors import DatasetRejected
from distillery.core.recipe import Curation, ExcessPrompts, Grader, NearDuplicates, PersonalData, Recipe
from distillery.core.serialization import to_wire
from distillery.datasets.curation import similarity
from distillery.datasets.curation.personal_data import mask_prompt
from distillery.datasets.split import HashedPrompt, Split

MAX_REPORTED_PAIRS = 100
LANGUAGE_SAMPLE = 1_000
"""Characters from which a text's language is identified. More characters cost time and do not improve the result."""
MIN_LANGUAGE_PROBABILITY = 0.9
"""Below it the language counts as undetermined, as for a text of numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """The prompts that remain, in order, and what was found.

    personal_data: number of entities by type (`email`, `card`, …), in `personal_prompts` prompts. near_duplicates:
    number of prompts similar to an earlier one; pairs: the first of them as (removed, kept), by digest.
    """

    rows: tuple[HashedPrompt, ...]
    personal_data: Counter[str] = field(default_factory=Counter)
    personal_prompts: int = 0
    near_duplicates: int = 0
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Lengths of texts in characters: minimum, median, 95th percentile and maximum."""

    shortest: int
    p50: int
    p95: int
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelBalance:
    """Distribution over labels. evenness: normalized entropy, 1 where all labels are equally frequent."""

    labels: int
    rarest: int
    commonest: int
    evenness: float


def curate(rows: Sequence[HashedPrompt], settings: Curation) -> Curated:
    """Handles personal data, then near duplicates, as the recipe's settings say.

    Raises:
        DatasetRejected: The prompts contain personal data and the recipe rejects it.
    """
    curated = _handle_personal_data(tuple(rows), settings.personal_data)
    if settings.near_duplicates is NearDuplicates.IGNORE:
        return curated
    texts = [prompt_text(row.prompt) for row in curated.rows]
    leaders = similarity.cluster_leaders(texts, threshold=settings.likeness)
    duplicates = [(index, leader) for index, leader in enumerate(leaders) if index != leader]
    removed = {index for index, _ in duplicates} if settings.near_duplicates is NearDuplicates.REMOVE else set()
    return replace(
        curated,
        rows=tuple(row for index, row in enumerate(curated.rows) if index not in removed),
        near_duplicates=len(duplicates),
        pairs=tuple(
            (curated.rows[one].digest, curated.rows[other].digest) for one, other in duplicates[:MAX_REPORTED_PAIRS]
        ),
    )


def select(parts: Split, recipe: Recipe) -> Split:
    """Reduces the training prompts to a diverse part of `most_prompts` where the recipe asks for it."""
    settings = recipe.curation
    if settings.too_many is not ExcessPrompts.SELECT or len(parts.train) <= settings.most_prompts:
        return parts
    texts = [prompt_text(row.prompt) for row in parts.train]
    labels: Sequence[str | None] = _labels(parts.train, recipe.grader) or [None] * len(texts)
    selected = similarity.select_diverse(texts, labels, settings.most_prompts)
    return replace(parts, train=tuple(parts.train[index] for index in selected))


def curation_report(curated: Curated, all_parts: Split, parts: Split, grader: Grader) -> dict[str, Any]:
    """Reports what was removed and why, and describes the training prompts. Never quotes a prompt.

    Args:
        curated: The result of `curate`.
        all_parts: The split before the selection.
        parts: The split after the selection.
        grader: The recipe's grader, which says whether reference answers are labels.
    """
    texts = [prompt_text(row.prompt) for row in parts.train]
    labels = _labels(parts.train, grader)
    return {
        "near_duplicates": curated.near_duplicates,
        "near_duplicate_pairs": [list(pair) for pair in curated.pairs],
        "personal_data": {"prompts": curated.personal_prompts, "found": dict(sorted(curated.personal_data.items()))},
        "not_chosen": len(all_parts.train) - len(parts.train),
        "characters": to_wire(measure_lengths(texts)) if texts else None,
        "languages": dict(count_languages(texts).most_common()),
        "labels": to_wire(measure_balance(labels)) if labels else None,
    }


def personal_data_report(prompts: Sequence[Prompt], setting: PersonalData) -> dict[str, Any]:
    """The `personal_data` entry of `curation_report` for prompts that are used unchanged. Empty under IGNORE."""
    found = [mask_prompt(prompt)[0] for prompt in prompts] if setting is not PersonalData.IGNORE else []
    types = sum(found, Counter[str]())
    return {"prompts": sum(map(bool, found)), "found": dict(sorted(types.items()))}


def prompt_text(prompt: Prompt) -> str:
    """Returns the text of the conversation, by which prompts are compared."""
    return "\n".join(text for _, text in prompt.messages)


def measure_lengths(texts: Sequence[str]) -> Lengths:
    """Measures at least one text."""
    found = sorted(map(len, texts))
    cuts = statistics.quantiles(found, n=20, method="inclusive") if len(found) > 1 else found * 19
    return Lengths(shortest=found[0], p50=round(statistics.median(found)), p95=round(cuts[18]), longest=found[-1])


def measure_balance(labels: Sequence[Hashable]) -> LabelBalance:
    """Measures at least one label."""
    counts = sorted(Counter(labels).values())
    shares = [count / len(labels) for count in counts]
    entropy = -sum(share * math.log(share) for share in shares)
    evenness = entropy / math.log(len(counts)) if len(counts) > 1 else 1.0
    return LabelBalance(labels=len(counts), rarest=counts[0], commonest=counts[-1], evenness=round(evenness, 3))


def count_languages(texts: Sequence[str]) -> Counter[str]:
    """Counts texts by language: an ISO 639-1 code (py3langid), or `und` where the language is undetermined."""
    return Counter(str(_language_identifier().classify(text[:LANGUAGE_SAMPLE])[0]) for text in texts)


@cache
def _language_identifier() -> LanguageIdentifier:
    """Cached, because loading the model takes longer than classifying a thousand texts."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=MIN_LANGUAGE_PROBABILITY)


def _labels(rows: Sequence[HashedPrompt], grader: Grader) -> list[str] | None:
    """Returns the reference answers if the grader treats them as labels and every prompt has one."""
    labels = [row.prompt.reference for row in rows if row.prompt.reference is not None]
    return labels if grader is Grader.LABEL and len(labels) == len(rows) else None


def _handle_personal_data(rows: tuple[HashedPrompt, ...], setting: PersonalData) -> Curated:
    if setting is PersonalData.IGNORE:
        return Curated(rows=rows)
    types, prompts, masked = Counter[str](), 0, list[HashedPrompt]()
    for row in rows:
        found, clean = mask_prompt(row.prompt)
        types += found
        prompts += bool(found)
        masked.append(HashedPrompt.of(clean) if found and setting is PersonalData.MASK else row)
    if prompts and setting is PersonalData.REJECT:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(types.items()))
        raise DatasetRejected(
            f"{prompts} prompts contain personal data ({counts}), and the recipe allows none; remove it, or set "
            'personal_data = "mask" in the recipe'
        )
    distinct = {row.digest: row for row in reversed(masked)}  # masking can make prompts equal: the first one is kept
    return Curated(rows=tuple(reversed(distinct.values())), personal_data=types, personal_prompts=prompts)
