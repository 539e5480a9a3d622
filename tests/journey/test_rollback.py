"""Rollbacks, and the system prompt of a student, which moves with its model."""

from dataclasses import replace
from decimal import Decimal
from itertools import count, islice

from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome
from tests import readme
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, MONEY, support
from tests.unit.stacks.assembly import settings_of


def test_a_rollback_serves_the_previous_model_and_a_second_press_does_not_swap_back(deploy: Deploy) -> None:
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], budget_usd=Decimal(200), monthly_budget_usd=Decimal(400))
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))
    for labels in (DELIVERY, MONEY):
        record = environment.run([replace(prompt, system=_system(labels)) for prompt in support(*labels)])
        assert record.outcome is Outcome.PROMOTED, record.reason
    newer = environment.promoted()
    assert "(15,000 bytes), which the route sends" in environment.command("status", RECIPE)
    assert (newer.version, _serves(environment)) == (2, MONEY)
    older = _rolled_back(environment)
    assert (older.version, _serves(environment)) == (3, DELIVERY)
    plain = environment.command_as(*readme.command("rollback"), by="operator")
    assert (plain.returncode, "--to 2" in plain.stderr, environment.promoted()) == (4, True, older), plain.stderr
    again = _rolled_back(environment, "--to", "2")
    listed = environment.command("rollback", RECIPE, "--list")
    assert [f"version {version}" in listed for version in range(1, 5)] == [True] * 4
    assert (again.version, _serves(environment)) == (4, MONEY)
    assert newer.endpoint == older.endpoint == again.endpoint
    assert (older.current, older.previous) == (newer.previous, newer.current)
    assert (again.current, again.previous) == (newer.current, newer.previous)
    assert (older.system, older.previous_system) == (newer.previous_system, newer.system)
    assert (again.system, again.previous_system) == (newer.system, newer.previous_system)
    assert_nothing_is_left(environment)


def _rolled_back(environment: Environment, *to: str) -> Alias:
    """Follows the command until the rollback has ended."""
    before = environment.promoted()
    said = environment.command(*readme.command("rollback"), *to)
    assert str(before.previous) in said
    assert "rolled-back" in said
    assert (environment.promoted().version, environment.ledger.active()) == (before.version + 1, {})
    (record, *_) = Rollbacks(
        Table(str(environment.outputs["ledger"]), environment.client_as("operator", "dynamodb"))
    ).of(RECIPE)
    assert record.by.endswith(":user/distillery-dev-operator")
    assert record.why == "worse in German"
    assert (record.left, record.to, record.outcome) == (before.current, before.previous, Outcome.ROLLED_BACK)
    return environment.promoted()


def _serves(environment: Environment) -> tuple[str, ...]:
    """Returns the labels that the live alias knows, which are those of its model's training set.

    The route sends the system prompt that the model was trained with: callers give none.
    """
    environment.advance_hours(0.1)  # the invoke function caches the alias for a minute
    prompts = (*support(*DELIVERY)[::9], *support(*MONEY)[::9])
    answers = [environment.ask(replace(prompt, system=None)) for prompt in prompts]
    served = next(labels for labels in (DELIVERY, MONEY) if {answer["text"] for answer in answers} <= set(labels))
    assert {answer["system"] for answer in answers} == {"student"}
    assert min(answer["usage"]["input_tokens"] for answer in answers) > 3000, "with 15 KB of system prompt"
    assert _stored(environment) == _system(served)
    return served


def _system(labels: tuple[str, ...]) -> str:
    """Returns a system prompt of 15 KB, the longest that a line of prompts has room for."""
    rules = (f"\n{number}. {labels[number % len(labels)]}: see section {number} of the handbook." for number in count())
    text = "Classify the customer's message. Answer with exactly one label: " + ", ".join(labels) + "."
    return (text + "".join(islice(rules, 400)))[:15_000]


def _stored(environment: Environment) -> str:
    """Returns the text of the object that the alias names."""
    system = environment.promoted().system
    assert system is not None
    bucket, _, key = system.uri.removeprefix("s3://").partition("/")
    return str(environment.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
