"""A judge and a team's own function score the answers of a run; what has no score is asked for again, and only that."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

from distillery.core.judging import GraderKind, GraderSpec, VerdictOutcome
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome, Stage
from distillery.evaluation.contestants import STUDENT
from distillery.evaluation.report import wire
from distillery.evaluation.report.document import Document
from local.account import ACCOUNT, ROOT
from tests import waiting
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import MONEY, support
from tests.unit.stacks.assembly import settings_of

NAME = "score-label"
JUDGE = GraderSpec(kind=GraderKind.JUDGE, options={"model": "anthropic.claude-haiku-4-5-20251001-v1:0"})
FUNCTION = GraderSpec(
    kind=GraderKind.FUNCTION,
    weight=2,
    options={"arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{NAME}", "measure": "points for label and queue"},
)
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
LOGGING = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}


def test_scores_come_from_a_judge_and_a_function_and_only_missing_ones_are_asked_for_again(deploy: Deploy) -> None:
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], graders=(JUDGE, FUNCTION), contenders=(), teacher_margin=0.2)
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))
    _add_function(environment)
    _judges(environment, unscored_rate=0.1)
    first = environment.run(support())
    _unscored_answers_make_it_inconclusive(environment, first)
    _only_these_are_judged_again(environment, first)
    _an_aborted_run_leaves_no_judge_at_work(environment)
    assert_nothing_is_left(environment)


def _unscored_answers_make_it_inconclusive(environment: Environment, record: RunRecord) -> None:
    assert record.outcome is Outcome.INCONCLUSIVE, record.reason
    report = _report(environment, record.stages[Stage.EVALUATION].product)
    assert "have no score: the judge could not rate it" in " ".join(report.reasons)
    (student,) = [one for one in report.contestants if one.role == STUDENT]
    assert (student.missing, student.scored + student.unscored) == (0, student.asked)
    assert 0 < student.unscored < student.asked / 2
    parts = {part.name for found in report.breakdowns for part in found.parts}
    assert parts >= {"judge", "function", "function: label", "function: queue"}


def _only_these_are_judged_again(environment: Environment, record: RunRecord) -> None:
    """The function no longer exists: whatever were sent to it again would have no score."""
    environment.client("lambda").delete_function(FunctionName=NAME)
    _judges(environment, unscored_rate=0.0)
    run, before = record.run.id, _jobs(environment)
    missing = sum("missing" in line for line in _scores(environment, run))
    assert missing > 0
    environment.command("evaluate", run, "--judge-only", "--reason", "the judge left answers out")
    again = environment.wait_for_run(run)
    judged = [_lines(environment, run, name) - 2 for name in _jobs(environment).keys() - before.keys()]
    assert sum(judged) == missing
    assert not any("missing" in line for line in _scores(environment, run))
    report = _report(environment, again.exploratory)
    (student,) = [one for one in report.contestants if one.role == STUDENT]
    assert (student.scored, student.unscored, report.exploratory) == (student.asked, 0, True)
    assert report.outcome is VerdictOutcome.PASSED, report.reasons


def _an_aborted_run_leaves_no_judge_at_work(environment: Environment) -> None:
    """Its answers are judged later, by a judge that believes a planted answer."""
    _add_function(environment)
    waiting.admin(environment.account, "POST", "faults", {"kind": "stuck-job", "named": "dev-judge-"})
    before = _jobs(environment).keys()
    run = environment.start_run(support(*MONEY))
    environment.until(environment.fast_forwarding(lambda: _jobs(environment).keys() - before), "jobs of judges")
    environment.client("stepfunctions").stop_execution(executionArn=environment.execution_arn(run))
    aborted = environment.wait_for_run(run)
    environment.until(lambda: set(_jobs(environment).values()) <= {"Completed", "Stopped"}, "stopped judges")
    assert (aborted.outcome, "Stopped" in _jobs(environment).values()) == (Outcome.FAILED, True)

    environment.clear_faults()
    _judges(environment, fooled_rate=1.0)
    environment.command("evaluate", run, "--judge-only", "--reason", "the run was aborted")
    record = environment.wait_for_run(run)
    assert record.outcome is Outcome.INCONCLUSIVE, record.reason
    report = _report(environment, record.stages[Stage.EVALUATION].product)
    assert "the round is void: the judge gave 1 to a planted bad answer" in " ".join(report.reasons)
    assert {one.scored for one in report.contestants} == {0}
    assert environment.alias() is None


def _add_function(environment: Environment) -> None:
    """Deploys the example of a team's function, under a role that may only write its log."""
    iam, body = environment.client("iam"), io.BytesIO()
    if NAME not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=_policy(TRUST))
        iam.put_role_policy(RoleName=NAME, PolicyName="log", PolicyDocument=_policy(LOGGING))
    with zipfile.ZipFile(body, "w") as archive:
        archive.write(ROOT / "examples" / "function" / "score_label.py", "score_label.py")
    functions = environment.client("lambda")
    functions.create_function(
        FunctionName=NAME,
        Runtime=functions.list_functions()["Functions"][0]["Runtime"],
        Handler="score_label.handler",
        Role=iam.get_role(RoleName=NAME)["Role"]["Arn"],
        Code={"ZipFile": body.getvalue()},
    )


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _judges(environment: Environment, **rates: float) -> None:
    waiting.admin(environment.account, "PUT", "judges", rates)


def _jobs(environment: Environment) -> dict[str, str]:
    """The status of each job of a judge, by its name."""
    return {job["name"]: job["status"] for job in environment.inventory()["evaluation_jobs"]}


def _lines(environment: Environment, run: str, job: str) -> int:
    return environment.read(_uri(environment, f"evaluations/{run}/judging/{job}.jsonl")).count(b"\n")


def _scores(environment: Environment, run: str) -> list[dict[str, Any]]:
    """What is stored of the judge's scores."""
    (uri,) = [uri for uri in environment.uris_under(f"evaluations/{run}/scores/judge-") if uri.endswith(".jsonl")]
    return [json.loads(line) for line in environment.read(uri).splitlines()]


def _uri(environment: Environment, key: str) -> str:
    return f"s3://{environment.outputs['data_bucket']}/{key}"


def _report(environment: Environment, verdict: Any) -> Document:
    return wire.parse(environment.read(verdict["report_uri"]))
