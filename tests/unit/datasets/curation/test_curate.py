"""What becomes of prompts: personal data, near duplicates, more prompts than wanted, and what the report tells."""

from dataclasses import replace
from typing import Any

import pytest

from distillery.core.conversation import Prompt
from distillery.core.curation import Curation, NearDuplicates, PersonalData, TooMany
from distillery.core.errors import DatasetRejected
from distillery.core.recipe import Grader, Recipe
from distillery.datasets.curation.curate import choose, curate, told_of
from distillery.datasets.row import Row
from distillery.datasets.split import split

RECIPE = Recipe(name="support", teacher="amazon.nova-pro-v1:0", student="amazon.nova-micro-v1:0")


def rows(*texts: str, reference: str | None = "billing", system: str | None = None) -> list[Row]:
    return [Row.of(Prompt(system=system, messages=(("user", text),), reference=reference)) for text in texts]


def said(found: tuple[Row, ...]) -> list[str]:
    return [row.prompt.messages[0][1] for row in found]


CARD = [
    "Why has my new card not arrived yet, please?",
    "why has my new card not arrived yet please",
    "Close my account.",
]


@pytest.mark.parametrize(
    ("wanted", "left", "counted"),
    [
        (NearDuplicates.REMOVE, [CARD[0], CARD[2]], 1),
        (NearDuplicates.REPORT, CARD, 1),
        (NearDuplicates.IGNORE, CARD, 0),
    ],
)
def test_near_duplicates_are_removed_reported_or_ignored(wanted: NearDuplicates, left: list[str], counted: int) -> None:
    curated = curate(rows(*CARD), Curation(near_duplicates=wanted))
    assert said(curated.rows) == left
    assert curated.near_duplicates == counted == len(curated.pairs)


MAIL = "Write to jo@example.com about the fee"


@pytest.mark.parametrize(
    ("wanted", "left", "counted"),
    [
        (PersonalData.MASK, "Write to [EMAIL] about the fee", {"email": 1}),
        (PersonalData.REPORT, MAIL, {"email": 1}),
        (PersonalData.IGNORE, MAIL, {}),
    ],
)
def test_personal_data_is_masked_reported_or_ignored(wanted: PersonalData, left: str, counted: dict[str, int]) -> None:
    curated = curate(rows(MAIL, "Close my account."), Curation(personal_data=wanted))
    assert said(curated.rows) == [left, "Close my account."]
    assert (dict(curated.personal_data), curated.personal_prompts) == (counted, len(counted))


def test_personal_data_refuses_the_upload_where_the_recipe_says_so() -> None:
    with pytest.raises(DatasetRejected, match="1 prompts hold personal data \\(1 email\\)"):
        curate(rows(MAIL), Curation(personal_data=PersonalData.REJECT))


def test_every_text_of_a_prompt_is_masked_and_prompts_that_become_the_same_are_one() -> None:
    given = rows("ask a@b.co", "ask c@d.co", reference="mail e@f.co", system="from g@h.co")
    (row,) = curate(given, Curation(personal_data=PersonalData.MASK)).rows
    assert row.prompt == Prompt(system="from [EMAIL]", messages=(("user", "ask [EMAIL]"),), reference="mail [EMAIL]")
    assert row == Row.of(row.prompt)


def labelled() -> list[Row]:
    questions = [
        (f"{verb} the {thing} {number}", thing)
        for thing in ("card", "fee")
        for number, verb in enumerate(
            ("lost", "found", "sent", "paid", "kept", "took", "gave", "sold", "made", "read") * 3
        )
    ]
    return [row for text, thing in questions for row in rows(text, reference=thing)]


@pytest.mark.parametrize("most", [10, 25])
def test_a_choice_leaves_what_is_held_out_and_is_even_over_labels(most: int) -> None:
    recipe = replace(RECIPE, curation=Curation(too_many=TooMany.SELECT, most_prompts=most))
    everything = split(labelled(), share=0.2, most=20)
    parts = choose(everything, recipe)
    assert parts.heldout == everything.heldout
    assert len(parts.train) == most
    assert set(parts.train) <= set(everything.train)
    per_label = [[row.prompt.reference for row in parts.train].count(label) for label in ("card", "fee")]
    assert max(per_label) - min(per_label) <= 1


def test_nothing_is_chosen_unless_the_recipe_says_so() -> None:
    everything = split(labelled(), share=0.2, most=20)
    assert choose(everything, replace(RECIPE, curation=Curation(most_prompts=10))) is everything


def test_the_report_tells_what_was_left_out_and_what_is_left_and_quotes_nothing() -> None:
    wanted = Curation(too_many=TooMany.SELECT, most_prompts=10)
    curated = curate([*labelled(), *rows(MAIL, f"{MAIL}!")], wanted)
    everything = split(curated.rows, share=0.2, most=20)
    parts = choose(everything, replace(RECIPE, curation=wanted))
    told: dict[str, Any] = told_of(curated, everything, parts, Grader.LABEL)
    assert told["near_duplicates"] == len(told["near_duplicate_pairs"]) == 1
    assert told["personal_data"] == {"prompts": 2, "found": {"email": 2}}
    assert told["not_chosen"] == len(everything.train) - 10
    assert sum(told["languages"].values()) == 10
    assert told["labels"]["labels"] in (2, 3)
    assert "jo@example.com" not in str(told)


def test_answers_in_free_text_are_no_labels() -> None:
    parts = split(labelled(), share=0.2, most=20)
    assert told_of(curate(labelled(), Curation()), parts, parts, Grader.OVERLAP)["labels"] is None
