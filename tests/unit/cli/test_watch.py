"""`distillery watch`: follows a run to its end, as lines if the output is not a terminal."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from distillery.cli import progress
from distillery.cli.target import Target
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Stage
from tests.fakes.pipeline import dataset, distilled, open_run, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command


def test_each_stage_is_reported_once_when_it_begins_and_once_when_it_ends(ledger: Ledger, command: Command) -> None:
    run = open_run(ledger)
    ledger.begin(run.id, Stage.DATASET)
    ledger.end(run.id, Stage.DATASET, replace(dataset(), detectable_difference=Decimal("0.0831")))
    student = distilled(ledger, run, "a")
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.end(run.id, Stage.EVALUATION, verdict())
    ledger.close(run.id, Outcome.PROMOTED, "alias version 1")
    said = command("watch", run.id)
    assert said.code == 0
    assert said.out.count("began") == said.out.count("took") == 3
    produced = "100 prompts to learn from, 25 held out, 0 duplicates removed, estimate $1.50"
    assert f"{produced}, detects differences of 8.4 points" in said.out
    assert student.model_arn in said.out
    assert "passed, accuracy: student 90.0%, teacher 95.0%, untrained 30.0%" in said.out
    assert said.out.endswith("report: s3://data/evaluations/r/report.json promoted")


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.REJECTED, 6), (Outcome.FAILED, 5)])
def test_a_run_that_is_not_promoted_exits_with_its_code_and_its_reason(
    ledger: Ledger, command: Command, outcome: Outcome, code: int
) -> None:
    run = open_run(ledger)
    ledger.close(run.id, outcome, "JobFailed: the service's words")
    said = command("watch", run.id)
    assert (said.code, said.out) == (code, f"{outcome}: JobFailed: the service's words")


def test_without_a_run_it_follows_the_newest(ledger: Ledger, command: Command) -> None:
    run = open_run(ledger)
    ledger.close(run.id, Outcome.FAILED, "the newest")
    assert command("watch").out == "failed: the newest"


@pytest.mark.parametrize("own", ["support", None])
def test_without_a_run_a_recipe_that_is_not_ones_own_is_skipped(
    account: FakeAccount, ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch, own: str | None
) -> None:
    """A user with a recipe's tag is denied the other recipes. With the tag of no existing recipe, all are denied."""
    run, query = open_run(ledger), account.table.query
    ledger.close(run.id, Outcome.FAILED, "the newest")

    def limited(partition: str, prefix: str = "") -> Any:
        if partition != f"recipe#{own}":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Query")
        return query(partition, prefix)

    monkeypatch.setattr(account.table, "query", limited)
    said = command("watch")
    assert (said.code, said.out) == ((5, "failed: the newest") if own else (7, ""))
    assert ("OperatorPolicyArn" in said.err) is (own is None)


def test_a_run_is_looked_at_again_until_it_ends(
    account: FakeAccount, ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, waits = open_run(ledger), list[float]()

    def time_passes(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            ledger.close(run.id, Outcome.FAILED, "at last")

    monkeypatch.setattr("time.sleep", time_passes)
    assert command("watch", run.id).out == "failed: at last"
    assert waits == [15.0] * 3


def test_answers_are_reported_as_they_arrive(ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    run, polls = open_run(ledger), list[int]()
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.plan_answers(run.id, 60)

    def time_passes(_seconds: float) -> None:
        polls.append(len(polls))
        if len(polls) == 5:
            ledger.close(run.id, Outcome.FAILED, "at last")
        else:
            ledger.count_answers(run.id, 0, 20 * (len(polls) // 2))

    monkeypatch.setattr("time.sleep", time_passes)
    out = command("watch", run.id).out
    assert re.findall(r"evaluation (\d+ of 60 answers)", out) == ["20 of 60 answers", "40 of 60 answers"]


def test_who_stops_watching_is_told_that_the_run_goes_on(
    ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(ledger)

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    said = command("watch", run.id)
    assert (said.code, said.out) == (130, f"the run continues; follow it again with: distillery watch {run.id}")


@pytest.mark.parametrize("width", [80, 120])
def test_on_a_terminal_nothing_is_cut_off(
    account: FakeAccount, ledger: Ledger, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distillery.client.Account", lambda *_, **__: account)
    run = open_run(ledger)
    ledger.begin(run.id, Stage.DATASET)
    ledger.end(run.id, Stage.DATASET, dataset())
    student = distilled(ledger, run, "a")
    screen = io.StringIO()
    on = Target(environment="dev", region=None, local=True)
    console = Console(width=width, file=screen, force_terminal=True, color_system=None)
    console.print(progress.stage_table(on, ledger.run(run.id)))
    shown = screen.getvalue()
    assert all(stage in shown for stage in Stage)
    assert "…" not in shown
    assert student.model_arn.rpartition(":custom-model/")[2] in shown


def test_an_unknown_run_is_reported_in_one_sentence(command: Command) -> None:
    said = command("watch", "support-aaaaa-bbbbbbbb-9")
    assert said.code == 2
    assert said.err == (
        "distillery: there is no run 'support-aaaaa-bbbbbbbb-9' in the ledger; `distillery status` lists the runs"
    )


def test_without_any_run_it_says_so(command: Command) -> None:
    said = command("watch")
    assert said.code == 2
    assert (
        said.err
        == "distillery: environment 'dev' has no runs yet; start one with: distillery run support prompts.jsonl"
    )


@pytest.mark.parametrize(
    ("seconds", "said"), [(12, "12 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h 00 min"), (93_840, "26 h 04 min")]
)
def test_durations_are_reported_in_the_units_that_matter(seconds: int, said: str) -> None:
    assert progress.duration(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(("local", "seconds"), [(True, 0.3), (False, 15.0)])
def test_on_aws_it_looks_less_often(account: FakeAccount, local: bool, seconds: float) -> None:
    assert Target(environment="dev", region=None, local=local).poll_interval == seconds
