"""The pipeline on real questions about financial reports, and a verdict that refuses what the stand-ins cannot do."""

from dataclasses import replace
from decimal import Decimal

import pytest

from distillery.core.conversation import Prompt, parse
from distillery.core.judging import GraderKind, GraderSpec, VerdictOutcome
from distillery.core.pipeline import Outcome, Stage
from distillery.evaluation.contestants import STUDENT, TEACHER
from distillery.evaluation.graders.registry import build
from distillery.evaluation.report import wire
from tests.data_sets import TATQA
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE
from tests.unit.stacks.assembly import settings_of

FIGURES = GraderSpec(kind=GraderKind.NUMBER, options={"take": "first", "significant_digits": 3})
EXTRACTS = GraderSpec(kind=GraderKind.QUOTES)


@pytest.mark.skipif(
    not TATQA.exists(), reason=f"this journey needs the data set TAT-QA, not found in {TATQA.parent}: DISTILLERY_TATQA"
)
def test_questions_about_reports_are_judged_by_figures_and_extracts(deploy: Deploy) -> None:
    """The student has tens of reports to learn from and is asked about others. It knows their answers, not the way."""
    dev = settings_of("dev")
    recipe = replace(
        dev.recipes[RECIPE],
        graders=(FIGURES, EXTRACTS),
        split_group="passage",
        max_answer_tokens=128,
        min_teacher_score=0.5,
        budget_usd=Decimal(40),
    )
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))
    record = environment.run([parse(line) for line in TATQA.read_text(encoding="utf-8").splitlines()])
    assert record.outcome is Outcome.REJECTED, record.reason
    report = wire.parse(environment.read(record.stages[Stage.EVALUATION].product["report_uri"]))
    outcomes = {bar.name: bar.outcome for bar in report.bars}
    assert report.outcome is VerdictOutcome.FAILED
    assert outcomes["min_score"] is outcomes["min_teacher_score"] is VerdictOutcome.FAILED, report.reasons
    for one in report.contestants:
        assert (one.scored, one.missing, one.asked) == (one.asked, 0, record.run.dataset.heldout), one
    for role in (TEACHER, STUDENT):
        found = report.contestant(role)
        assert found is not None
        assert 0 < (found.value or 0) < 0.2
    grader = build(recipe.grader_specs)
    for row in report.prompts:
        prompt = Prompt(system=None, messages=(("user", row.question),), reference=row.reference)
        assert grader.grade(row.reference or "", row.reference or "", prompt).score == 1
    assert environment.alias() is None
    assert_nothing_is_left(environment)
