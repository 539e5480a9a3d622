"""A student takes a share of the traffic: somebody stops it, and a second canary of it has no traffic."""

from dataclasses import replace
from decimal import Decimal

from distillery.core.canary import CanaryOptions, CanaryOutcome
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Outcome
from tests.journey import iam_usage
from tests.journey.cleanup import wait_until_clean
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, MONEY, support
from tests.unit.stacks.assembly import settings_of

ASKED = support(*MONEY)[:40]
CALLED_LATE = {"bedrock:InvokeModel"}
"""Two minutes of the account pass in a third of a second, and the invoke function keeps an alias for a real minute: it
may call the endpoint that was deleted meanwhile, and then the live one."""


def test_a_canary_is_stopped_and_one_without_traffic_is_inconclusive(deploy: Deploy) -> None:
    dev = settings_of("dev")
    recipe = replace(
        dev.recipes[RECIPE],
        budget_usd=Decimal(200),
        monthly_budget_usd=Decimal(400),
        canary=CanaryOptions(share=0.5, minutes=60, min_calls=10),
    )
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))
    first = environment.run(support(*DELIVERY))
    assert first.outcome is Outcome.PROMOTED, first.reason  # nothing was live that it could be compared with
    live = environment.promoted()
    run = environment.run(support(*MONEY)).run.id
    assert environment.ledger.run(run).outcome is Outcome.CANARY, environment.ledger.run(run).reason
    assert environment.ledger.active() == {}
    environment.until(lambda: environment.promoted().canary, "a canary in the alias")
    assert _variants(environment) == {"canary", "live"}
    assert "takes calls until" in environment.command("status", RECIPE)
    _stop(environment, run)
    environment.until(lambda: _variants(environment) == {""}, "callers that know of the end")
    record = _ended(environment)
    assert (record.outcome, environment.ledger.run(run).outcome) == (CanaryOutcome.STOPPED, Outcome.DECLINED)
    assert replace(environment.promoted(), canary=None) == live
    environment.command("accept", run, "--reason", "complaints were about something else", by="approver")
    record = _ended(environment)
    assert (record.outcome, environment.ledger.run(run).outcome) == (CanaryOutcome.INCONCLUSIVE, Outcome.DECLINED)
    assert "it answered 0 requests, and 10 are needed" in record.reason  # nobody called
    assert replace(environment.promoted(), canary=None) == live
    wait_until_clean(environment)
    denied = {line.split()[1] for line in iam_usage.denied(environment)}
    assert denied <= CALLED_LATE


def _variants(environment: Environment) -> set[str]:
    """Which models answer a number of callers."""
    environment.advance_hours(0.1)  # the invoke function keeps the alias for a minute
    client = environment.client_as("caller", "lambda", environment.inference)
    function = str(environment.serving["function"])
    answers = [
        environment.invoke(
            function,
            {"route": f"distilled/{RECIPE}", "prompt": prompt.messages[-1][1], "key": f"customer-{number}"},
            client=client,
        )
        for number, prompt in enumerate(ASKED)
    ]
    return {answer["variant"] for answer in answers}


def _stop(environment: Environment, run: str) -> None:
    said = environment.command("stop", run, "--reason", "complaints")
    assert "being withdrawn" in said
    environment.until(lambda: environment.promoted().canary is None, "an alias without a canary")


def _ended(environment: Environment) -> CanaryRecord:
    """The latest canary, after its executions have ended."""
    canaries = Canaries(Table(str(environment.outputs["ledger"]), environment.client("dynamodb")))
    environment.until(lambda: canaries.current(RECIPE) is None, "end of the canary")
    record = canaries.of(RECIPE)[0]
    running = [each["name"] for each in environment.executions() if each["status"] == "RUNNING"]
    environment.until(
        lambda: not [each for each in environment.executions() if each["status"] == "RUNNING"], f"{running}"
    )
    return record
