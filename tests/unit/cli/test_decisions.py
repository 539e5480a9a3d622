"""`distillery approve`, `accept` and `reject`: what they show, ask and send."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Run, Stage
from distillery.core.recipe_options import OverBudgetPolicy
from tests.fakes.pipeline import dataset, distilled, recipe, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

DEAR = replace(
    dataset(),
    estimate_usd=Decimal("31.20"),
    at_most_usd=Decimal("90.00"),
    detectable_difference=Decimal("0.0831"),
)
ESTIMATE = {"lines": [{"what": "training", "usd": "31.20"}], "total_usd": "31.20", "prices_as_of": "2026-07-28"}


@pytest.fixture
def waiting(ledger: Ledger, account: FakeAccount) -> Run:
    of = recipe(budget_usd=Decimal(25), over_budget=OverBudgetPolicy.APPROVE)
    run = ledger.open(of, DEAR, again=False, awaiting=True).run
    told = ESTIMATE | {"at_most_usd": "90.00", "tokens_in": 7, "tokens_out": 5, "afterwards": [], "answers": []}
    account.objects[DEAR.report_uri] = json.dumps(
        {"estimate": told, "evaluation": {"sentence": "9 prompts detect much."}}
    ).encode()
    account.answers["approval-function"] = {"run": run.id, "outcome": "running"}
    return run


def test_the_estimate_is_shown_and_what_was_seen_is_what_is_approved(
    account: FakeAccount, command: Command, waiting: Run
) -> None:
    said = command("approve", waiting.id, "--yes")
    assert said.code == 0
    assert "$31.20 training" in said.out
    assert "verdict: 9 prompts detect much." in said.out
    assert said.out.endswith(f"run {waiting.id} has started; follow it with: distillery watch {waiting.id}")
    sent = {"run": waiting.id, "approve": True, "usd": "90.00"}
    assert account.calls == [("approval-function", sent, None)]


def test_nothing_is_sent_before_somebody_says_yes(
    account: FakeAccount, command: Command, waiting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> None:
        asked.append(question)
        raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", no)
    assert command("approve", waiting.id).code == 1
    assert asked == [f"Start {waiting.id} for about $31.20, $90.00 at most? The budget of support is $25"]
    assert account.calls == []


def test_items_of_another_estimate_are_not_shown(account: FakeAccount, command: Command, waiting: Run) -> None:
    account.objects[DEAR.report_uri] = json.dumps({"estimate": ESTIMATE | {"total_usd": "1.00"}}).encode()
    assert "training" not in command("approve", waiting.id, "--yes").out


def test_a_run_is_rejected_with_its_reason(account: FakeAccount, command: Command, waiting: Run) -> None:
    said = command("reject", waiting.id, "--reason", "not this month")
    assert (said.code, said.out) == (0, f"run {waiting.id} is declined; you can try its prompts again")
    sent = {"run": waiting.id, "approve": False, "usd": "90.00", "reason": "not this month"}
    assert account.calls == [("approval-function", sent, None)]


@pytest.mark.parametrize("verb", ["status", "watch"])
def test_a_run_that_waits_says_for_what_and_what_to_do(command: Command, waiting: Run, verb: str) -> None:
    said = command(verb)
    assert "awaiting-approval" in said.out
    seen = "estimated at $31.20, $90.00 at most, the budget is $25, detects differences of 8.4 points"
    assert f"{seen}: distillery approve {waiting.id}" in said.out
    assert said.code == (3 if verb == "watch" else 0)


def test_an_upload_that_waits_is_no_failure_of_the_upload(
    account: FakeAccount, command: Command, waiting: Run, tmp_path: object
) -> None:
    answer = {"status": "awaiting-approval", "run": waiting.id, "report_uri": DEAR.report_uri, "reason": "above [x]"}
    account.answers["dataset-function"] = answer
    said = command("run", "support", __file__)
    assert (said.code, said.out) == (0, f"run {waiting.id} waits for an approval: above [x]")


def test_a_run_that_does_not_wait_is_reported_in_the_functions_words(
    account: FakeAccount, command: Command, ledger: Ledger
) -> None:
    run = ledger.open(recipe(), dataset(), again=False).run
    account.objects[run.dataset.report_uri] = b"{}"
    ledger.close(run.id, Outcome.FAILED)
    said = command("approve", run.id, "--yes")
    assert said.code == 1
    assert said.err.startswith("distillery: nobody expected")


EVE = "arn:aws:iam::1:user/[red]eve"
HOLDER = "acceptance-support-20261123T090807Z"


@pytest.fixture
def evaluated(ledger: Ledger, account: FakeAccount) -> Run:
    """A run whose student waits for a person."""
    run = ledger.open(recipe(auto_promote=False), dataset(), again=False).run
    distilled(ledger, run, "a")
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.end(run.id, Stage.EVALUATION, replace(verdict(), sentence="Passed: better than untrained"))
    ledger.close(run.id, Outcome.AWAITING_ACCEPTANCE, "Passed")
    account.answers["acceptance-function"] = {"run": run.id, "first": True, "by": EVE, "at": "", "reason": ""}
    return run


def _accepted(account: FakeAccount, ledger: Ledger, run: Run, outcome: Outcome | None = None) -> Acceptances:
    acceptances = Acceptances(account.table)
    acceptances.begin(ledger.run(run.id), HOLDER, by=EVE, reason="[b]shorter", left=None)
    if outcome:
        acceptances.end("support", HOLDER, outcome, f"ended as {outcome}")
    return acceptances


@pytest.mark.parametrize("verb", ["status", "watch"])
def test_a_student_that_waits_says_so_and_how_to_decide(command: Command, evaluated: Run, verb: str) -> None:
    said = command(verb)
    assert "awaiting-acceptance" in said.out
    commands = f"distillery accept {evaluated.id} --reason WHY, or distillery reject {evaluated.id}"
    assert f"Passed: better than untrained. A person decides whether its student goes live: {commands}" in said.out
    assert said.code == (3 if verb == "watch" else 0)


@pytest.mark.parametrize("newer", [False, True])
def test_an_acceptance_is_sent_with_its_reason_and_what_was_seen(
    account: FakeAccount, ledger: Ledger, command: Command, evaluated: Run, newer: bool
) -> None:
    if newer:
        _accepted(account, ledger, evaluated, Outcome.FAILED)
    said = command("accept", evaluated.id, "--reason", "shorter", *(["--replace-newer"] if newer else []))
    assert (said.code, said.out.endswith(f"going live; follow it with: distillery watch {evaluated.id}")) == (0, True)
    seen = HOLDER if newer else ""
    sent = {"run": evaluated.id, "accept": True, "reason": "shorter", "seen": seen, "replace_newer": newer}
    assert account.calls == [("acceptance-function", sent, None)]


def test_an_acceptance_needs_a_reason(account: FakeAccount, command: Command, evaluated: Run) -> None:
    for words in ([], ["--reason", ""]):
        assert command("accept", evaluated.id, *words).code == 2
    assert account.calls == []


def test_a_second_acceptance_shows_the_first(account: FakeAccount, command: Command, evaluated: Run) -> None:
    first = {"run": evaluated.id, "first": False, "by": EVE, "at": "2026-11-23T09:08:07+00:00", "reason": "[b]shorter"}
    account.answers["acceptance-function"] = first
    said = command("accept", evaluated.id, "--reason", "me too")
    assert said.out.startswith(f"{EVE} accepted run {evaluated.id} at 2026-11-23T09:08:07+00:00: [b]shorter")


@pytest.mark.parametrize(("reason", "kept"), [("too slow", "too slow"), ("", "no reason given")])
def test_a_second_rejection_says_that_the_first_one_stays(
    ledger: Ledger, account: FakeAccount, command: Command, evaluated: Run, reason: str, kept: str
) -> None:
    Acceptances(account.table).decline(evaluated.id, reason, by=EVE)
    said = command("reject", evaluated.id, "--reason", "another reason")
    assert (said.code, said.out) == (0, f"run {evaluated.id} was declined before ({kept}); nothing has changed")


def test_a_student_that_waits_is_declined_with_a_reason(account: FakeAccount, command: Command, evaluated: Run) -> None:
    said = command("reject", evaluated.id, "--reason", "too slow")
    assert (said.code, said.out) == (0, f"the student of run {evaluated.id} is declined; the live model stays")
    sent = {"run": evaluated.id, "accept": False, "reason": "too slow"}
    assert account.calls == [("acceptance-function", sent, None)]


@pytest.mark.parametrize(
    ("outcome", "shown"), [(None, "going live"), (Outcome.PROMOTED, "promoted"), (Outcome.FAILED, "failed")]
)
def test_who_accepted_a_student_and_why_is_shown_for_ever(
    account: FakeAccount, ledger: Ledger, command: Command, evaluated: Run, outcome: Outcome | None, shown: str
) -> None:
    _accepted(account, ledger, evaluated, outcome)
    out = command("status", "support").out.replace("\n", " ")
    assert f"{HOLDER} {shown}" in " ".join(out.split())
    assert f"awaiting-acceptance, accepted by {EVE}: [b]shorter" in out
    assert (f"ended as {outcome}" in out) is (outcome is not None)


def test_a_student_that_goes_live_is_watched_until_it_is(
    account: FakeAccount, ledger: Ledger, command: Command, evaluated: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptances = _accepted(account, ledger, evaluated)

    def end(_seconds: float) -> None:
        acceptances.end("support", HOLDER, Outcome.PROMOTED, "alias version 1")

    monkeypatch.setattr("time.sleep", end)
    said = command("watch", evaluated.id)
    assert (said.code, said.out.endswith(" promoted")) == (0, True)


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.PROMOTED, 0), (Outcome.REJECTED, 6), (Outcome.INCONCLUSIVE, 6), (Outcome.FAILED, 5)]
)
def test_the_exit_code_of_watch_says_how_the_run_ended(
    ledger: Ledger, command: Command, outcome: Outcome, code: int
) -> None:
    run = ledger.open(recipe(), dataset(), again=False).run
    ledger.close(run.id, outcome, "so it is")
    assert command("watch", run.id).code == code
