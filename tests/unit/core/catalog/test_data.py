"""Properties that hold for every row of the catalog."""

import re
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import UnionType

import pytest

from distillery.core import catalog
from distillery.core.catalog import Certainty, HostId, Life, LifeState, Model, Pair, Price, PriceKind, Profile
from distillery.core.catalog.data import PROVIDERS

TODAY = date(2026, 11, 23)
MODELS = catalog.models()
PROFILES = [(model, profile) for model in MODELS for profile in model.profiles]
PRICES = [(model, price) for model in MODELS for price in model.prices]
LIVES = [(model.id, model.life) for model in MODELS] + [
    (f"{model.id} in {region}", life) for model in MODELS for region, life in model.life.overrides.items()
]

each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
each_pair = pytest.mark.parametrize("pair", catalog.pairs(), ids=lambda pair: f"{pair.teacher}-{pair.student}")
each_life = pytest.mark.parametrize("life", [life for _, life in LIVES], ids=[name for name, _ in LIVES])


def has_type(value: object, kind: object) -> bool:
    """Whether a value, and everything in it, has the type that a field declares."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, typing.NewType):
        return has_type(value, kind.__supertype__)
    if origin in (typing.Union, UnionType):
        return any(has_type(value, one) for one in args)
    if isinstance(value, Mapping):
        return origin is Mapping and all(has_type(k, args[0]) and has_type(v, args[1]) for k, v in value.items())
    if isinstance(value, tuple | frozenset):
        return isinstance(value, origin or tuple) and all(has_type(one, args[0]) for one in value)
    if is_dataclass(value):
        hints = typing.get_type_hints(type(value))
        return type(value) is kind and all(has_type(getattr(value, f.name), hints[f.name]) for f in fields(value))
    return type(value) is kind and (not isinstance(value, Enum) or value in type(value))


def mistyped(row: Model | Pair) -> list[str]:
    hints = typing.get_type_hints(type(row))
    return [field.name for field in fields(row) if not has_type(getattr(row, field.name), hints[field.name])]


@each_model
def test_every_value_of_a_model_has_the_type_of_its_field(model: Model) -> None:
    assert mistyped(model) == []


@each_pair
def test_every_value_of_a_pair_has_the_type_of_its_field(pair: Pair) -> None:
    assert mistyped(pair) == []


def test_every_data_file_is_of_a_provider_or_of_the_pairs() -> None:
    files = {path.stem for path in Path(catalog.__file__).parent.glob("*.toml")}
    assert files == {*PROVIDERS, "pairs"}
    assert {model.id.partition(".")[0] for model in MODELS} == set(PROVIDERS)


def test_ids_and_pairs_are_unique() -> None:
    assert len({model.id for model in MODELS}) == len(MODELS)
    pairs = [(pair.teacher, pair.student) for pair in catalog.pairs()]
    assert len(set(pairs)) == len(pairs)


@each_model
def test_a_model_says_where_its_facts_come_from_and_when_it_began(model: Model) -> None:
    assert model.source
    assert model.life.first is not None
    assert model.prices or model.life.state(TODAY) is LifeState.ENDED


@each_life
def test_the_days_of_a_life_are_in_order(life: Life) -> None:
    days = [day for day in (life.first, life.declines, life.ends) if day]
    assert all(earlier < later for earlier, later in pairwise(days))
    assert life.source


@each_life
def test_only_a_dated_end_is_announced(life: Life) -> None:
    assert (life.end is None) == (life.certainty is Certainty.UNKNOWN)


@each_model
def test_what_can_be_customized_names_what_is_hosted(model: Model) -> None:
    assert (model.customize is None) == (model.host is None)
    if model.customize and model.host:
        assert model.customize.startswith(f"{model.id}:")
        assert catalog.base_of(model.customize) is model
        assert catalog.base_of(model.host) is model


@each_model
def test_a_successor_lives_and_knows_no_end(model: Model) -> None:
    if model.life.ends or model.life.declines:
        assert model.successor, f"{model.id} has an end of life but no successor"
    if model.successor:
        successor = catalog.model(model.successor)
        assert successor.id != model.id
        assert successor.life.state(TODAY) is LifeState.ACTIVE
        assert successor.life.ends is None


@each_model
def test_latency_optimized_is_only_offered_where_a_profile_is_called(model: Model) -> None:
    """Model ids are refused: UG latency-optimized-inference."""
    for regions in model.latency.values():
        for region, first in regions.items():
            assert catalog.profile_for(model.id, region) is not None
            assert model.life.first is not None
            assert first >= model.life.first


@pytest.mark.parametrize(("model", "profile"), PROFILES, ids=[profile.id for _, profile in PROFILES])
def test_a_profile_is_of_its_model_and_routes_somewhere(model: Model, profile: Profile) -> None:
    assert profile.id == f"{profile.geography}.{model.id}"
    assert profile.source
    for source, destinations in profile.destinations.items():
        assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", source)
        assert (catalog.ANYWHERE in destinations) == (profile.geography == "global")
        assert len(destinations) == len(set(destinations))


@pytest.mark.parametrize(("model", "price"), PRICES, ids=[f"{model.id}-{price.kind}" for model, price in PRICES])
def test_a_price_is_dated_sourced_and_for_something_that_can_be_called(model: Model, price: Price) -> None:
    assert price.source
    assert price.as_of <= TODAY
    assert 0 < price.per_million_input <= price.per_million_output
    assert price.through is None or price.through in {profile.id for profile in model.profiles}
    assert price.kind is not PriceKind.OPTIMIZED or price.through is not None


def test_no_two_rows_give_one_price() -> None:
    keys = [(model.id, price.kind, price.through, price.as_of) for model, price in PRICES]
    assert len(keys) == len(set(keys))


@each_model
def test_a_training_price_admits_that_it_is_unverified(model: Model) -> None:
    training = catalog.training_price(model.id)
    assert training is None or (training.per_million_tokens > 0 and "UNVERIFIED" in training.source)


@each_pair
def test_a_pair_is_of_known_models_whose_student_can_be_customized(pair: Pair) -> None:
    assert catalog.model(pair.teacher).life.first
    student = catalog.model(pair.student)
    assert student.customize
    assert pair.source
    assert len(pair.regions) == 1


@each_pair
def test_a_student_of_a_pair_can_be_hosted_where_it_is_made(pair: Pair) -> None:
    student = catalog.model(pair.student)
    on_demand = {region for offer in student.on_demand_hosting for region in offer.regions}
    assert pair.regions & (student.throughput_regions | on_demand)


@each_pair
def test_no_job_can_start_when_the_teacher_has_ended_or_the_student_is_legacy(pair: Pair) -> None:
    teacher, student = catalog.model(pair.teacher).life, catalog.model(pair.student).life
    assert pair.first
    ends = [day for day in (teacher.ends, student.declines) if day]
    assert pair.last == (min(ends) - timedelta(days=1) if ends else None)
    if pair.last:
        assert pair.first < pair.last
        assert teacher.state(pair.last) is not LifeState.ENDED
        assert student.state(pair.last) is LifeState.ACTIVE


@each_pair
def test_a_teacher_can_be_called_the_way_its_pair_says(pair: Pair) -> None:
    teacher = catalog.model(pair.teacher)
    (region,) = pair.regions
    if pair.teacher_as != "profile":
        assert region in teacher.in_region
    if pair.teacher_as != "in-region":
        assert catalog.profile_for(teacher.id, region)


@each_model
def test_only_a_student_has_a_training_context(model: Model) -> None:
    students = {pair.student for pair in catalog.pairs()}
    assert catalog.student_context(model.id) == model.training_context_tokens
    assert model.training_context_tokens is None or model.id in students


def test_no_training_context_is_known_of_an_unknown_model() -> None:
    assert catalog.student_context("amazon.nova-unknown-v1:0") is None
    assert catalog.student_context("unknown.model") is None


def test_a_custom_model_arns_base_is_found_and_an_invoke_id_is_not_one() -> None:
    with pytest.raises(catalog.UnknownModel, match="128k"):
        catalog.base_of(HostId("amazon.nova-micro-v1:0"))
