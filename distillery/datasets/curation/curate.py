"""Curation of a data set's prompts: masks personal data, finds near duplicates, selects a part, and reports on it.

The selection comes after the split, so that no held-out prompt depends on what the student is trained on.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from distillery.core.conversation import Prompt, fold
from distillery.core.errors import DatasetRejected
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, ExcessPrompts, NearDuplicates, PersonalData
from distillery.core.serialization import to_wire
from distillery.datasets.curation.near_duplicates import Progress, cluster_leaders
from distillery.datasets.curation.personal_data import mask_prompt
from distillery.datasets.curation.selection import select_diverse
from distillery.datasets.curation.text import (
    count_languages,
    measure_lengths,
    prompt_text,
)
from distillery.datasets.split import (
    HashedPrompt,
    Split,
    dependent_families,
    labelled_values,
    passages,
    split,
)

MAX_REPORTED_PAIRS = 100
_INDEPENDENT = ("passage", "system")
"""Groups that are kept together, and whose answers are independent observations all the same."""


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The prompts that remain, in order, and what was found.

    Attributes:
        personal_data: number of entities by type (`email`, `card`, …), in `personal_prompts` prompts.
        masked_equal: number of prompts that masking made equal to an earlier one, and that are removed.
        near_duplicates: number of prompts similar to an earlier one.
        removed: how many of these are removed.
        pairs: the first of them as (near duplicate, first prompt), by digest.
        families: for each of `rows` the index of its first near duplicate, or its own.
        conflicts: number of prompts that differ from an earlier one only in letter case, white space or Unicode form,
            and have another reference answer.
    """

    rows: tuple[HashedPrompt, ...]
    personal_data: Counter[str] = field(default_factory=Counter)
    personal_prompts: int = 0
    masked_equal: int = 0
    near_duplicates: int = 0
    removed: int = 0
    pairs: tuple[tuple[str, str], ...] = ()
    families: tuple[int, ...] = ()
    conflicts: int = 0

    @cached_property
    def passages(self) -> list[str | None]:
        """The passage of each of `rows`."""
        return passages(prompt_text(row.prompt) for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelBalance:
    """Distribution over labels. evenness: normalized entropy, 1 where all labels are equally frequent."""

    labels: int
    rarest: int
    commonest: int
    evenness: float


def curate(rows: Sequence[HashedPrompt], settings: Curation, progress: Progress | None = None) -> Curated:
    """Handles personal data, then near duplicates, as the recipe's settings say.

    Raises:
        DatasetRejected: The prompts contain personal data and the recipe rejects it.
    """
    curated = _handle_personal_data(tuple(rows), settings.personal_data)
    curated = replace(curated, conflicts=_count_conflicts(curated.rows), families=tuple(range(len(curated.rows))))
    if settings.near_duplicates is NearDuplicates.IGNORE:
        return curated
    prompts = [row.prompt for row in curated.rows]
    leaders = cluster_leaders(prompts, threshold=settings.likeness, progress=progress)
    duplicates = [(index, leader) for index, leader in enumerate(leaders) if index != leader]
    remaining = [*range(len(leaders))]
    if settings.near_duplicates is NearDuplicates.REMOVE:
        remaining = [index for index, leader in enumerate(leaders) if index == leader]
    new_index = {old: new for new, old in enumerate(remaining)}
    return replace(
        curated,
        rows=tuple(curated.rows[index] for index in remaining),
        near_duplicates=len(duplicates),
        removed=len(leaders) - len(remaining),
        pairs=tuple(
            (curated.rows[one].digest, curated.rows[other].digest) for one, other in duplicates[:MAX_REPORTED_PAIRS]
        ),
        families=tuple(new_index[leaders[index]] for index in remaining),
    )


def split_curated(curated: Curated, recipe: Recipe) -> Split:
    """Splits the prompts that remain, by label, near duplicates and the recipe's groups."""
    return split(
        curated.rows,
        share=recipe.heldout_share,
        max_heldout=recipe.heldout_max,
        labels=_few_labels(curated.rows, recipe.grades_labels),
        families=curated.families,
        groups=_groups(curated, recipe.split_group),
        groups_depend=recipe.split_group not in _INDEPENDENT,
    )


def select(parts: Split, recipe: Recipe) -> Split:
    """Reduces the training prompts to a diverse part of `most_prompts` where the recipe asks for it."""
    settings = recipe.curation
    if settings.too_many is not ExcessPrompts.SELECT or len(parts.train) <= settings.most_prompts:
        return parts
    texts = [prompt_text(row.prompt) for row in parts.train]
    labels: Sequence[str | None] = _labels(parts.train, recipe.grades_labels) or [None] * len(texts)
    selected = select_diverse(texts, labels, settings.most_prompts)
    return replace(parts, train=tuple(parts.train[index] for index in selected))


def curation_report(curated: Curated, all_parts: Split, parts: Split, grades_labels: bool) -> dict[str, Any]:
    """Reports what was removed and why, and describes the training prompts. Never quotes a prompt.

    Args:
        curated: The result of `curate`.
        all_parts: The split before the selection.
        parts: The split after the selection.
        grades_labels: Whether the recipe's reference answers are labels.
    """
    texts = [prompt_text(row.prompt) for row in parts.train]
    labels = _labels(parts.train, grades_labels)
    return {
        "near_duplicates": curated.near_duplicates,
        "near_duplicates_removed": curated.removed,
        "near_duplicate_pairs": [list(pair) for pair in curated.pairs],
        "beside_held_out": parts.dropped,
        "held_back": len(parts.held_back),
        "passages_on_both_sides": _passages_on_both_sides(curated, parts),
        "personal_data": {"prompts": curated.personal_prompts, "found": dict(sorted(curated.personal_data.items()))},
        "equal_after_masking": curated.masked_equal,
        "not_chosen": len(all_parts.train) - len(parts.train),
        "characters": to_wire(measure_lengths(texts)) if texts else None,
        "languages": dict(count_languages(texts).most_common()),
        "labels": to_wire(measure_balance(labels)) if labels else None,
    }


def removals(curated: Curated, parts: Split) -> str:
    """Returns a clause that counts what curation and the split left out of training; empty if nothing."""
    counted = {
        "near duplicates were removed": curated.removed,
        "became equal by masking": curated.masked_equal,
        "left training beside a similar held-out prompt": parts.dropped,
        "are held back beyond heldout_max": len(parts.held_back),
    }
    return ", ".join(f"{count} {what}" for what, count in counted.items() if count)


def _passages_on_both_sides(curated: Curated, parts: Split) -> int:
    """Returns the number of held-out prompts whose passage is in a training prompt too."""
    found = {row.digest: passage for row, passage in zip(curated.rows, curated.passages, strict=True)}
    trained = {found[row.digest] for row in parts.train} - {None}
    return sum(found[row.digest] in trained for row in (*parts.heldout, *parts.held_back))


def heldout_families(rows: Sequence[HashedPrompt], recipe: Recipe) -> tuple[int, ...]:
    """The families of held-out prompts that are known without the prompts that they were split from, see `Split`.

    A near duplicate of two of them that was dropped does not connect them any more.
    """
    leaders: Sequence[int] = range(len(rows))
    if recipe.curation.near_duplicates is not NearDuplicates.IGNORE:
        leaders = cluster_leaders([row.prompt for row in rows], threshold=recipe.curation.likeness)
    groups = None if recipe.split_group in _INDEPENDENT else _groups(Curated(rows=tuple(rows)), recipe.split_group)
    return dependent_families(rows, leaders, groups)


def _groups(curated: Curated, by: str) -> list[str | None] | None:
    """Returns the group of each prompt by the recipe's `split_group`; None if prompts are not grouped.

    Letter case and white space make no difference. A prompt whose group is empty is in none.
    """
    match by:
        case "":
            return None
        case "system":
            return [fold(row.prompt.system or "") for row in curated.rows]
        case "passage":
            return curated.passages
        case label:
            found = labelled_values((prompt_text(row.prompt) for row in curated.rows), label)
            return [fold(value or "") for value in found]


def _count_conflicts(rows: Sequence[HashedPrompt]) -> int:
    first: dict[str, str | None] = {}
    return sum(first.setdefault(row.twin_digest, row.prompt.reference) != row.prompt.reference for row in rows)


def personal_data_report(prompts: Sequence[Prompt], setting: PersonalData) -> dict[str, Any]:
    """The `personal_data` entry of `curation_report` for prompts that are used unchanged. Empty under IGNORE."""
    found = [mask_prompt(prompt)[0] for prompt in prompts] if setting is not PersonalData.IGNORE else []
    types = sum(found, Counter[str]())
    return {"prompts": sum(map(bool, found)), "found": dict(sorted(types.items()))}


def measure_balance(labels: Sequence[Hashable]) -> LabelBalance:
    """Measures at least one label."""
    counts = sorted(Counter(labels).values())
    shares = [count / len(labels) for count in counts]
    entropy = -sum(share * math.log(share) for share in shares)
    evenness = entropy / math.log(len(counts)) if len(counts) > 1 else 1.0
    return LabelBalance(labels=len(counts), rarest=counts[0], commonest=counts[-1], evenness=round(evenness, 3))


def _labels(rows: Sequence[HashedPrompt], grades_labels: bool) -> list[str] | None:
    """Returns the reference answers if they are labels and every prompt has one."""
    labels = [row.prompt.reference for row in rows if row.prompt.reference is not None]
    return labels if grades_labels and len(labels) == len(rows) else None


def _few_labels(rows: Sequence[HashedPrompt], grades_labels: bool) -> list[str] | None:
    """Returns the labels if they repeat: free text is no label, even with a grader that compares it like one."""
    labels = _labels(rows, grades_labels)
    return labels if labels and len(set(labels)) <= len(labels) / 2 else None


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
    return Curated(
        rows=tuple(reversed(distinct.values())),
        personal_data=types,
        personal_prompts=prompts,
        masked_equal=len(rows) - len(distinct),
    )
