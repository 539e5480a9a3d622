"""Rollbacks."""

from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome
from tests import readme
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, MONEY, support


def test_a_rollback_serves_the_previous_model_and_another_swaps_back(deploy: Deploy) -> None:
    environment = deploy("dev")
    for labels in (DELIVERY, MONEY):
        record = environment.run(support(*labels))
        assert record.outcome is Outcome.PROMOTED, record.reason
    newer = environment.promoted()
    assert (newer.version, _serves(environment)) == (2, MONEY)
    older = _rolled_back(environment)
    assert (older.version, _serves(environment)) == (3, DELIVERY)
    again = _rolled_back(environment)
    assert (again.version, _serves(environment)) == (4, MONEY)
    assert newer.endpoint == older.endpoint == again.endpoint
    assert (older.current, older.previous) == (newer.previous, newer.current)
    assert (again.current, again.previous) == (newer.current, newer.previous)
    assert_nothing_is_left(environment)


def _rolled_back(environment: Environment) -> Alias:
    before = environment.promoted()
    said = environment.command(*readme.command("rollback"))
    assert str(before.previous) in said
    environment.until(
        lambda: environment.promoted().version > before.version and not environment.ledger.active(), "rollback"
    )
    (record, *_) = Rollbacks(
        Table(str(environment.outputs["ledger"]), environment.client_as("operator", "dynamodb"))
    ).of(RECIPE)
    assert record.by.endswith(":user/distillery-dev-operator")
    assert (record.left, record.to, record.outcome) == (before.current, before.previous, Outcome.ROLLED_BACK)
    return environment.promoted()


def _serves(environment: Environment) -> tuple[str, ...]:
    """Returns the labels that the live alias knows, which are those of its model's training set."""
    environment.advance_hours(0.1)  # the invoke function caches the alias for a minute
    known = {environment.ask(prompt)["text"] for prompt in (*support(*DELIVERY)[::9], *support(*MONEY)[::9])}
    return next(labels for labels in (DELIVERY, MONEY) if known <= set(labels))
