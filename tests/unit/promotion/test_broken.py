"""What a promotion, an acceptance and a roll-back leave where they break between two writes.

Their closing step, and the guard after an aborted execution, record what is live, and name what differs from the alias.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from distillery.core.aliases import Aliases
from distillery.core.broken_promotions import BrokenPromotions
from distillery.core.errors import EndpointFailed
from distillery.core.executions import Executions
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.history import AliasHistory
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Stage
from lambdas.endpoint.stale_runs import StaleRuns
from lambdas.promotion.handler import step
from tests.fakes.errors import service_error
from tests.unit.promotion.harness import PARAMETER, Harness

MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
BROKE = "the ledger is denied"
ERROR = {"Error": "EndpointFailed", "Cause": f'{{"errorMessage": "{BROKE}"}}'}
Begin = Callable[[Harness], dict[str, Any]]
Close = Callable[[Harness, dict[str, Any]], None]


def run(harness: Harness) -> dict[str, Any]:
    return harness.state("b")


def acceptance(harness: Harness) -> dict[str, Any]:
    state = harness.state("b", passed=False)
    assert harness.end(state) == "rejected"
    assert harness.decide(state["run"]["id"])[0] == 200
    return harness.started()


def roll_back(harness: Harness) -> dict[str, Any]:
    harness.walk(harness.state("c"))
    harness.walk(harness.state("a2"))
    assert harness.ask_back()[0] == 200
    return harness.started()


def by_its_step(_harness: Harness, state: dict[str, Any]) -> None:
    step({"step": "close", "state": {**state, "error": ERROR}}, None)


def by_the_guard(harness: Harness, state: dict[str, Any]) -> None:
    harness.machine.executions[holder_of(state)] = "ABORTED"
    machine: Any = harness.machine
    sns: Any = harness.sns
    kept = harness.rollbacks, harness.acceptances
    executions, notices = Executions(MACHINE, machine), Notices("arn:topic", sns)
    assert StaleRuns(harness.ledger, *kept, executions, notices, broken(harness).examine).settle(
        "support", holder_of(state)
    )


def broken(harness: Harness) -> BrokenPromotions:
    history, kept = AliasHistory(harness.table), (harness.acceptances, harness.rollbacks)
    return BrokenPromotions(Names("dev"), hosting_by_mode(), Aliases(), harness.ledger, history, *kept)


def holder_of(state: dict[str, Any]) -> str:
    return str(state["holder"] if "holder" in state else state["run"]["id"])


def ended(harness: Harness, state: dict[str, Any]) -> tuple[str, str]:
    """How the run, the acceptance or the roll-back ended, and why."""
    holder = holder_of(state)
    if holder.startswith("acceptance-"):
        accepted = harness.acceptances.find("support", holder)
        return accepted.outcome, accepted.ending
    if (rolled := harness.rollbacks.find("support", holder)) is not None:
        return rolled.outcome, rolled.reason
    record = harness.ledger.run(holder)
    return record.outcome, record.reason


@pytest.fixture(params=[run, acceptance, roll_back], ids=lambda begin: begin.__name__)
def state(request: pytest.FixtureRequest, harness: Harness) -> dict[str, Any]:
    """Something begins to change what is live, which is a model of letter `a` or later."""
    harness.walk(harness.state("a"))
    begun: dict[str, Any] = request.param(harness)
    return begun


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
@pytest.mark.parametrize("updated", [False, True])
def test_people_are_told_that_the_endpoint_does_not_serve_what_the_alias_names(
    harness: Harness, state: dict[str, Any], close: Close, updated: bool
) -> None:
    before = harness.alias
    harness.twice("promote", state)
    if updated:
        harness.bedrock.settle()
    close(harness, state)
    outcome, reason = ended(harness, state)
    serves = "serves" if updated else "is being updated to"
    assert (outcome, harness.alias) == ("failed", before)
    assert f"{serves} arn:" in reason
    assert f"and the alias still names {before['current']}" in reason
    assert "so that both are the same" in reason
    assert reason in harness.sns.published[-1]["Message"]
    assert harness.ledger.active() == {}


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
def test_what_the_alias_names_is_live_and_the_ledger_has_it(
    harness: Harness, state: dict[str, Any], close: Close
) -> None:
    harness.twice("promote", state)
    harness.bedrock.settle()
    with harness.monkeypatch.context() as denied:
        denied.setattr(AliasHistory, "keep", _denied)
        with pytest.raises(EndpointFailed, match=BROKE):
            step({"step": "record", "state": state}, None)
    close(harness, state)
    alias = harness.alias
    outcome, reason = ended(harness, state)
    assert outcome == ("rolled-back" if holder_of(state).startswith("rollback-") else "promoted")
    assert f"alias version {alias['version']} serves {alias['current']}" in reason
    kept = AliasHistory(harness.table).stored("support")
    assert [each.version for each in kept] == [*range(alias["version"], 0, -1)]
    assert kept[0].by == holder_of(state)
    assert harness.ledger.run(alias["run"]).outcome == "promoted"
    assert harness.ledger.run(alias["run"]).stages[Stage.PROMOTION].ended


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
def test_what_broke_after_the_ledger_had_all_of_it_is_live(
    harness: Harness, state: dict[str, Any], close: Close
) -> None:
    """As where the endpoint before cannot be deleted, or the execution is aborted before its last step."""
    harness.twice("promote", state)
    harness.bedrock.settle()
    harness.twice("record", state)
    close(harness, state)
    outcome, reason = ended(harness, state)
    assert outcome == ("rolled-back" if holder_of(state).startswith("rollback-") else "promoted")
    assert f"serves {harness.alias['current']}" in reason
    assert harness.ledger.active() == {}


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
def test_what_broke_before_it_changed_the_endpoint_says_nothing_of_it(
    harness: Harness, state: dict[str, Any], close: Close
) -> None:
    close(harness, state)
    outcome, reason = ended(harness, state)
    assert (outcome, "live endpoint" in reason.lower()) == ("failed", False)


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (service_error("AccessDeniedException"), "AccessDeniedException"),
        (service_error("ThrottlingException"), "ThrottlingException"),
        (ReadTimeoutError(endpoint_url="https://ssm"), "ReadTimeoutError"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_service_that_does_not_answer_keeps_no_recipe_locked(
    harness: Harness,
    state: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    close: Close,
    error: Exception,
    why: str,
) -> None:
    harness.twice("promote", state)

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Aliases, "read", fails)
    close(harness, state)
    outcome, reason = ended(harness, state)
    assert (outcome, harness.ledger.active()) == ("failed", {})
    assert "Whether the live endpoint serves arn:" in reason
    assert f"is unknown: {why}" in reason


@pytest.mark.parametrize("close", [by_its_step, by_the_guard])
@pytest.mark.parametrize("text", ["no json", "[]", "{}"])
def test_an_alias_that_cannot_be_read_keeps_no_recipe_locked(
    harness: Harness, state: dict[str, Any], close: Close, text: str
) -> None:
    harness.twice("promote", state)
    harness.ssm.parameters[PARAMETER] = text
    close(harness, state)
    outcome, reason = ended(harness, state)
    assert (outcome, harness.ledger.active()) == ("failed", {})
    assert "Whether the live endpoint serves arn:" in reason


def _denied(*_: object, **__: object) -> None:
    raise EndpointFailed(BROKE)
