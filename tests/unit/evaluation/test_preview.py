"""What is said about a verdict before anything is paid for."""

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.recipe import Recipe
from distillery.evaluation.preview import Heldout, preview
from distillery.evaluation.statistics.planning import detectable_difference, points
from tests.fakes.pipeline import recipe

TICKETS = [json.dumps({"order": f"A-{n}", "items": [n]}) for n in range(60)]
LABELS = ["late", "lost", "early"] * 20
MANY = Heldout(prompts=400)


def prompts(references: Sequence[str | None]) -> list[Prompt]:
    return [
        Prompt(system=None, messages=(("user", f"What of {n}?"),), reference=reference)
        for n, reference in enumerate(references)
    ]


def graded(*kinds: str, **options: Any) -> Recipe:
    specs = tuple(GraderSpec(kind=GraderKind(kind), options=options) for kind in kinds)
    return replace(recipe(), graders=specs, teacher_margin=0.1, live_margin=0.1, min_share_of_teacher=None)


@pytest.mark.parametrize(
    ("kinds", "references", "told"),
    [
        (["label"], LABELS, []),
        (["label"], [ticket * 9 for ticket in TICKETS], ["`label` does not fit the references"]),
        (["label"], [f"{ticket} and some more text to be long" * 4 for ticket in TICKETS], ['use grader = "overlap"']),
        (["json"], TICKETS, []),
        (["json"], LABELS, ['use grader = "label"']),
        (["label", "json"], LABELS[:30] + TICKETS[:30], []),
        (
            ["json", "number"],
            TICKETS + ["no number at all"] * 20,
            ["none of the graders can judge by 20 of 80", "`number` can judge by 0 of 80"],
        ),
        (["label", "table"], LABELS, ["the grader `table` can judge by 0 of 60 references; remove it"]),
        (["overlap", "label"], LABELS, ["`overlap` does not fit the references"]),
    ],
)
def test_graders_that_do_not_fit_are_told_with_a_kind_that_does(
    kinds: list[str], references: list[str], told: list[str]
) -> None:
    found = preview(graded(*kinds), prompts(references), MANY).warnings.get("grader-misfit", ())
    assert len(found) == len(told), found
    assert all(part in text for part, text in zip(told, found, strict=True)), found


@pytest.mark.parametrize(
    ("made", "needed"),
    [
        (graded("label"), "`label` needs one: the verdict will be inconclusive"),
        (graded("json"), "`json` needs one"),
        (graded("json", schema={"type": "object"}), ""),
        (graded("quotes"), ""),
        (graded("contains", phrases=["sorry"]), ""),
        (graded("label", "quotes"), "`label` needs one"),
    ],
)
def test_without_references_only_graders_that_need_none_decide(made: Recipe, needed: str) -> None:
    heldout = replace(MANY, labelled=False)
    for references in ([None] * 60, [*LABELS[:30], *[None] * 30]):
        (told,) = preview(made, prompts(references), heldout).warnings.get("references-needed", ("",))
        assert needed in told
        assert bool(told) is bool(needed)
    assert "references-needed" not in preview(made, prompts(LABELS), MANY).warnings


@pytest.mark.parametrize(
    ("heldout", "teacher", "live", "told"),
    [
        (MANY, 0.05, 0.05, ""),
        (Heldout(prompts=136), 0.15, 0.05, "live_margin is 5 points, and 136 held-out prompts detect 8.4"),
        (Heldout(prompts=136), 0.05, 0.1, "teacher_margin is 5 points, and 136"),
        (Heldout(prompts=60), 0.05, 0.04, "teacher_margin is 5 points and live_margin is 4 points, and 60"),
        (Heldout(prompts=400, families=[n // 4 for n in range(400)]), 0.15, 0.05, "live_margin is 5 points, and 400"),
        (Heldout(prompts=40, families=[n // 2 for n in range(40)]), 0.9, 0.9, "cannot compare two models"),
    ],
)
def test_margins_below_what_is_detected_are_told(heldout: Heldout, teacher: float, live: float, told: str) -> None:
    made = replace(graded("label"), teacher_margin=teacher, live_margin=live)
    (found,) = preview(made, prompts(LABELS), heldout).warnings.get("margin-too-small", ("",))
    assert told in found
    assert bool(found) is bool(told)


JUDGE = {"model": "anthropic.claude-haiku-4-5-20251001-v1:0"}


@pytest.mark.parametrize("references", [[None] * 40, ["late"] * 40, [None] * 20 + LABELS[:20]])
@pytest.mark.parametrize(
    ("words", "of", "told"), [(1, 40, ""), (700, 40, "cannot read 40 of 40"), (700, 1, "cannot read 1 of 40")]
)
@pytest.mark.parametrize("others", [(), ("label",)])
def test_prompts_that_a_judge_cannot_read_are_told_with_and_without_references(
    references: list[str | None], words: int, of: int, told: str, others: tuple[str, ...]
) -> None:
    given = [
        replace(prompt, system="Answer. " * (words if number < of else 1))
        for number, prompt in enumerate(prompts(references))
    ]
    judged = graded("judge", **JUDGE)
    made = replace(judged, graders=(*judged.graders, *(graded(*others).graders if others else ())))
    found = [text for text in preview(made, given, MANY).warnings.get("grader-misfit", ()) if "cannot read" in text]
    assert len(found) == bool(told)
    assert all(told in text and "4096 bytes" in text for text in found)


def test_it_says_how_many_prompts_would_detect_the_margin() -> None:
    made = replace(graded("label"), teacher_margin=0.05)
    (found,) = preview(made, prompts(LABELS), Heldout(prompts=60)).warnings["margin-too-small"]
    needed = int(found.rpartition("; ")[2].split()[0])
    assert detectable_difference(needed) <= 0.05 < detectable_difference(needed - 1)
    assert "margin-too-small" not in preview(replace(made, live_margin=0.05), [], Heldout(prompts=needed)).warnings


@given(st.lists(st.integers(0, 30), min_size=1, max_size=400))
def test_families_count_less_than_their_prompts(families: list[int]) -> None:
    heldout = Heldout(prompts=len(families), families=families)
    assert 1 <= heldout.independent <= len(set(families))
    told = preview(graded("label"), [], heldout)
    alone = preview(graded("label"), [], Heldout(prompts=len(families)))
    if told.detectable is not None:
        assert alone.detectable is not None
        assert told.detectable >= alone.detectable
        assert f"{points(told.detectable)} points" in told.sentence
    assert told.described["detectable_difference"] == told.detectable


def test_a_number_of_families_of_one_size_is_their_number() -> None:
    assert Heldout(prompts=120, families=[n // 3 for n in range(120)]).independent == Fraction(40)
    assert (
        "equivalent to 40 independent ones"
        in preview(graded("label"), [], Heldout(prompts=120, families=[n // 3 for n in range(120)])).sentence
    )


@pytest.mark.parametrize(("share", "text"), [(0.05, "5"), (0.083, "8.3"), (0.0831, "8.4"), (0.1, "10"), (0.3, "30")])
def test_points_are_rounded_up(share: float, text: str) -> None:
    assert points(share) == text


def test_a_grader_whose_package_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_spec: GraderSpec) -> Any:
        raise ModuleNotFoundError("jsonschema")

    monkeypatch.setattr("distillery.evaluation.preview.build_one", missing)
    told = preview(graded("json"), prompts(LABELS), MANY)
    assert told.warnings == {}
    assert told.detectable is not None
