"""Which grader fits which references."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.judging import GraderKind
from distillery.evaluation.graders.fit import misfit
from distillery.evaluation.graders.grade import Grader
from distillery.evaluation.graders.json_fields import Json
from distillery.evaluation.graders.label import Label
from distillery.evaluation.graders.overlap import Overlap
from distillery.evaluation.graders.patterns import Contains, Pattern
from tests.unit.evaluation.graders.given import HOSTILE, TEXTS

GRADERS: dict[GraderKind, Grader] = {
    GraderKind.LABEL: Label(),
    GraderKind.JSON: Json(),
    GraderKind.OVERLAP: Overlap(),
    GraderKind.CONTAINS: Contains(),
    GraderKind.PATTERN: Pattern(pattern=r"\d+"),
}


def prompts(*references: str | None, asked: str = "?") -> list[Prompt]:
    return [Prompt(system=None, messages=(("user", asked),), reference=reference) for reference in references]


LABELS = [f"delivery.{kind}" for kind in ("late", "lost", "early")] * 10
TICKETS = [json.dumps({"order": f"A-{n}", "type": "late", "items": [n]}) for n in range(30)]
SENTENCES = [f"Your parcel number {n} is on its way and arrives in {n + 2} days from now" for n in range(30)]
CHINESE = [f"您的第{n}个包裹正在路上，预计在{n + 2}天后送达您的地址" for n in range(30)]
NUMBERS = [f"${n},500.25 million" for n in range(1, 31)]
TABLES = [f"| year | sales |\n|---|---|\n| 2019 | {n} |" for n in range(30)]
CSV = [f"year,sales\n2019,{n}" for n in range(30)]
CODES = [f"AB-{n}" for n in range(30)]
NAMES = [f"Person Number{n}" for n in range(30)]
TEXT_AND_TICKETS = [*TICKETS[:27], *SENTENCES[:3]]
SOURCE = "The parcel leaves the depot in the morning. It arrives two days later."
QUOTING = [f"It is late ({n}): “The parcel leaves the depot in the morning.” So wait for it now." for n in range(30)]

FITS = [
    (GraderKind.LABEL, LABELS, None),
    (GraderKind.LABEL, CODES, None),
    (GraderKind.LABEL, NUMBERS, None),
    (GraderKind.LABEL, TICKETS[:3], None),
    (GraderKind.LABEL, TICKETS, GraderKind.JSON),
    (GraderKind.LABEL, [f"```json\n{ticket}\n```" for ticket in TICKETS], GraderKind.JSON),
    (GraderKind.LABEL, SENTENCES, GraderKind.OVERLAP),
    (GraderKind.LABEL, CHINESE, GraderKind.OVERLAP),
    (GraderKind.LABEL, TABLES, GraderKind.TABLE),
    (GraderKind.LABEL, CSV, GraderKind.TABLE),
    (GraderKind.JSON, TICKETS, None),
    (GraderKind.JSON, [*TICKETS, "late"], None),
    (GraderKind.JSON, TEXT_AND_TICKETS, "correct the references"),
    (GraderKind.JSON, LABELS, GraderKind.LABEL),
    (GraderKind.JSON, SENTENCES, GraderKind.OVERLAP),
    (GraderKind.JSON, NUMBERS, GraderKind.NUMBER),
    (GraderKind.JSON, NAMES, GraderKind.CONTAINS),
    (GraderKind.OVERLAP, SENTENCES, None),
    (GraderKind.OVERLAP, CHINESE, None),
    (GraderKind.OVERLAP, LABELS, GraderKind.LABEL),
    (GraderKind.OVERLAP, TICKETS, GraderKind.JSON),
    (GraderKind.OVERLAP, NUMBERS, GraderKind.NUMBER),
    (GraderKind.OVERLAP, CSV, GraderKind.TABLE),
    (GraderKind.CONTAINS, CODES, None),
    (GraderKind.CONTAINS, [f"{text} {text}" for text in SENTENCES], GraderKind.OVERLAP),
    (GraderKind.CONTAINS, ["?!"] * 30, GraderKind.LABEL),
    (GraderKind.PATTERN, SENTENCES, None),
]


@pytest.mark.parametrize(("kind", "references", "proposed"), FITS)
def test_a_grader_that_does_not_fit_is_told_with_one_that_does(
    kind: GraderKind, references: list[str], proposed: GraderKind | str | None
) -> None:
    found = misfit(kind, GRADERS[kind], prompts(*references))
    if proposed is None:
        assert found is None
        return
    assert found is not None
    assert str(proposed) in str(found)
    assert f"`{kind}` does not fit" in str(found)
    assert isinstance(proposed, GraderKind) == (found.proposed is not None)


def test_references_that_quote_the_prompt_are_answers_from_documents() -> None:
    found = misfit(GraderKind.LABEL, Label(), prompts(*QUOTING, asked=SOURCE))
    assert found is not None
    assert found.proposed is GraderKind.QUOTES
    other = misfit(GraderKind.LABEL, Label(), prompts(*QUOTING))
    assert other is not None
    assert other.proposed is GraderKind.OVERLAP


def test_without_references_only_some_graders_judge() -> None:
    found = misfit(GraderKind.LABEL, Label(), prompts(None, None))
    assert found is not None
    assert "none of 2 prompts" in found.reason
    assert misfit(GraderKind.PATTERN, Pattern(pattern="a"), prompts(None, None)) is None
    assert misfit(GraderKind.JSON, Json(schema={"type": "object"}), prompts(None)) is None
    assert misfit(GraderKind.LABEL, Label(), []) is None


def test_prompts_without_references_are_left_out() -> None:
    assert misfit(GraderKind.LABEL, Label(), prompts(*LABELS, *[None] * 100)) is None


@given(st.sampled_from([*GRADERS]), st.lists(TEXTS | st.none() | st.sampled_from(HOSTILE[:3]), max_size=8))
def test_any_references_are_judged(kind: GraderKind, references: list[str | None]) -> None:
    found = misfit(kind, GRADERS[kind], prompts(*references))
    assert found == misfit(kind, GRADERS[kind], prompts(*references))
    assert found is None or (found.reason and found.proposed is not kind)


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_references_are_judged(hostile: str) -> None:
    for kind, grader in GRADERS.items():
        misfit(kind, grader, prompts(hostile[:9000], asked=hostile[:9000]))
