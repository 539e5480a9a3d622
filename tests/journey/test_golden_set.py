"""A golden set that examiners write decides beside the held-out prompts, and no run starts without it."""

import json
from dataclasses import replace
from pathlib import Path

from distillery.core.conversation import Prompt
from distillery.core.golden import key_of
from distillery.core.pipeline import Outcome, Stage
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.notifications import listen
from tests.journey.prompts import MONEY, jsonl, support
from tests.unit.stacks.assembly import settings_of

FILE = "exam.jsonl"


def test_a_student_that_passes_the_held_out_prompts_and_fails_the_golden_set_is_not_promoted(
    deploy: Deploy, tmp_path: Path
) -> None:
    """The event of its job is lost as well: the slow poll settles it."""
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], golden_set=FILE, golden_min_score=0.9)
    settings = dev.model_copy(update={"recipes": {RECIPE: recipe}})
    environment = deploy("dev", settings=settings, lose_events=True)
    _no_run_starts_without_it(environment)
    _the_examiner_writes_it(environment, tmp_path / FILE)
    record = environment.run(support(*MONEY))
    assert (record.outcome, environment.alias()) == (Outcome.REJECTED, None), record.reason
    verdict = record.stages[Stage.EVALUATION].product
    report = json.loads(environment.read(verdict["report_uri"]))
    outcomes = {bar["name"]: bar["outcome"] for bar in report["bars"]}
    assert outcomes.pop("golden_min_score") == "failed"
    assert set(outcomes.values()) == {"passed"}, outcomes
    golden = record.run.dataset.golden
    assert golden is not None
    assert golden.prompts == verdict["golden"]["student"]["asked"] == verdict["golden"]["teacher"]["asked"] == 12
    assert verdict["golden"]["student"]["value"] < 0.9
    assert "golden_min_score does not hold" in verdict["sentence"]
    assert "golden set" in environment.command("status")
    trained = environment.read(record.run.dataset.uri).decode()
    assert all(prompt.messages[-1][1] not in trained for prompt in _exam())
    assert "no refund without a receipt" not in json.dumps(report), "the report quotes no golden prompt"
    assert_nothing_is_left(environment)


def _exam() -> list[Prompt]:
    """A rule that nobody teaches: what mentions a receipt is answered with a label of its own."""
    asked = support(*MONEY)[:12]
    return [
        replace(
            prompt,
            messages=(("user", f"{prompt.messages[-1][1]} The seller says: no refund without a receipt."),),
            reference="receipt.needed",
        )
        for prompt in asked
    ]


def _no_run_starts_without_it(environment: Environment) -> None:
    notices = listen(environment)
    environment.upload(support(*MONEY))
    (notice,) = environment.until(notices, "notice")
    assert f"{RECIPE} rejected" in notice["Subject"]
    assert key_of(RECIPE, FILE) in notice["Message"]
    assert (environment.runs(), environment.executions(), environment.inventory()["jobs"]) == ([], [], [])


def _the_examiner_writes_it(environment: Environment, file: Path) -> None:
    file.write_bytes(jsonl(_exam()))
    refused = environment.command_as("golden", RECIPE, str(file), by="operator")
    assert (refused.returncode, "ExaminerPolicyArn" in refused.stderr) == (7, True), refused.stderr
    assert "12 prompts" in environment.command("golden", RECIPE, str(file), by="examiner")
