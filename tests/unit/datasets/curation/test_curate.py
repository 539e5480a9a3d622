"""Curation: personal data, near duplicates, selection, and the report."""

from dataclasses import replace
from typing import Any

import pytest

from distillery.core.conversation import Prompt
from distillery.core.errors import DatasetRejected
from distillery.core.judging import GraderKind
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, ExcessPrompts, NearDuplicates, PersonalData
from distillery.datasets.curation.curate import (
    LabelBalance,
    curate,
    curation_report,
    measure_balance,
    removals,
    select,
    split_curated,
)
from distillery.datasets.curation.text import Lengths, count_languages, measure_lengths
from distillery.datasets.examine import Examination, prepare, read_for_recipe
from distillery.datasets.split import HashedPrompt, split
from distillery.datasets.validation.reading import InputFile
from tests.data_sets import TATQA

RECIPE = Recipe(name="support", teacher="amazon.nova-pro-v1:0", student="amazon.nova-micro-v1:0")


def rows(*texts: str, reference: str | None = "billing", system: str | None = None) -> list[HashedPrompt]:
    return [HashedPrompt.of(Prompt(system=system, messages=(("user", text),), reference=reference)) for text in texts]


def texts_of(found: tuple[HashedPrompt, ...]) -> list[str]:
    return [row.prompt.messages[0][1] for row in found]


CARD = [
    "Why has my new card not arrived yet, please?",
    "why has my new card not arrived yet please",
    "Close my account.",
]


@pytest.mark.parametrize(
    ("settings", "remaining", "counted"),
    [
        (NearDuplicates.REMOVE, [CARD[0], CARD[2]], 1),
        (NearDuplicates.REPORT, CARD, 1),
        (NearDuplicates.IGNORE, CARD, 0),
    ],
)
def test_near_duplicates_are_removed_reported_or_ignored(
    settings: NearDuplicates, remaining: list[str], counted: int
) -> None:
    curated = curate(rows(*CARD), Curation(near_duplicates=settings))
    assert texts_of(curated.rows) == remaining
    assert curated.near_duplicates == counted == len(curated.pairs)


MAIL = "Write to jo@example.com about the fee"


@pytest.mark.parametrize(
    ("settings", "remaining", "counted"),
    [
        (PersonalData.MASK, "Write to [EMAIL] about the fee", {"email": 1}),
        (PersonalData.REPORT, MAIL, {"email": 1}),
        (PersonalData.IGNORE, MAIL, {}),
    ],
)
def test_personal_data_is_masked_reported_or_ignored(
    settings: PersonalData, remaining: str, counted: dict[str, int]
) -> None:
    curated = curate(rows(MAIL, "Close my account."), Curation(personal_data=settings))
    assert texts_of(curated.rows) == [remaining, "Close my account."]
    assert (dict(curated.personal_data), curated.personal_prompts) == (counted, len(counted))


def test_personal_data_is_rejected_where_the_recipe_says_so() -> None:
    with pytest.raises(DatasetRejected, match="1 prompts contain personal data \\(1 email\\)"):
        curate(rows(MAIL), Curation(personal_data=PersonalData.REJECT))


def test_every_text_is_masked_and_equal_prompts_are_merged() -> None:
    given = rows("ask a@b.co", "ask c@d.co", reference="mail e@f.co", system="from g@h.co")
    (row,) = curate(given, Curation(personal_data=PersonalData.MASK)).rows
    assert row.prompt == Prompt(system="from [EMAIL]", messages=(("user", "ask [EMAIL]"),), reference="mail [EMAIL]")
    assert row == HashedPrompt.of(row.prompt)


def labelled() -> list[HashedPrompt]:
    questions = [
        (f"{verb} the {thing} {number}", thing)
        for thing in ("card", "fee")
        for number, verb in enumerate(
            ("lost", "found", "sent", "paid", "kept", "took", "gave", "sold", "made", "read") * 3
        )
    ]
    return [row for text, thing in questions for row in rows(text, reference=thing)]


@pytest.mark.parametrize("count", [10, 25])
def test_a_selection_is_balanced_and_leaves_held_out_prompts(count: int) -> None:
    recipe = replace(RECIPE, curation=Curation(too_many=ExcessPrompts.SELECT, most_prompts=count))
    all_parts = split(labelled(), share=0.2, max_heldout=20)
    parts = select(all_parts, recipe)
    assert parts.heldout == all_parts.heldout
    assert len(parts.train) == count
    assert set(parts.train) <= set(all_parts.train)
    per_label = [[row.prompt.reference for row in parts.train].count(label) for label in ("card", "fee")]
    assert max(per_label) - min(per_label) <= 1


def test_nothing_is_selected_unless_the_recipe_says_so() -> None:
    all_parts = split(labelled(), share=0.2, max_heldout=20)
    assert select(all_parts, replace(RECIPE, curation=Curation(most_prompts=10))) is all_parts


def test_the_report_counts_what_was_removed_and_quotes_nothing() -> None:
    settings = Curation(too_many=ExcessPrompts.SELECT, most_prompts=10)
    curated = curate([*labelled(), *rows(MAIL, f"{MAIL}!")], settings)
    all_parts = split(curated.rows, share=0.2, max_heldout=20)
    parts = select(all_parts, replace(RECIPE, curation=settings))
    report: dict[str, Any] = curation_report(curated, all_parts, parts, True)
    assert report["near_duplicates"] == len(report["near_duplicate_pairs"]) == 1
    assert report["personal_data"] == {"prompts": 2, "found": {"email": 2}}
    assert report["not_chosen"] == len(all_parts.train) - 10
    assert sum(report["languages"].values()) == 10
    assert report["labels"]["labels"] in (2, 3)
    assert "jo@example.com" not in str(report)


@pytest.mark.parametrize("by", ["passage", "system", "Customer"])
def test_groups_of_the_recipe_are_kept_together(by: str) -> None:
    passages = [f"Report {n}: revenue grew by {n} percent in the year, more than in any before." for n in range(40)]
    prompts = [
        row
        for n, passage in enumerate(passages)
        for question in ("Why?", "How much?", "Since when?")
        for row in rows(f"Customer: {n}\n{passage}\n{question}", system=f"Answer for reader {n}.")
    ]
    parts = split_curated(curate(prompts, Curation()), replace(RECIPE, split_group=by, heldout_share=0.3))
    sides = [{row.prompt.system for row in side} for side in (parts.train, parts.heldout)]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]
    assert parts.dropped == 0


@pytest.mark.parametrize("by", ["system", "Customer"])
def test_a_group_is_the_same_in_any_letter_case_and_spacing(by: str) -> None:
    prompts = [
        row
        for n in range(40)
        for name in (f"Acme {n}", f"ACME {n}", f"acme  {n} ")
        for row in rows(f"Customer: {name}\nWhat does {name!r} owe us?", system=f"Answer for {name}")
    ]
    parts = split_curated(curate(prompts, Curation()), replace(RECIPE, split_group=by, heldout_share=0.3))
    sides = [{row.prompt.messages[0][1].split()[2] for row in side} for side in (parts.train, parts.heldout)]
    assert all(sides)
    assert not sides[0] & sides[1]


def test_a_passage_on_both_sides_is_counted() -> None:
    passages = [f"Report {n}: revenue grew by {n} percent in the year, more than in any before." for n in range(40)]
    prompts = rows(*(f"{passage}\nQuestion {n}?" for passage in passages for n in range(3)))
    curated = curate(prompts, Curation())
    parts = split_curated(curated, RECIPE)
    report = curation_report(curated, parts, parts, True)
    trained = {row.prompt.messages[0][1].split("\n")[0] for row in parts.train}
    assert report["passages_on_both_sides"] == sum(
        row.prompt.messages[0][1].split("\n")[0] in trained for row in parts.heldout
    )
    assert report["passages_on_both_sides"] > 0


def test_what_left_training_is_counted_in_words() -> None:
    curated = curate(rows(*CARD, "mail a@b.co", "mail c@d.co"), Curation(personal_data=PersonalData.MASK))
    parts = split_curated(curated, replace(RECIPE, heldout_share=0.9, heldout_max=1))
    assert "1 became equal by masking" in removals(curated, parts)
    assert "are held back beyond heldout_max" in removals(curated, parts)


@pytest.mark.skipif(
    not TATQA.exists(), reason="the questions of TAT-QA are not here: name their folder in DISTILLERY_TATQA"
)
def test_questions_about_reports_lose_nothing_by_default() -> None:
    """1,668 questions, of which two are repeated: one with the same answer, one with another."""
    recipe = replace(RECIPE, grader=GraderKind.OVERLAP)
    examination = Examination("support")
    with TATQA.open("rb") as body:
        reader = read_for_recipe([InputFile("dev.jsonl", "dev.jsonl", None, body)], recipe)
    prepared = prepare(reader, recipe, examination)
    assert {found.to_json()["code"]: found.to_json()["count"] for found in reader.findings} == {
        "duplicate-prompt": 1,
        "conflicting-answers": 1,
    }
    report = examination.curation
    assert report is not None
    assert (report["near_duplicates"], report["beside_held_out"]) == (0, 0)
    assert prepared.size.prompts + prepared.size.heldout + report["held_back"] == 1_666
    assert prepared.train.count(b"\n") + prepared.heldout.count(b"\n") == 1_666
    assert report["passages_on_both_sides"] > 200


def test_free_text_answers_are_not_labels() -> None:
    parts = split(labelled(), share=0.2, max_heldout=20)
    assert curation_report(curate(labelled(), Curation()), parts, parts, False)["labels"] is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["four"], Lengths(shortest=4, p50=4, p95=4, longest=4)),
        (["a" * n for n in range(1, 101)], Lengths(shortest=1, p50=50, p95=95, longest=100)),
    ],
)
def test_lengths_are_in_characters(texts: list[str], expected: Lengths) -> None:
    assert measure_lengths(texts) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a"], LabelBalance(labels=1, rarest=1, commonest=1, evenness=1.0)),
        (["a", "b"] * 5, LabelBalance(labels=2, rarest=5, commonest=5, evenness=1.0)),
        (["a"] * 9 + ["b"], LabelBalance(labels=2, rarest=1, commonest=9, evenness=0.469)),
    ],
)
def test_balance_is_normalized_entropy(labels: list[str], expected: LabelBalance) -> None:
    assert measure_balance(labels) == expected


def test_languages_are_identified_or_undetermined() -> None:
    texts = ["Meine Karte ist leider noch nicht angekommen", "My card has unfortunately not arrived yet", "12345"]
    assert count_languages(texts) == {"de": 1, "en": 1, "und": 1}
