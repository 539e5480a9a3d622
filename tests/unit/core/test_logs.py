"""Which logged calls a recipe takes: one operator over all pairs, in our code and in the job's configuration."""

import json
from dataclasses import dataclass
from datetime import date

import botocore.session
import pytest
from botocore.validate import validate_parameters
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest
from distillery.core.logs import LogSource, Operator, fits, metadata_filters
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire, to_wire

PAIRS = {"project": "support", "tier": "gold"}
BOTH, ONE, OTHER = PAIRS | {"more": "x"}, {"project": "support"}, {"project": "sales"}
NONE: dict[str, str] = {}


@pytest.mark.parametrize(
    ("operator", "taken"),
    [
        (Operator.AND, (True, False, False, False)),
        (Operator.OR, (True, True, False, False)),
        (Operator.NOT, (False, False, True, True)),
    ],
)
def test_an_operator_is_over_all_pairs(operator: Operator, taken: tuple[bool, ...]) -> None:
    source = LogSource(match=PAIRS, operator=operator)
    assert tuple(source.matches(metadata) for metadata in (BOTH, ONE, OTHER, NONE)) == taken


@pytest.mark.parametrize(
    ("match", "operator", "filters"),
    [
        (ONE, Operator.AND, {"equals": ONE}),
        (ONE, Operator.OR, {"equals": ONE}),
        (ONE, Operator.NOT, {"notEquals": ONE}),
        (PAIRS, Operator.AND, {"andAll": [{"equals": ONE}, {"equals": {"tier": "gold"}}]}),
        (PAIRS, Operator.OR, {"orAll": [{"equals": ONE}, {"equals": {"tier": "gold"}}]}),
        (PAIRS, Operator.NOT, {"andAll": [{"notEquals": ONE}, {"notEquals": {"tier": "gold"}}]}),
    ],
)
def test_a_job_is_told_the_same(match: dict[str, str], operator: Operator, filters: dict[str, object]) -> None:
    assert metadata_filters(match, operator) == filters


def test_a_job_cannot_be_told_no_filter() -> None:
    with pytest.raises(KeyError):
        metadata_filters({}, Operator.AND)


FILTERS = botocore.session.get_session().get_service_model("bedrock").shape_for("RequestMetadataFilters")
TEXTS = st.text("abc:/ -", min_size=1, max_size=8)


@given(match=st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=16), operator=st.sampled_from(Operator))
def test_every_filter_is_one_of_the_apis(match: dict[str, str], operator: Operator) -> None:
    validate_parameters(metadata_filters(match, operator), FILTERS)


@given(match=st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=4), said=st.dictionaries(TEXTS, TEXTS, max_size=4))
def test_a_call_is_taken_by_or_exactly_if_not_refuses_it(match: dict[str, str], said: dict[str, str]) -> None:
    taken = {operator: LogSource(match=match, operator=operator).matches(said) for operator in Operator}
    assert taken[Operator.OR] is not taken[Operator.NOT]
    assert not taken[Operator.AND] or taken[Operator.OR]


@pytest.mark.parametrize(
    ("text", "fine"), [("a b/c=d$e@f", True), ("", False), ("a|b", False), ("x" * 257, False), ("é", False)]
)
def test_metadata_that_bedrock_takes(text: str, fine: bool) -> None:
    assert fits(text) is fine


def test_a_recipe_carries_its_source_and_is_named_without_it() -> None:
    plain = Recipe(name="support", teacher="t", student="s")
    source = LogSource(
        match=PAIRS, schedule="rate(7 days)", principals=("user/ana",), anybody_may_teach=date(2026, 11, 29)
    )
    logged = Recipe(name="support", teacher="t", student="s", logs=source)
    assert from_wire(Recipe, json.loads(json.dumps(to_wire(logged)))) == logged
    assert plain.digest == logged.digest


@pytest.mark.parametrize("day", ["yesterday", 5, None, "2026-13-01"])
def test_a_day_on_the_wire_is_a_day(day: object) -> None:
    @dataclass
    class Payload:
        since: date

    with pytest.raises(BadRequest, match=r"since is .*a date is needed"):
        from_wire(Payload, {"since": day})
