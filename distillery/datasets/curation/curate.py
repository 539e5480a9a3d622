"""What becomes of prompts between reading and the split: personal data masked, all but one of alike ones left out.

The choice of a part comes after the split, so that no held-out prompt depends on what is trained on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.curation import Curation, NearDuplicates, PersonalData, TooMany
from distillery.core.errors import DatasetRejected
from distillery.core.recipe import Grader, Recipe
from distillery.core.serialization import to_wire
from distillery.datasets.curation import alike, personal, profile, selection
from distillery.datasets.row import Row
from distillery.datasets.split import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """rows: those that stay, in their order. personal_data: how many of each kind were found (`email`, `card`, …), in
    `personal_prompts` prompts. near_duplicates: prompts like an earlier one; `pairs`: the first of them, as (left out,
    kept), by the digests of what is asked."""

    rows: tuple[Row, ...]
    personal_data: Counter[str] = field(default_factory=Counter)
    personal_prompts: int = 0
    near_duplicates: int = 0
    pairs: tuple[tuple[str, str], ...] = ()


SHOWN = 100


def curate(rows: Sequence[Row], wanted: Curation) -> Curated:
    """Raises DatasetRejected where personal data is found and the recipe rejects it."""
    curated = _without_personal_data(tuple(rows), wanted.personal_data)
    if wanted.near_duplicates is NearDuplicates.IGNORE:
        return curated
    asked = [asked_of(row.prompt) for row in curated.rows]
    led = alike.leaders(asked, likeness=wanted.likeness)
    left_out = [(index, leader) for index, leader in enumerate(led) if index != leader]
    removed = {index for index, _ in left_out} if wanted.near_duplicates is NearDuplicates.REMOVE else set()
    return replace(
        curated,
        rows=tuple(row for index, row in enumerate(curated.rows) if index not in removed),
        near_duplicates=len(left_out),
        pairs=tuple((curated.rows[one].digest, curated.rows[other].digest) for one, other in left_out[:SHOWN]),
    )


def choose(parts: Split, recipe: Recipe) -> Split:
    """As many prompts to train on as the recipe wants, the most telling of them; those held out stay."""
    wanted = recipe.curation
    if wanted.too_many is not TooMany.SELECT or len(parts.train) <= wanted.most_prompts:
        return parts
    texts = [asked_of(row.prompt) for row in parts.train]
    chosen = selection.choose(texts, labels_of(parts.train, recipe.grader) or [None] * len(texts), wanted.most_prompts)
    return replace(parts, train=tuple(parts.train[index] for index in chosen))


def labels_of(rows: Sequence[Row], grader: Grader) -> list[str] | None:
    """The answers, where they are labels and every prompt has one."""
    labels = [row.prompt.reference for row in rows if row.prompt.reference is not None]
    return labels if grader is Grader.LABEL and len(labels) == len(rows) else None


def told_of(curated: Curated, everything: Split, parts: Split, grader: Grader) -> dict[str, Any]:
    """For the report: what was left out and why, and what the prompts to train on are like. Nothing is quoted."""
    texts = [asked_of(row.prompt) for row in parts.train]
    labels = labels_of(parts.train, grader)
    return {
        "near_duplicates": curated.near_duplicates,
        "near_duplicate_pairs": [list(pair) for pair in curated.pairs],
        "personal_data": {"prompts": curated.personal_prompts, "found": dict(sorted(curated.personal_data.items()))},
        "not_chosen": len(everything.train) - len(parts.train),
        "characters": to_wire(profile.lengths(texts)) if texts else None,
        "languages": dict(profile.languages(texts).most_common()),
        "labels": to_wire(profile.balance(labels)) if labels else None,
    }


def found_in(prompts: Sequence[Prompt], wanted: PersonalData) -> dict[str, Any]:
    """For the report of prompts that are taken as they are, as `told_of` tells it; nothing is looked for where personal
    data is ignored."""
    found = [_masked(prompt)[0] for prompt in prompts] if wanted is not PersonalData.IGNORE else []
    kinds = sum(found, Counter[str]())
    return {"prompts": sum(map(bool, found)), "found": dict(sorted(kinds.items()))}


def asked_of(prompt: Prompt) -> str:
    """The conversation's text, by which prompts are compared."""
    return "\n".join(text for _, text in prompt.messages)


def _without_personal_data(rows: tuple[Row, ...], wanted: PersonalData) -> Curated:
    if wanted is PersonalData.IGNORE:
        return Curated(rows=rows)
    kinds, prompts, masked = Counter[str](), 0, list[Row]()
    for row in rows:
        found, clean = _masked(row.prompt)
        kinds += found
        prompts += bool(found)
        masked.append(Row.of(clean) if found and wanted is PersonalData.MASK else row)
    if prompts and wanted is PersonalData.REJECT:
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        raise DatasetRejected(f"{prompts} prompts hold personal data ({told}); take it out, or let the recipe mask it")
    different = {row.digest: row for row in reversed(masked)}  # masking may have made prompts the same: the first stays
    return Curated(rows=tuple(reversed(different.values())), personal_data=kinds, personal_prompts=prompts)


def _masked(prompt: Prompt) -> tuple[Counter[str], Prompt]:
    """What was found in all of the prompt's texts, and the prompt without it."""
    found = Counter[str]()

    def masked(text: str) -> str:
        spans = personal.find(text)
        found.update(personal.counted(spans))
        return personal.mask(text, spans)

    return found, Prompt(
        system=None if prompt.system is None else masked(prompt.system),
        messages=tuple((role, masked(text)) for role, text in prompt.messages),
        reference=None if prompt.reference is None else masked(prompt.reference),
    )
