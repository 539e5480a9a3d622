"""Every command of every runbook, read from the pages and run in their order by a user who holds the on-call policy
alone. Commands for which a page names another role are denied to that user.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from distillery.cli.exit_codes import ExitCode
from distillery.core.names import PROMPTS_PREFIX
from distillery.core.pipeline import Outcome
from local.account import ROOT
from tests import aws_cli, waiting
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.full_settings import full_settings
from tests.journey.policies import resource
from tests.journey.prompts import DELIVERY, MONEY, jsonl, support
from tests.runbooks import DEPLOYER, ON_CALL, PAGES, RunbookCommand, commands

PROGRAMS = {"aws": "tests.aws_cli", "distillery": "distillery"}
PLACEHOLDER = re.compile(r"(?<![$\w])(QUEUE|HANDLE|NAME|ARN|RUN|JOB|ROUTE|RECIPE|STREAM|VERSION)\b(?!=)")
FIRST = ("failed-run.md", "incidents/roll-back.md")
OTHERS = [page for page in PAGES if page not in FIRST]
"""These follow, because they name the commands of the first pages again, in sentences."""
DENIED = {"aws": aws_cli.SERVICE_ERROR, "distillery": ExitCode.AWS_ERROR}
REFUSED = 4
"""The exit code of a command that the caller may run, and that the state of the run or alias refuses."""


class OnCall:
    """The person on call, with a shell in a folder of their own."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.failed, self.active, self.answer, self.letters = "", "", "", ""
        programs = folder / "bin"
        programs.mkdir()
        for name, module in PROGRAMS.items():
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            (programs / name).chmod(0o755)
        (folder / "prompts.jsonl").write_bytes(jsonl(support(*DELIVERY)))
        self.variables = {
            **environment.account.environ(environment.home),
            **environment.credentials(ON_CALL),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'packages' / 'bedrock-simulator' / 'src'}",
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "ENV": environment.settings.environment,
            "REGION": environment.home,
            "STATE_MACHINE": str(environment.outputs["state_machine"]),
        }

    def follow(self, page: str) -> list[str]:
        """Runs the commands of a page. Returns those that did not end as they must."""
        before, wrong = list[str](), []
        for command in commands(page):
            if command.who == DEPLOYER:
                continue  # `make demo` and every journey deploy
            text = self._filled(command.text)
            if command.assigns:
                before.append(text)
            done = self._run("\n".join([*before, text]))
            self.answer = done.stdout
            if not _is_as_expected(command, done):
                wrong.append(f"{page}: {text} ({command.who})\n  {done.returncode} {done.stdout} {done.stderr}")
            self._after(command)
        return wrong

    def _run(self, script: str) -> "subprocess.CompletedProcess[str]":
        whole = f"set -e -o pipefail\n{script}\n"
        return subprocess.run(
            ["bash", "-c", whole], cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )

    def _filled(self, text: str) -> str:
        """The command with the names of this environment."""
        values: Mapping[str, Callable[[], str]] = {
            "QUEUE": self._queue,
            "HANDLE": self._handle,
            "NAME": lambda: resource(self.environment, "pipeline", "EndpointSweepFunction"),
            "ARN": lambda: self.environment.execution_arn(self.failed),
            "RUN": lambda: self._active_run() if " stop " in text else self.failed,
            "JOB": lambda: self.environment.names.job(self.failed),
            "ROUTE": lambda: "fast",
            "RECIPE": lambda: RECIPE,
            "STREAM": lambda: "stream",
            "VERSION": lambda: str(self.environment.promoted().version - 1),
        }
        text = text.replace("ENV=prod", f"ENV={self.environment.settings.environment}").replace("$JOB", "JOB")
        if "body.json" in text:
            text = text.replace("NAME", str(self.environment.outputs["functions"]["dataset"]))
        return PLACEHOLDER.sub(lambda found: values[found[1]](), text)

    def _queue(self) -> str:
        return dead_letters(self.environment).rsplit("/", 1)[-1]

    def _handle(self) -> str:
        (letter,) = json.loads(self.letters)["Messages"]
        return str(letter["ReceiptHandle"])

    def _active_run(self) -> str:
        """A run whose job does not end, which is to be stopped; the one that was stopped before, later."""
        if not self.active:
            stuck = {"kind": "stuck-job", "named": "dev-", "stage": "Training"}
            waiting.admin(self.environment.account, "POST", "faults", stuck)
            self.active = self.environment.start_run(support(*DELIVERY, *MONEY))
            self.environment.until(self.environment.ledger.waiting_jobs, "waiting token")
        return self.active

    def _after(self, command: RunbookCommand) -> None:
        """Waits for what a command has begun."""
        if "receive-message" in command.text:
            self.letters = self.answer
            (letter,) = json.loads(self.letters)["Messages"]
            (self.folder / "body.json").write_text(letter["Body"])
        if " resume " in command.text:
            self.environment.wait_for_run(self.failed)
        if " stop " in command.text:
            self.environment.clear_faults()
            self.environment.wait_for_run(self.active)


def _is_as_expected(command: RunbookCommand, done: "subprocess.CompletedProcess[str]") -> bool:
    """A command of the person on call works, or in a sentence is refused for what was done before. Another role's is
    denied."""
    program = "distillery" if command.text.startswith("distillery") else "aws"
    if command.who == ON_CALL:
        return done.returncode in ((0, REFUSED) if command.inline else (0,))
    return done.returncode == DENIED[program] and "not authorized" in " ".join(done.stderr.split())


def dead_letters(environment: Environment) -> str:
    """The URL of the dataset function's dead-letter queue."""
    name = environment.outputs["functions"]["dataset"]
    function = environment.client("lambda").get_function_configuration(FunctionName=name)
    queue = function["DeadLetterConfig"]["TargetArn"].rsplit(":", 1)[-1]
    return str(environment.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])


def bury_upload(environment: Environment) -> None:
    """Puts an upload that has a run into that queue, as Lambda does with an event that failed."""
    uri = f"s3://{environment.outputs['prompts_bucket']}/{PROMPTS_PREFIX}{RECIPE}/prompts.jsonl"
    body = json.dumps({"recipe": RECIPE, "uri": uri, "again": False})
    environment.client("sqs").send_message(QueueUrl=dead_letters(environment), MessageBody=body)


@pytest.fixture
def on_call(deploy: Deploy, tmp_path: Path) -> OnCall:
    """After a promotion, a run that failed with its student, and an event that could not be handled."""
    environment = deploy("dev", settings=full_settings())
    assert environment.run(support(*DELIVERY)).outcome is Outcome.PROMOTED
    waiting.admin(environment.account, "POST", "faults", {"kind": "failed-deployment", "named": "dev-"})
    failed = environment.run(support(*MONEY))
    environment.clear_faults()
    assert (failed.outcome, failed.has_student) == (Outcome.FAILED, True), failed.reason
    bury_upload(environment)
    person = OnCall(environment, tmp_path)
    person.failed = failed.run.id
    return person


def test_who_is_on_call_follows_every_runbook(on_call: OnCall) -> None:
    wrong = [each for page in FIRST for each in on_call.follow(page)]
    version = on_call.environment.promoted().version  # before a dead letter starts a run, which may go live at any time
    wrong += [each for page in OTHERS for each in on_call.follow(page)]
    assert wrong == [], "\n".join(wrong)
    assert version == 4, "rolled back, and forth again"
    records = {record.run.id: record.outcome for record in on_call.environment.runs()}
    assert records[on_call.failed] is Outcome.PROMOTED, "it was resumed"
    assert records[on_call.active] is Outcome.STOPPED
    assert_nothing_is_left(on_call.environment)
