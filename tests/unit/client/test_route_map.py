"""A route's map is unchanged after a round trip through an SSM parameter."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.client.route_map import Prices, RouteMap, Step, UnreadableMap

words = st.text(min_size=1, max_size=20).filter(str.isprintable)
names = st.from_regex(r"[a-z0-9][a-z0-9/-]{0,20}", fullmatch=True)
models = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:/._-]{0,20}", fullmatch=True)
centres = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda name: len(name) <= 20)
tags = st.text(alphabet=st.sampled_from("aZ0 ._:/=+@-"), max_size=20)
parameters = st.from_regex(r"/[A-Za-z0-9/._-]{1,20}", fullmatch=True)
regions = st.sampled_from(["us-east-2", "eu-central-1", "us-gov-west-1"])
prices = st.builds(Prices, input=st.just("0.80"), output=st.just("3.20"), as_of=st.just("2026-11-20"))
steps = st.builds(
    Step,
    model=models,
    region=regions,
    identifier=st.none() | models,
    alias=st.none() | parameters,
    latency=st.sampled_from(["standard", "optimized"]),
    tier=st.sampled_from(["default", "priority", "flex", "reserved"]),
    application=st.none() | models,
    probed=st.none() | st.booleans(),
    cost_centres=st.dictionaries(centres, models, max_size=2),
    prices=st.none() | prices,
)
maps = st.builds(
    RouteMap,
    environment=names,
    route=names,
    description=words,
    max_tokens=st.integers(1, 100_000),
    steps=st.lists(steps, min_size=1, max_size=4).map(tuple),
    tags=st.dictionaries(tags.filter(bool), tags, max_size=3),
    version=st.just(1),
)


@pytest.mark.slow
@given(maps)
def test_a_map_is_read_as_it_was_written(said: RouteMap) -> None:
    assert RouteMap.from_json(json.dumps(said.document())) == said


@pytest.mark.slow
@given(maps)
def test_keys_of_a_newer_writer_are_ignored(said: RouteMap) -> None:
    document = said.document() | {"later": 1}
    document["steps"] = [step | {"later": 2} for step in document["steps"]]
    assert RouteMap.from_json(json.dumps(document)) == said


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "steps": [{}]}', '{"version": 1, "steps": 3}']
)
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(UnreadableMap, match="no map of a route"):
        RouteMap.from_json(text)


def test_a_map_of_another_version_says_so() -> None:
    with pytest.raises(UnreadableMap, match="version 2, this client reads 1"):
        RouteMap.from_json('{"version": 2, "steps": []}')


def test_a_request_costs_what_its_tokens_cost() -> None:
    paid = Prices(input="0.80", output="3.20", as_of="2026-11-20")
    assert paid.cost(input_tokens=1_000_000, output_tokens=500_000) == Decimal("2.40")


@pytest.mark.parametrize(("input_tokens", "usd"), [(100_000, "0.0110055"), (100_001, "0.05502805")])
def test_a_long_request_costs_a_multiple_in_input_and_output_alike(input_tokens: int, usd: str) -> None:
    paid = Prices(input="0.11", output="0.55", as_of="2026-11-20", long_above=100_000, long_factor="5")
    assert paid.cost(input_tokens=input_tokens, output_tokens=10) == Decimal(usd)


def test_the_map_is_written_without_boto3() -> None:
    told = "import sys, distillery.client.route_map; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], cwd=Path(__file__).parents[3], check=False).returncode == 0
