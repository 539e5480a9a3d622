"""The tasks of the tutorials, each from its example prompts to its verdict, and a verdict that keeps the live model.

They share one environment, in which each has a recipe of its own.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from distillery.core.conversation import Prompt, parse
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe import Recipe
from distillery.evaluation.contestants import BASE, LIVE, STUDENT
from distillery.evaluation.graders.registry import build
from distillery.evaluation.report import wire
from distillery.evaluation.report.document import Document
from distillery.settings import Settings, load
from local.account import ROOT
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import support
from tests.unit.stacks.assembly import DAYS

TASKS = ("tickets", "handbook")
FIELDS = {"amount", "date", "items", "order", "request", "urgent"}
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


def test_each_task_is_judged_by_its_grader_and_a_worse_student_is_refused(
    deploy: Deploy, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    environment = deploy("dev", settings=_settings(tmp_path / "environments"))
    runs = {task: _start(environment, task) for task in TASKS}
    with subtests.test("a student that is worse than the live one"):
        _a_worse_student_is_refused(environment)
    with subtests.test("tickets"):
        _tickets_are_graded_by_field(_judged(environment, "tickets", runs["tickets"]))
    with subtests.test("handbook"):
        _wrong_figures_are_wrong(_judged(environment, "handbook", runs["handbook"]), environment)
    assert_nothing_is_left(environment)


def _settings(folder: Path) -> Settings:
    """Returns dev's settings with the recipes of the examples.

    In the recipe of the labels, the student may be far worse than the teacher: the live model alone decides.
    """
    shutil.copytree(ROOT / "environments", folder)
    with (folder / "dev.toml").open("a", encoding="utf-8") as file:
        for task in TASKS:
            file.write("\n" + (ROOT / "examples" / task / "recipe.toml").read_text(encoding="utf-8"))
    dev = load("dev", on=DAYS["dev"], folder=folder)
    recipe = replace(dev.recipes[RECIPE], heldout_share=0.4, teacher_margin=0.5, live_margin=0.02)
    return dev.model_copy(update={"recipes": dev.recipes | {RECIPE: recipe}})


def _start(environment: Environment, task: str) -> str:
    environment.recipe = task
    lines = (ROOT / "examples" / task / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    return environment.start_run([parse(line) for line in lines])


def _judged(environment: Environment, task: str, run: str) -> Document:
    """Waits for a run to be promoted. Returns its report."""
    environment.recipe = task
    record = environment.wait_for_run(run)
    assert record.outcome is Outcome.PROMOTED, record.reason
    report = _report(environment, record)
    assert {bar.outcome for bar in report.bars} == {VerdictOutcome.PASSED}
    scores = _scores(report)
    assert scores[BASE] < scores[STUDENT] < 1, "the student learns, and visibly errs"
    assert environment.ask(_prompt(report, 0))["model"] == environment.promoted().current
    return report


def _a_worse_student_is_refused(environment: Environment) -> None:
    """The second upload has two in five of the messages. Its student holds every bar but that of the live model."""
    environment.recipe = RECIPE
    first = environment.run(support())
    assert first.outcome is Outcome.PROMOTED, first.reason
    live = environment.promoted()
    second = environment.run([prompt for number, prompt in enumerate(support()) if number % 5 < 2])
    report = _report(environment, second)
    outcomes = {bar.name: bar.outcome for bar in report.bars}
    assert outcomes.pop("live_margin") is VerdictOutcome.FAILED, report.reasons
    assert set(outcomes.values()) == {VerdictOutcome.PASSED}, report.reasons
    assert report.sentence.startswith("Failed: worse than the live model by "), report.sentence
    scores = _scores(report)
    assert scores[BASE] < scores[STUDENT] < scores[LIVE]
    assert (second.outcome, environment.promoted()) == (Outcome.REJECTED, live)
    assert "live_margin" in second.reason
    assert environment.ask(support()[0])["model"] == live.current


def _tickets_are_graded_by_field(report: Document) -> None:
    (fields,) = [found for found in report.breakdowns if found.by == "field"]
    assert {part.name.partition("[")[0] for part in fields.parts} >= FIELDS
    assert min(part.scores[STUDENT] for part in fields.parts) < 1
    partly = [row for row in report.prompts if 0 < (row.answers[STUDENT].score or 0) < 1]
    assert partly, "one wrong field must not make an answer wrong as a whole"
    for row in partly:
        assert min(row.answers[STUDENT].parts.values()) < 1, row.answers[STUDENT].reason


def _wrong_figures_are_wrong(report: Document, environment: Environment) -> None:
    """No answer with a figure that neither its passages nor its reference have scores, however many words it shares."""
    recipe = environment.settings.recipes[environment.recipe]
    parts = {part.name: part.scores[STUDENT] for found in report.breakdowns for part in found.parts}
    assert parts.keys() >= {"figures", "quotations", "recall"}
    assert parts["recall"] == pytest.approx(_scores(report)[STUDENT], abs=0.05), "right answers recall all"
    invented = [
        answer.score
        for row in report.prompts
        for answer in row.answers.values()
        if set(FIGURE.findall(answer.text)) - set(FIGURE.findall(row.question + (row.reference or "")))
    ]
    assert set(invented) <= {0}
    altered = list(_altered(report, recipe))
    assert len(altered) > 20
    assert [one for one in altered if one[1] != 0] == []


def _altered(report: Document, recipe: Recipe) -> Iterator[tuple[str, float]]:
    """Yields the stored answers of the student that are right, with the first figure altered, and their scores."""
    grader = build(recipe.grader_specs)
    for row in report.prompts:
        answer = row.answers[STUDENT]
        if answer.score == 1 and (figure := FIGURE.search(answer.text)):
            wrong = answer.text[: figure.start()] + "7" + answer.text[figure.start() :]
            yield wrong, float(grader.grade(wrong, row.reference or "", _prompt(report, row.index)).score)


def _prompt(report: Document, index: int) -> Prompt:
    row = next(row for row in report.prompts if row.index == index)
    system = "".join(block.text for block in row.system) or None
    return Prompt(system=system, messages=(("user", row.question),), reference=row.reference)


def _scores(report: Document) -> dict[str, float]:
    return {one.role: one.value or 0.0 for one in report.contestants}


def _report(environment: Environment, record: RunRecord) -> Document:
    return wire.parse(environment.read(record.stages[Stage.EVALUATION].product["report_uri"]))
