"""`distillery status`: what each recipe serves, and its runs."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core import clock
from distillery.core.ledger.approvals import Approvals
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.logs import InvocationLogs
from distillery.core.model_dates import DateFinding, DateKind, StoredFindings
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, dataset, open_run, recipe, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.core.ledger.test_promotions import promotion

ALIAS = to_wire(alias()) | {
    "endpoint": {"arn": "arn:live", "name": "dev-live", "mode": "on-demand"},
    "current": "arn:new",
    "previous": "arn:old",
}


def test_without_a_recipe_it_shows_all_of_them(command: Command) -> None:
    said = command("status")
    assert said.code == 0
    assert re.findall(r"(\w+) no live alias yet", said.out) == ["support", "triage"]


def test_an_unknown_recipe_is_refused_with_the_recipes_there_are(command: Command) -> None:
    said = command("status", "nowhere")
    assert (said.code, said.out) == (2, "")
    assert said.err == "distillery: there is no recipe 'nowhere'; environment 'dev' has ['support', 'triage']"


def test_a_live_recipe_shows_its_alias_and_the_model_before(account: FakeAccount, command: Command) -> None:
    account.aliases["support"] = ALIAS
    said = command("status", "support")
    assert said.out.startswith("support alias version 2: arn:live version 2 (live) 2026-11-23 09:08 support-aaaaa-")
    assert "arn:new version 1 (previous) time unknown run unknown arn:old 20" in said.out
    versions = json.loads(command("status", "support", "--json").out)["recipes"][0]["versions"]
    assert [(each["version"], each["model"]) for each in versions] == [(2, "arn:new"), (1, "arn:old")]


def test_after_a_rollback_the_previous_version_is_the_one_that_it_left(
    account: FakeAccount, ledger: Ledger, command: Command
) -> None:
    history = AliasHistory(account.table)
    for version, model, before in ((1, "arn:a", None), (2, "arn:b", "arn:a"), (3, "arn:a", "arn:b")):
        kept = replace(alias(), version=version, current=model, previous=before)
        history.keep(kept, by=f"of-{version}")
    account.aliases["support"] = to_wire(kept)
    out = command("status", "support").out
    assert re.findall(r"version (\d) \((\w+)\)", out) == [("3", "live"), ("2", "previous")]


HOURS = {"opens": "08:00", "closes": "18:00", "timezone": "Europe/Berlin", "days": ["monday", "tuesday"]}
PAUSED = {"since": "2026-11-30T17:00:04+00:00", "until": "2026-12-01T07:00:00+00:00"}


@pytest.mark.parametrize(
    ("now", "paused", "live", "hours", "is_open", "change"),
    [
        ("2026-11-30T12:00", None, "arn:live", "open, closes at 2026-11-30T17:00+00:00", True, "2026-11-30T17:00:00"),
        (
            "2026-11-30T20:00",
            PAUSED,
            "paused since 2026-11-30T17:00:04+00:00, serves again at 2026-12-01T07:00:00+00:00",
            "closed, opens at 2026-12-01T07:00+00:00",
            False,
            "2026-12-01T07:00:00",
        ),
    ],
)
def test_a_recipe_with_business_hours_shows_whether_it_is_paused_and_what_is_next(
    account: FakeAccount,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    now: str,
    paused: dict[str, str] | None,
    live: str,
    hours: str,
    is_open: bool,
    change: str,
) -> None:
    monkeypatch.setattr(clock, "timestamp", lambda: datetime.fromisoformat(f"{now}+00:00").timestamp())
    account.pipeline = {**account.pipeline, "business_hours": {"support": HOURS}}
    account.aliases["support"] = ALIAS | {"paused": paused}
    said = command("status", "support").out
    assert f"support alias version 2: {live}" in said
    assert f"business hours: 08:00 to 18:00 Europe/Berlin, monday, tuesday: {hours}" in said
    (told,) = json.loads(command("status", "support", "--json").out)["recipes"]
    assert told["business_hours"] == {"open": is_open, "next_change": f"{change}+00:00"}
    assert told["alias"]["paused"] == paused


def test_a_first_alias_has_no_model_before(account: FakeAccount, command: Command) -> None:
    account.aliases["support"] = ALIAS | {"previous": None}
    assert "(previous)" not in command("status", "support").out


def test_a_run_shows_its_outcome_its_prompts_and_its_scores(ledger: Ledger, command: Command) -> None:
    run = open_run(ledger)
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.end(run.id, Stage.EVALUATION, verdict(passed=False))
    ledger.close(run.id, Outcome.REJECTED, "min_score")
    out = command("status", "support").out
    assert f"{run.id} rejected" in out
    assert "100 prompts accuracy: student 20.0%, teacher 95.0%, untrained 30.0% report: s3://data/" in out
    assert "evaluations/r/report.json min_score" in out


def test_a_run_of_a_promotion_names_it(account: FakeAccount, ledger: Ledger, command: Command) -> None:
    assert Promotions(account.table).begin(promotion())
    ledger.open(recipe(), dataset(), again=False, promotion=promotion().id)
    said = command("status", "support")
    assert f"{promotion().id}; where it is from: distillery promotions" in said.out
    (run,) = json.loads(command("status", "support", "--json").out)["recipes"][0]["runs"]
    assert run["promotion"] == promotion().id


def test_a_running_evaluation_shows_how_far_it_is_and_the_time_left(
    ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(ledger)
    ledger.begin(run.id, Stage.EVALUATION)
    assert "answers" not in command("status", "support").out
    ledger.plan_answers(run.id, 400)
    ledger.plan_answers(run.id, 9)  # a repeated step changes nothing
    for chunk, answers in ((0, 60), (1, 20), (1, 40)):
        ledger.count_answers(run.id, chunk, answers)
    started = datetime.fromisoformat(ledger.run(run.id).stages[Stage.EVALUATION].started)
    monkeypatch.setattr("distillery.core.clock.now", lambda: started + timedelta(minutes=2))
    assert "evaluation: 100 of 400 answers, about 6 min left" in command("status", "support").out
    ledger.end(run.id, Stage.EVALUATION, verdict())
    assert "answers" not in command("status", "support").out


def test_who_decided_is_shown(account: FakeAccount, ledger: Ledger, command: Command) -> None:
    approvals = Approvals(account.table)
    approved, declined = (
        ledger.open(recipe(), dataset(letter), again=False, awaiting=True).run for letter in ("a", "b")
    )
    worst = approved.dataset.at_most_usd
    approvals.approve(approved.id, worst, by="arn:aws:iam::1:user/ana", cap_usd=worst)
    approvals.decline(declined.id, "too dear", by="arn:aws:sts::1:assumed-role/approvers/[red]bob")
    Rollbacks(account.table).begin(alias("support"), "rollback-support-20261123T090807Z", by="arn:aws:iam::1:user/eve")
    out = command("status", "support").out
    assert "approved by arn:aws:iam::1:user/ana" in out
    assert "too dear declined by arn:aws:sts::1:assumed-role/approvers/[red]bob" in out
    assert "rollback-support-20261123T090807Z rolling back" in out
    assert "asked by arn:aws:iam::1:user/eve" in out


def test_an_id_stays_whole_in_a_narrow_terminal(
    ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    run = open_run(ledger)
    ledger.close(run.id, Outcome.FAILED, "JobFailed: " + "x" * 90)
    out = command("status", "support").out
    assert run.id in out
    assert "x" * 90 in out


def test_a_run_without_a_verdict_has_no_scores(ledger: Ledger, command: Command) -> None:
    open_run(ledger)
    out = command("status", "support").out
    assert "running" in out
    assert out.endswith("100 prompts")


@pytest.mark.parametrize(("recipe", "of"), [("support", "$19.40 of $40.00"), ("triage", "$0.00")])
def test_what_the_month_has_reserved_and_what_it_may_is_shown_with_who_holds_it(
    ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch, recipe: str, of: str
) -> None:
    """triage: an environment that was deployed before there were caps."""
    monkeypatch.setattr(clock, "timestamp", lambda: 1796040000.0)
    run = open_run(ledger)
    ledger.count_job_request(run.id)
    ledger.close(run.id, Outcome.FAILED)
    open_run(ledger)
    usd = Decimal("9.70") if recipe == "support" else Decimal("0.00")
    assert (
        f"2026-11 (UTC): {of} reserved, ${usd} by active runs, ${usd} spent at most by runs that ended; "
        "a new month on 2026-12-01"
    ) in command("status", recipe).out


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Query")


def test_a_recipe_that_is_not_ones_own_is_skipped(
    account: FakeAccount, ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user with a recipe's tag still sees that recipe."""
    run, query = open_run(ledger), account.table.query

    def limited(partition: str, prefix: str = "") -> Any:
        if partition == "recipe#triage":
            raise DENIED
        return query(partition, prefix)

    monkeypatch.setattr(account.table, "query", limited)
    said = command("status")
    assert said.code == 0
    assert run.id in said.out
    assert "triage you may not read its runs" in said.out
    alone = command("status", "triage")
    assert (alone.code, alone.out, "OperatorPolicyArn" in alone.err) == (7, "", True)


def test_an_approver_sees_runs_and_no_alias(
    account: FakeAccount, ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(ledger)

    def refuse(_recipe: str) -> None:
        raise DENIED

    monkeypatch.setattr(account, "alias", refuse)
    said = command("status", "support")
    assert said.code == 0
    assert "support you may not read its alias" in said.out
    assert run.id in said.out


@pytest.mark.parametrize("words", [("status", "returns"), ("run", "returns", "prompts.jsonl"), ("collect", "returns")])
def test_a_recipe_that_is_declared_and_not_deployed_is_told_from_an_unknown_one(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.toml").write_text('[recipes.returns]\nteacher = "x"\n')
    (tmp_path / "prompts.jsonl").write_text("")
    monkeypatch.chdir(tmp_path)
    said = command(*words)
    assert said.code == 2
    assert "recipe 'returns' is in environments/dev.toml and not deployed; environment 'dev' has" in said.err
    assert "deploy it: node_modules/.bin/cdk deploy --all -c env=dev" in said.err
    (tmp_path / "environments" / "dev.toml").write_text("no toml")
    assert "there is no recipe 'returns'" in command(*words).err


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (
            {"use": "shared", "uri": "s3://b/k.txt", "sha256": "0a", "bytes": 15000},
            "s3://b/k.txt (15,000 bytes), which",
        ),
        ({"use": "several", "uri": "", "sha256": "", "bytes": 0}, "system prompt: several, callers must send theirs"),
        ({"use": "none", "uri": "", "sha256": "", "bytes": 0}, "system prompt: none"),
        (None, ""),
    ],
)
def test_the_system_prompt_of_the_live_student_is_shown(
    account: FakeAccount, command: Command, system: object, told: str
) -> None:
    account.aliases["support"] = ALIAS | {"system": system}
    said = command("status", "support")
    assert told in said.out
    assert ("system prompt" in said.out) == bool(told)


def test_what_the_watch_found_about_models_is_shown_below_the_recipes(account: FakeAccount, command: Command) -> None:
    ending = DateFinding(
        kind=DateKind.ENDING,
        model="amazon.nova-pro-v1:0",
        region="us-east-1",
        places=("recipes.support.teacher",),
        text="amazon.nova-pro-v1:0 in us-east-1 ends on 2027-01-20, in 58 days",
    )
    kept = StoredFindings(at="2026-11-23T06:00:00+00:00", count=3, findings=(ending,), known=("a", "b", "c"))
    account.clients["ssm", None].parameters["/distillery/dev/model-dates"] = json.dumps(to_wire(kept))
    shown = command("status").out
    assert "model: amazon.nova-pro-v1:0 in us-east-1 ends on 2027-01-20, in 58 days" in shown
    assert shown.rstrip().endswith("2 more findings about models")


def test_who_may_not_read_the_findings_sees_the_rest(account: FakeAccount, command: Command) -> None:
    account.clients["ssm", None].errors["/distillery/dev/model-dates"] = service_error("AccessDeniedException")
    assert command("status").code == 0


@pytest.mark.parametrize("direct", [True, False])
def test_a_live_student_whose_job_read_logs_is_said_to_have_an_unknown_system_prompt(
    account: FakeAccount, ledger: Ledger, command: Command, direct: bool
) -> None:
    logs = InvocationLogs(uri="s3://calls/AWSLogs/", match={}, use_responses=True) if direct else None
    run = ledger.open(recipe(), replace(dataset(), logs=logs), again=False).run
    account.aliases["support"] = ALIAS | {"run": run.id, "system": None}
    said = command("status", "support")
    told = "system prompt: unknown, because its job read the logs itself; callers must send theirs"
    assert (told in said.out) is direct
