"""`distillery doctor` in a deployed environment: nothing blocks, and what the local account lacks is said."""

import json
import subprocess
import sys
from typing import Any

from distillery.core.pipeline import Outcome
from local.account import ROOT
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.prompts import support

LACKING = {"cost-tags", "cross-region", "access", "deployer", "first-contact"}
"""Checks of which the local account does not know everything: it has no Cost Explorer and no organization, and its user
here is root, for whom nothing can be simulated."""


def examined(environment: Environment, *words: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "distillery",
        "--env",
        environment.settings.environment,
        "doctor",
        "--json",
        *words,
    ]
    variables = environment.account.environ(environment.home)
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_deployed_environment_is_well_and_first_contact_is_recorded(deploy: Deploy) -> None:
    environment = deploy("dev")
    said = examined(environment, "--spend", "1")
    assert said["good"], [each for each in said["findings"] if each["severity"] == "blocks"]
    unchecked = {each["check"] for each in said["findings"] if each["severity"] == "unchecked"}
    assert unchecked <= LACKING, [each["what"] for each in said["findings"] if each["check"] in unchecked - LACKING]
    warned = {each["check"]: each["what"] for each in said["findings"] if each["severity"] == "warns"}
    # The checkout may hold the templates of another synth, which are not what is deployed here.
    assert set(warned) <= {"notices", "credentials", "templates"}, warned
    answers = {each["question"]: each["answer"] for each in said["answers"]}
    assert answers["missing-job"] == "ResourceNotFoundException"
    assert answers["student-listed"] == "yes"
    assert answers["models-answer"] == "yes"
    stored = environment.client("ssm").get_parameter(Name=environment.names.first_contact)["Parameter"]["Value"]
    assert {each["question"] for each in json.loads(stored)["answers"]} == {
        question for question, answer in answers.items() if answer is not None
    }
    _a_run_is_promoted_the_other_way(environment)


def _a_run_is_promoted_the_other_way(environment: Environment) -> None:
    """What is undocumented is the other way round than in every other journey, and nothing is refused for it.

    First contact is asked again first: its old answer says that the student is listed, which would refuse the run.
    """
    environment.set_undocumented(
        missing_jobs_are_invalid=True, students_list_distillation=False, optimized_application_profiles=True
    )
    answers = {each["question"]: each["answer"] for each in examined(environment, "--ask-aws")["answers"]}
    assert (answers["missing-job"], answers["student-listed"]) == ("ValidationException", "no")
    record = environment.run(support())
    assert record.outcome is Outcome.PROMOTED, record.reason
