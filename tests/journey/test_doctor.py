"""`distillery doctor` in a deployed environment: nothing blocks, and what the local account lacks is said."""

import json
import subprocess
import sys
from typing import Any

from local.account import ROOT
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment

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
    assert set(warned) <= {"notices", "credentials"}, warned
    answers = {each["question"]: each["answer"] for each in said["answers"]}
    assert answers["missing-job"] == "ResourceNotFoundException"
    assert answers["student-listed"] == "yes"
    assert answers["models-answer"] == "yes"
    stored = environment.client("ssm").get_parameter(Name=environment.names.first_contact)["Parameter"]["Value"]
    assert {each["question"] for each in json.loads(stored)["answers"]} == {
        question for question, answer in answers.items() if answer is not None
    }
