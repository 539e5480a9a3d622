"""A run above its budget waits for somebody who may spend more, and for nobody else."""

from dataclasses import replace
from decimal import Decimal

from lambdas.shared.recipe import OverBudgetThen
from lambdas.shared.road import Outcome, Stage
from tests.journey.assemblies import Assemblies
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment, until
from tests.journey.notices import listen
from tests.journey.prompts import DELIVERY, support


def _poor(deploy: Deploy, assemblies: Assemblies) -> Environment:
    dev = assemblies.settings("dev")
    recipe = replace(dev.recipes[RECIPE], budget_usd=Decimal("0.50"), over_budget=OverBudgetThen.APPROVE)
    return deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))


def test_an_approved_run_goes_its_way_and_a_rejected_one_is_closed(deploy: Deploy, assemblies: Assemblies) -> None:
    environment = _poor(deploy, assemblies)
    notices = listen(environment)
    run = environment.begin(support(*DELIVERY))
    (notice,) = until(notices, "notice")
    assert f"distillery approve {run}" in notice["Message"]
    assert environment.ledger.run(run).outcome is Outcome.AWAITING
    assert environment.ledger.active() == {}
    refused = environment.attempt("approve", run, "--yes", by="operator")
    assert (refused.returncode, "AccessDenied" in refused.stderr) == (1, True)
    assert environment.executions() == []

    other = environment.begin(support(*DELIVERY)[:-1])
    environment.command("reject", other, "--reason", "one is enough", by="approver")
    assert environment.ledger.run(other).outcome is Outcome.DECLINED

    assert "has started" in environment.command("approve", run, "--yes", by="approver")
    record = environment.ended(run)
    assert record.run.approved_usd == record.run.dataset.at_most_usd
    assert record.outcome is Outcome.PROMOTED
    assert record.stages[Stage.DISTILLATION].ended
