"""Attacks on the monthly cap: concurrent uploads, --again, approvals, retries, and the end of the month."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distillery.core import clock
from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, OverBudget, RunActive
from distillery.core.ledger.approvals import Approvals
from distillery.core.pipeline import Outcome, Run
from simulator_support.thoroughness import cases
from tests.fakes.pipeline import distilled, recipe
from tests.fakes.table import MemoryTable
from tests.unit.core.ledger.harness import CAP, NOVEMBER, WORST, FlakyTable, LedgerHarness


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the clock."""

    def set_to(moment: str) -> None:
        monkeypatch.setattr(clock, "timestamp", lambda: datetime.fromisoformat(moment).timestamp())

    set_to(NOVEMBER)
    return set_to


def spend(harness: LedgerHarness, digest: str, *, again: bool = False) -> Run:
    """Takes a run to its job and ends it."""
    run = harness.open(digest, again=again)
    harness.pay(run)
    harness.end(run)
    return run


def test_a_run_above_the_cap_is_refused_with_the_holders_and_the_reset_date() -> None:
    harness = LedgerHarness()
    runs = [spend(harness, digest) for digest in "abcd"]
    with pytest.raises(OverBudget) as refused:
        harness.open("e")
    told = str(refused.value)
    assert "may cost up to $9.70, but $38.80 of the $40.00 monthly budget of recipe 'support' for 2026-11" in told
    assert "$38.80 of the" in told
    assert all(f"{run.id} $9.70" in told for run in runs)
    assert told.endswith("; wait until 2026-12-01, or raise monthly_budget_usd")
    assert harness.month().runs == harness.paid
    assert harness.ledger.active() == {}


def test_of_many_runs_the_dearest_are_named() -> None:
    harness = LedgerHarness(FlakyTable(cap=Decimal(100)), recipe(monthly_budget_usd=Decimal(68)))
    for digest in "1234567":
        spend(harness, digest)
    with pytest.raises(OverBudget, match=r"\$67.90 of the .* is already reserved: .*, 2 more; wait"):
        harness.open("8")


def test_a_cap_is_met_to_the_cent() -> None:
    harness = LedgerHarness(of=recipe(monthly_budget_usd=Decimal("19.40")))
    spend(harness, "a")
    spend(harness, "b")
    poorer = LedgerHarness(of=recipe(monthly_budget_usd=Decimal("19.39")))
    spend(poorer, "a")
    with pytest.raises(OverBudget):
        poorer.open("b")


def test_the_same_prompts_again_and_again_do_not_pass_the_cap() -> None:
    harness = LedgerHarness()
    for _ in range(4):
        run = harness.open("a", again=True)
        distilled(harness.ledger, run, "a")
        harness.pay(run)
        harness.ledger.close(run.id, Outcome.PROMOTED)
    with pytest.raises(OverBudget):
        harness.open("a", again=True)
    assert harness.open("a").attempt == 4, "without --again it is the existing run"


def test_a_refusal_during_another_run_says_to_wait_for_that_run() -> None:
    harness = LedgerHarness(of=recipe(monthly_budget_usd=Decimal(10)))
    harness.open("a")
    with pytest.raises(RunActive):
        harness.open("b")


@pytest.mark.parametrize("seed", range(6))
def test_concurrent_uploads_do_not_exceed_the_cap_whatever_fails(seed: int) -> None:
    harness = LedgerHarness(FlakyTable(seed=seed, throttled=0.15, lost=0.15))

    def worker(number: int) -> None:
        dice = random.Random(f"{seed}-{number}")
        for _ in range(25):
            digest, again, fails = dice.choice("12345678"), dice.random() < 0.5, dice.random() < 0.4
            run = patiently(lambda: harness.open(digest, again=again))  # noqa: B023 called at once
            if run is not None:
                if not fails:
                    patiently(lambda: harness.pay(run))  # noqa: B023 the same
                patiently(lambda: harness.end(run))  # noqa: B023 the same

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(worker, number) for number in range(8)]:
            done.result()
    assert sum(harness.paid.values()) <= CAP
    assert harness.paid.items() <= harness.month().runs.items()
    for usd in harness.month().runs.values():
        assert usd == WORST
    # A run that reserved but did not pay requested a job and lost the response.
    assert all(harness.ledger.run(run).asked for run in harness.month().runs)
    assert harness.ledger.active() == {}


def patiently(call: Callable[[], Any]) -> Any:
    """Retries as the services do. Returns None if the run is refused."""
    while True:
        try:
            return call()
        except (ClientError, TimeoutError):
            continue
        except (RunActive, OverBudget, BadRequest):
            return None


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(1, 2500).map(lambda cents: Decimal(cents) / 100),
        st.booleans(),
        st.sampled_from(["pays", "breaks", "is refused", "grows"]),
        st.integers(0, 40),
    ),
    max_size=14,
)


@given(steps=STEPS, seed=st.integers(0, 2**16))
@settings(max_examples=cases(60), deadline=None)
def test_no_month_is_ever_reserved_above_its_cap(steps: list[tuple[Any, ...]], seed: int) -> None:
    """Days pass. Runs differ in cost, fail before or after their job, and cost more than estimated."""
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "timestamp", lambda: now)
        harness = LedgerHarness(FlakyTable(seed=seed, throttled=0.2, lost=0.2))
        kept: dict[str, dict[str, Decimal]] = {}
        for digest, usd, again, fate, days in steps:
            harness.usd = usd
            run = patiently(lambda: harness.open(digest, again=again))  # noqa: B023 called at once
            month = clock.stamp()[:7]
            now += days * 86_400
            if run is None:
                assert sum(kept.get(month, {}).values()) + usd > CAP
                continue
            held = run.dataset.at_most_usd
            if fate == "grows":
                patiently(lambda: harness.ledger.reserve(run, held + 1))  # noqa: B023 the same
                held += held + 1 + sum(kept.get(month, {}).values()) <= CAP
            if fate != "breaks":
                before = harness.ledger.run(run.id).asked
                patiently(lambda: harness.ledger.count_job_request(run.id))  # noqa: B023 the same
                assert harness.ledger.run(run.id).asked > before
                kept.setdefault(month, {})[run.id] = held
            patiently(lambda: harness.end(run))  # noqa: B023 the same
            assert harness.month(month).runs == kept.get(month, {})


def test_no_reservation_is_lost_to_one_who_read_the_month_before_it() -> None:
    """A slow close releases what it read while another run starts."""
    table = FlakyTable()
    harness = LedgerHarness(table)
    spend(harness, "a")
    run = harness.open("b")
    harness.ledger.unlock("support", run.id)
    table.meanwhile = [lambda: harness.open("c")]
    harness.end(run)
    assert sorted(usd for usd in harness.month().runs.values()) == [WORST, WORST]
    assert len(harness.ledger.active()) == 1


def test_two_that_read_the_same_month_do_not_pass_the_cap_together() -> None:
    """The current run becomes dearer while an approval, which has read the month before, starts another."""
    table = FlakyTable()
    harness, approvals = LedgerHarness(table), Approvals(table)
    spend(harness, "a")
    first, second = harness.open("b"), waiting(harness, "c")
    harness.ledger.unlock("support", first.id)
    table.meanwhile = [lambda: harness.ledger.reserve(first, Decimal(25))]
    with pytest.raises(OverBudget, match=r"\$34.70 of the"):
        approvals.approve(second.id, WORST, by="arn:ana", cap_usd=CAP)
    assert harness.month().reserved == Decimal("34.70")


def test_a_retry_after_a_lost_answer_reserves_once() -> None:
    table = FlakyTable()
    harness = LedgerHarness(table)
    table.lose_next = True
    with pytest.raises(TimeoutError):
        harness.open("a")
    run = harness.open("a")
    assert harness.open("a") == run
    assert harness.month().runs == {run.id: WORST}
    assert run.attempt == 1


def test_a_retry_in_the_next_month_reserves_nothing_there(at: Callable[[str], None]) -> None:
    harness = LedgerHarness()
    at("2026-11-30T23:59:59+00:00")
    run = harness.open("a")
    at("2026-12-01T00:00:01+00:00")
    assert harness.open("a") == run
    assert [harness.month(name).reserved for name in ("2026-11", "2026-12")] == [WORST, 0]


@pytest.mark.parametrize("paid", [True, False])
def test_a_run_over_the_month_s_end_is_of_the_month_in_which_it_began(at: Callable[[str], None], paid: bool) -> None:
    harness = LedgerHarness()
    at("2026-12-31T23:59:59+00:00")
    run = harness.open("a")
    at("2027-01-01T00:00:00+00:00")
    if paid:
        harness.pay(run)
    harness.end(run)
    assert [harness.month(name).reserved for name in ("2026-12", "2027-01")] == [WORST if paid else 0, 0]
    assert harness.month("2026-12").resets == "2027-01-01"


def test_a_clock_that_turns_while_a_run_is_opened_counts_it_where_its_record_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter(["2026-11-30T23:59:59+00:00"])
    monkeypatch.setattr(
        clock, "timestamp", lambda: datetime.fromisoformat(next(moments, "2026-12-01T00:00:00+00:00")).timestamp()
    )
    harness = LedgerHarness()
    run = harness.open("a")
    record = harness.ledger.run(run.id)
    assert (record.started_at[:7], harness.month(record.started_at).runs) == ("2026-11", {run.id: WORST})
    harness.end(run)
    assert harness.month("2026-11").runs == harness.month("2026-12").runs == {}


def test_a_new_month_begins_empty(at: Callable[[str], None]) -> None:
    harness = LedgerHarness()
    for digest in "abcd":
        spend(harness, digest)
    at("2026-12-01T00:00:00+00:00")
    spend(harness, "e")
    assert harness.month("2026-12").reserved == WORST


def test_what_no_job_was_asked_for_is_given_back_once(at: Callable[[str], None]) -> None:
    harness = LedgerHarness()
    run = harness.open("a")
    harness.end(run)
    assert harness.month().runs == {}
    other = harness.open("b")
    harness.end(run)
    assert (harness.month().runs, harness.ledger.active()) == ({other.id: WORST}, {"support": other.id})


@pytest.mark.parametrize(
    ("asked", "refused", "kept"), [(0, 0, False), (1, 0, True), (1, 1, False), (2, 1, True), (2, 2, False)]
)
def test_a_reservation_is_given_back_only_where_every_request_for_a_job_was_refused(
    asked: int, refused: int, kept: bool
) -> None:
    harness = LedgerHarness()
    run = harness.open("a")
    for _ in range(asked):
        harness.ledger.count_job_request(run.id)
    for _ in range(refused):
        harness.ledger.count_job_refusal(run.id)
    harness.end(run)
    assert (run.id in harness.month().runs) is kept


def test_no_job_is_asked_for_by_a_run_that_gave_its_reservation_back() -> None:
    """An execution that is redriven, or a slow start."""
    harness = LedgerHarness()
    run = harness.open("a")
    harness.end(run)
    with pytest.raises(BadRequest, match="is failed; no job is started for it"):
        harness.ledger.count_job_request(run.id)


def test_a_close_that_dies_before_it_gave_back_is_made_good_by_the_next() -> None:
    table = FlakyTable()
    harness = LedgerHarness(table)
    run = harness.open("a")
    table.lose_next = True
    with pytest.raises(TimeoutError):
        harness.end(run)
    assert harness.ledger.active() == {"support": run.id}, "the sweep looks at the holder of a recipe"
    harness.end(run)
    assert (harness.month().runs, harness.ledger.active()) == ({}, {})


def test_a_worst_case_that_has_grown_is_reserved_too_or_refused() -> None:
    harness = LedgerHarness()
    run = harness.open("a")
    for usd in (Decimal(12), Decimal(12), Decimal(1)):
        harness.ledger.reserve(run, usd)
        assert harness.month().runs == {run.id: Decimal(12)}
    with pytest.raises(OverBudget, match=r"up to \$40.01, but \$12.00 of the \$40.00 .* is already reserved"):
        harness.ledger.reserve(run, Decimal("40.01"))
    assert harness.month().runs == {run.id: Decimal(12)}


def test_a_run_that_began_before_there_was_a_cap_reserves_before_its_job() -> None:
    harness = LedgerHarness()
    run = harness.open("a")
    assert isinstance(harness.table, MemoryTable)
    del harness.table.items["recipe#support", "month#2026-11"]
    harness.ledger.reserve(run, WORST)
    assert harness.month().runs == {run.id: WORST}


def waiting(harness: LedgerHarness, digest: str) -> Run:
    return harness.ledger.open(harness.recipe, harness.data(digest), again=False, awaiting=True).run


def test_an_approval_does_not_pass_the_cap_and_the_run_waits_on() -> None:
    harness = LedgerHarness()
    for digest in "abcd":
        spend(harness, digest)
    run, approvals = waiting(harness, "e"), Approvals(harness.table)
    assert run.id not in harness.month().runs
    with pytest.raises(OverBudget, match="wait until 2026-12-01, or raise monthly_budget_usd"):
        approvals.approve(run.id, WORST, by="arn:ana", cap_usd=CAP)
    assert (harness.ledger.run(run.id).outcome, harness.ledger.active()) == (Outcome.AWAITING, {})


def test_an_approval_is_held_to_the_cap_of_today_and_reserves_once(at: Callable[[str], None]) -> None:
    harness = LedgerHarness(of=recipe(monthly_budget_usd=Decimal(10)))
    spend(harness, "a")
    run, approvals = waiting(harness, "b"), Approvals(harness.table)
    with pytest.raises(OverBudget):
        approvals.approve(run.id, WORST, by="arn:ana", cap_usd=Decimal(19))
    for _ in range(2):
        assert approvals.approve(run.id, WORST, by="arn:ana", cap_usd=Decimal(20)).outcome is Outcome.RUNNING
    assert harness.month().reserved == 2 * WORST


def test_an_approval_reserves_in_the_month_in_which_it_is_given(at: Callable[[str], None]) -> None:
    harness = LedgerHarness()
    run = waiting(harness, "a")
    at("2026-12-02T00:00:00+00:00")
    Approvals(harness.table).approve(run.id, WORST, by="arn:ana", cap_usd=CAP)
    assert (harness.month("2026-11").runs, harness.month("2026-12").runs) == ({}, {run.id: WORST})
    harness.end(run)
    assert harness.month("2026-12").runs == {}


def test_approvals_at_once_do_not_pass_the_cap() -> None:
    table = FlakyTable()
    harness, approvals = LedgerHarness(table), Approvals(table)
    runs = [waiting(harness, digest) for digest in "12345678"]
    table.throttled = table.lost = 0.1

    def worker(run: Run) -> None:
        for _ in range(20):
            if patiently(lambda: approvals.approve(run.id, WORST, by="arn:ana", cap_usd=CAP)):
                patiently(lambda: harness.pay(run))
                patiently(lambda: harness.end(run))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(worker, run) for run in runs]:
            done.result()
    assert len(harness.paid) == 4
    assert harness.month().runs == harness.paid


def test_declining_an_already_approved_run_keeps_its_recipe_and_reservation() -> None:
    harness = LedgerHarness()
    run = waiting(harness, "a")
    Approvals(harness.table).approve(run.id, WORST, by="arn:ana", cap_usd=CAP)
    assert not harness.ledger.close(run.id, Outcome.DECLINED, was=Outcome.AWAITING)
    assert (harness.ledger.active(), harness.month().runs) == ({"support": run.id}, {run.id: WORST})


def test_a_recipe_s_cap_is_five_times_its_budget_unless_it_says_so_itself() -> None:
    assert recipe(budget_usd=Decimal(7)).monthly_cap_usd == 35
    assert recipe(budget_usd=Decimal(7), monthly_budget_usd=Decimal(8)).monthly_cap_usd == 8
