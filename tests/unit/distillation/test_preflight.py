"""Checks before a job is paid for."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.aws import ClientError
from distillery.core.commitment import Commitments
from distillery.core.errors import (
    BadRequest,
    DistilleryError,
    ModelUnavailable,
    NotAcknowledged,
    OverBudget,
    QuotaTooSmall,
)
from distillery.core.ledger.ledger import Ledger
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.distillation.preflight import ANSWER_TOKENS, PROMPT, LifeCycle, preflight
from lambdas.distillation.quota import HostingQuotas
from tests.fakes.errors import service_error
from tests.fakes.pipeline import committed, open_run, provisioned, recipe
from tests.fakes.services import FakeRuntime
from tests.fakes.table import MemoryTable
from tests.unit.distillation.fakes import NOW, FakeBedrock, FakeQuotas, units

PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"


def checked(
    runtime: Any,
    of: Recipe | None = None,
    *,
    granted: int = 10,
    ceiling: int | None = None,
    bought: Any = (),
    now: datetime = NOW,
) -> Any:
    ledger, bedrock = Ledger(MemoryTable()), FakeBedrock(throughputs=list(bought))
    run = open_run(ledger, of)
    asked = FakeQuotas(dict.fromkeys(("L-AC096F71", "L-BE77399C", "L-1EF80F3E"), granted))
    quotas = HostingQuotas("dev", bedrock, asked)  # type: ignore[arg-type]  # fake clients
    fakes: Any = {"bedrock": bedrock, "runtime": runtime}
    return preflight(
        run,
        **fakes,
        quotas=quotas,
        ceiling=UnitCeiling(Names("dev"), ceiling),
        ledger=ledger,
        now=now,
        commitments=Commitments.of_recipes(Names("dev"), [run.recipe]),
    )


def test_teacher_and_untrained_student_answer_one_short_prompt_each() -> None:
    runtime = FakeRuntime({PRO: "OK", MICRO: "OK"})
    found = checked(runtime)
    assert [request["modelId"] for request in runtime.requests] == [PRO, MICRO]
    assert {request["messages"][0]["content"][0]["text"] for request in runtime.requests} == {PROMPT}
    assert {request["inferenceConfig"]["maxTokens"] for request in runtime.requests} == {ANSWER_TOKENS}
    assert (found.teacher, found.student_life) == (PRO, LifeCycle.ACTIVE)
    assert found.estimate_usd > 0


@pytest.mark.parametrize("who", [1, 2])
@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_model_that_does_not_answer_is_told_before_money_is_spent(who: int, code: str) -> None:
    runtime = FakeRuntime({PRO: "OK", MICRO: "OK"})
    runtime.errors = {who: service_error(code)}
    with pytest.raises(ModelUnavailable, match=PRO if who == 1 else MICRO):
        checked(runtime)


@pytest.mark.parametrize("code", ["ThrottlingException", "ModelNotReadyException"])
def test_a_busy_model_is_left_to_the_retry(code: str) -> None:
    runtime = FakeRuntime({PRO: "OK", MICRO: "OK"})
    runtime.errors = {1: service_error(code)}
    with pytest.raises(ClientError):
        checked(runtime)


@pytest.mark.parametrize(
    ("of", "error"),
    [
        (recipe(budget_usd=Decimal("0.10"), monthly_budget_usd=Decimal(10)), OverBudget),
        (provisioned(budget_usd=Decimal(10)), OverBudget),
        (recipe(student="amazon.nova-lite-v1:0"), BadRequest),
        (recipe(student="meta.llama3-1-8b-instruct-v1:0"), ModelUnavailable),
    ],
)
def test_what_cannot_be_paid_or_priced_asks_no_model_anything(of: Recipe, error: type[DistilleryError]) -> None:
    runtime = FakeRuntime({})
    with pytest.raises(error):
        checked(runtime, of)
    assert runtime.requests == []


@pytest.mark.parametrize("of", [recipe(), provisioned(budget_usd=Decimal(500))])
def test_what_the_account_may_not_host_asks_no_model_anything(of: Recipe) -> None:
    runtime = FakeRuntime({})
    with pytest.raises(QuotaTooSmall):
        checked(runtime, of, granted=1)
    assert runtime.requests == []


def test_the_ceiling_of_model_units_is_checked_before_anything_is_paid_for() -> None:
    runtime = FakeRuntime({PRO: "OK", MICRO: "OK"})
    with pytest.raises(QuotaTooSmall, match="needs 2 model units, and the live endpoints"):
        checked(runtime, provisioned(budget_usd=Decimal(500)), ceiling=1)
    assert runtime.requests == []
    checked(runtime, provisioned(budget_usd=Decimal(500)), ceiling=2)


LIVE = Names("dev").live("support", MICRO)
OLD = committed(budget_usd=Decimal(500), commitment_acknowledged=date(2026, 10, 23))


@pytest.mark.parametrize("bought", [[], [units(LIVE, 2, status="Failed")], [units(f"{LIVE}-2", 2)]])
def test_an_old_acknowledgement_is_refused_before_anything_is_paid_for(bought: list[Any]) -> None:
    runtime = FakeRuntime({PRO: "OK", MICRO: "OK"})
    with pytest.raises(NotAcknowledged, match=r"is 2026-10-23; allowed: a day from 2026-10-24 to 2026-11-23.* Write"):
        checked(runtime, OLD, bought=bought)
    assert runtime.requests == []


def test_an_old_acknowledgement_does_not_matter_beside_a_live_endpoint() -> None:
    assert checked(FakeRuntime({PRO: "OK", MICRO: "OK"}), OLD, bought=[units(LIVE, 2)]).estimate_usd > 0


@pytest.mark.parametrize("now", [datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 12, 20, 23, tzinfo=UTC)])
def test_an_acknowledgement_of_the_last_days_lets_the_run_pass(now: datetime) -> None:
    of = committed(budget_usd=Decimal(500))
    assert checked(FakeRuntime({PRO: "OK", MICRO: "OK"}), of, now=now).estimate_usd > 0
