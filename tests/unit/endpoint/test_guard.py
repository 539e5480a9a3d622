"""The money guard, over random inventories, aliases, leases and locks: it never deletes what is named, and always what
is not. And it reports whenever it had to act."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.leases import LENGTH
from distillery.core.pipeline import Outcome
from distillery.core.recipe import Recipe
from tests.fakes.pipeline import open_run, provisioned, recipe
from tests.unit.endpoint.test_sweep import Harness

RECIPES = ("support", "triage", "a-b")


@dataclass(frozen=True)
class Hosted:
    """An endpoint of a random account. `lease`: hours until it expires, by run or by name; None without one."""

    of: int
    provisioned: bool
    candidate: bool
    failed: bool
    aliased: bool
    lease: int | None
    by_name: bool
    foreign: bool

    def is_named(self, locked: set[int]) -> bool:
        """The rule once more: by an alias, by a lease that has not expired, or a live one by its recipe's lock."""
        in_promotion = self.of in locked and not self.candidate
        return self.aliased or in_promotion or (self.lease is not None and self.lease > 0)


hosted = st.builds(
    Hosted,
    of=st.integers(0, 2),
    provisioned=st.booleans(),
    candidate=st.booleans(),
    failed=st.booleans(),
    aliased=st.booleans(),
    lease=st.one_of(st.none(), st.integers(-30, 30)),
    by_name=st.booleans(),
    foreign=st.booleans(),
)


def named(each: Hosted, index: int) -> str:
    role = "candidate" if each.candidate else "live"
    return f"dev-{RECIPES[each.of]}-{index}-{role}"


def build(harness: Harness, account: list[Hosted]) -> Iterator[tuple[str, Hosted]]:
    start, aliased = harness.at, set()
    for index, each in enumerate(account):
        kept = replace(each, aliased=each.aliased and each.of not in aliased and not each.foreign)
        settings = (provisioned if each.provisioned else recipe)(name=RECIPES[each.of])
        name, run = named(each, index), f"{RECIPES[each.of]}-aaaaa-bbbbbbbb-{index + 1}"
        endpoint = harness.host(name, settings, run if each.candidate else None, "prod" if each.foreign else "dev")
        if each.lease is not None:
            harness.at = start + timedelta(hours=each.lease) - LENGTH
            if each.by_name or not each.candidate:
                harness.ledger.leases.hold(name, owner="arn:ana", purpose="a measurement")
            else:
                harness.ledger.leases.take(run, owner=run, purpose="evaluation")
            harness.at = start
        if kept.aliased:
            aliased.add(each.of)
            harness.alias(endpoint, RECIPES[each.of])
        yield name, kept
    for index, each in enumerate(account):
        if each.failed:
            harness.bedrock.everything()[named(each, index)].status = "Failed"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(account=st.lists(hosted, max_size=7), locked=st.sets(st.integers(0, 2)))
def test_it_never_deletes_what_is_named_and_always_what_is_not(account: list[Hosted], locked: set[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        harness = Harness(patch)
        built = dict(build(harness, account))
        for each in locked:
            holder = new_holder(HolderKind.ROLLBACK, RECIPES[each], harness.at)
            harness.ledger.lock(RECIPES[each], holder)
            harness.machine.executions[holder] = "RUNNING"
        deleted = harness.sweep()["deleted"]
        assert set(deleted) == {name for name, each in built.items() if not each.is_named(locked) and not each.foreign}
        assert set(harness.bedrock.everything()) == set(built) - set(deleted)
        assert harness.sweep()["deleted"] == []


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_a_live_endpoint_whose_alias_was_retired_is_deleted_also_if_it_failed(harness: Harness) -> None:
    live = harness.host("dev-support-live-abcde", provisioned())
    harness.alias(live)
    harness.bedrock.throughputs[live.name].status = "Failed"
    assert harness.sweep()["deleted"] == []
    harness.ssm.parameters.clear()
    assert harness.sweep()["deleted"] == [live.name]


def test_a_person_holds_an_endpoint_by_its_name_and_only_that_one(harness: Harness) -> None:
    held, other = (harness.host(name, provisioned()) for name in ("dev-support-live-abcde", "dev-support-live-fghij"))
    harness.ledger.leases.hold(held.name, owner="arn:ana", purpose="a load test", length=timedelta(hours=2))
    assert harness.sweep()["deleted"] == [other.name]
    harness.ledger.leases.release(held.name, owner="arn:bob")
    assert harness.sweep()["deleted"] == []
    harness.ledger.leases.release(held.name, owner="arn:ana")
    assert harness.sweep()["deleted"] == [held.name]


def test_an_item_of_an_older_version_keeps_its_candidate(harness: Harness) -> None:
    run = open_run(harness.ledger)
    candidate = harness.candidate(run)
    harness.ledger.close(run.id, Outcome.FAILED, "for the test")
    item = {"pk": "lease", "sk": run.id, "run": run.id, "owner": "arn:ana", "purpose": "evaluation"}
    harness.ledger._table.put(item | {"until": (harness.at + timedelta(hours=1)).isoformat()})
    assert harness.sweep()["deleted"] == []
    harness.at += timedelta(hours=1)
    assert harness.sweep()["deleted"] == [candidate.name]


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_it_notifies_and_counts_only_when_it_acted(
    harness: Harness, capsys: pytest.CaptureFixture[str], settings: Recipe
) -> None:
    assert harness.sweep() == {"closed": {}, "deleted": []}
    assert (harness.sns.published, capsys.readouterr().out) == ([], "")
    orphan = harness.host("dev-support-live-abcde", settings)
    harness.sweep()
    (notice,) = harness.sns.published
    assert notice["Subject"] == "Distillery: the guard of dev acted"
    assert orphan.name in notice["Message"]
    metric = json.loads(capsys.readouterr().out)
    assert (metric["GuardActed"], metric["Environment"]) == (1, "dev")


def test_a_notice_that_cannot_be_sent_is_raised_after_the_work(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = harness.host("dev-support-live-abcde", provisioned())

    def refuse(**_: object) -> None:
        raise TimeoutError("no topic")

    monkeypatch.setattr(harness.sns, "publish", refuse)
    with pytest.raises(ExceptionGroup):
        harness.sweep()
    assert orphan.name not in harness.bedrock.everything()
