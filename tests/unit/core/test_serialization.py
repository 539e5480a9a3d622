"""Values from JSON and TOML data: a number is what was written."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest
from distillery.core.serialization import from_wire, to_wire


@dataclass(frozen=True)
class Tolerant:
    tolerance: Decimal


@pytest.mark.parametrize("written", ["0.3", "0.005", "1e-7", "2.5", "0.1", "3", '"0.3"', "1.10"])
def test_a_decimal_is_what_was_written_in_toml(written: str) -> None:
    data = tomllib.loads(f"tolerance = {written}")
    assert from_wire(Tolerant, data).tolerance == Decimal(written.strip('"'))


@given(st.decimals(min_value=0, max_value=10**6, places=6))
def test_a_decimal_that_became_a_float_in_between_is_the_same(value: Decimal) -> None:
    assert from_wire(Tolerant, {"tolerance": float(value)}).tolerance == value
    assert from_wire(Tolerant, to_wire(Tolerant(value))).tolerance == value


@pytest.mark.parametrize("wrong", [True, "much", None, [0, [3], -1], {}])
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    with pytest.raises(BadRequest, match=r"Tolerant.tolerance .*a Decimal is needed"):
        from_wire(Tolerant, {"tolerance": wrong})
