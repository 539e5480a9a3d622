"""Which commitments the settings have, and how functions get them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from distillery.core.commitment import Commitments
from distillery.core.errors import NotAcknowledged
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import CommitmentTerm
from distillery.core.serialization import from_wire, to_wire
from tests.fakes.pipeline import committed, provisioned, recipe

NAMES = Names("dev")
LIVE = NAMES.live("support", "amazon.nova-micro-v1:0")
DAY = date(2026, 11, 23)


def test_functions_read_what_the_deployment_has_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Commitments.of_environment() == Commitments.of_recipes(NAMES, [recipe(), provisioned()])
    written = Commitments.of_recipes(NAMES, [committed()])
    for variable, value in written.variables.items():
        monkeypatch.setenv(variable, value)
    assert Commitments.of_environment() == written
    assert list(written.by_endpoint) == [LIVE]
    assert Commitments().variables == {}


def test_recipes_of_ledgers_that_know_no_commitment_are_still_read() -> None:
    wire = to_wire(provisioned())
    old = {key: value for key, value in wire.items() if not key.startswith("commitment")}
    assert len(old) == len(wire) - 2
    assert from_wire(Recipe, old) == provisioned()
    assert from_wire(Recipe, to_wire(committed())) == committed()


@pytest.mark.parametrize(
    ("name", "of"),
    [(LIVE, recipe()), (NAMES.live("support", "amazon.nova-lite-v1:0"), provisioned())],
    ids=["a model that is hosted on demand", "a model of an earlier base"],
)
def test_other_endpoints_are_created_without_a_commitment(name: str, of: Any) -> None:
    assert Commitments.of_recipes(NAMES, [committed()]).starting(name, of, DAY) is None


@pytest.mark.parametrize(
    ("on", "starts"),
    [
        (date(2026, 11, 19), False),
        (date(2026, 11, 20), True),
        (date(2026, 12, 20), True),
        (date(2026, 12, 21), False),
    ],
)
def test_a_term_starts_with_an_acknowledgement_of_the_last_30_days(on: date, starts: bool) -> None:
    commitments = Commitments.of_recipes(NAMES, [committed()])
    if starts:
        assert commitments.starting(LIVE, provisioned(), on) is CommitmentTerm.ONE_MONTH
        return
    with pytest.raises(NotAcknowledged, match=rf"is 2026-11-20; allowed: a day from .* to {on}\. Nothing was bought"):
        commitments.starting(LIVE, provisioned(), on)


def test_an_acknowledgement_is_about_its_model_units() -> None:
    with pytest.raises(NotAcknowledged, match=r"would have 2 model units by its run, .* acknowledged for 9; allowed"):
        Commitments.of_recipes(NAMES, [replace(committed(), model_units=9)]).starting(LIVE, provisioned(), DAY)
