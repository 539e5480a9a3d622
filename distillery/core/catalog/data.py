"""Reads the data files: one TOML file for each provider, named by the prefix of its model ids, and `pairs.toml`.

A file is read when it is first needed, once for each process: a cold start that uses no model pays nothing.
Nothing is validated here; `tests/unit/core/catalog` holds every row to its types and rules.

The tables have the fields of `types.py` and `life.py`, with three shorthands. A list of Regions may be the name of a
list under ``[regions]``. A geographic profile lists the Regions that it routes to (``within``) and other Regions that
may call it (``also_from``). A global profile lists the Regions that may call it (``worldwide_from``).
"""

import functools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from distillery.core.catalog.life import Certainty, Life
from distillery.core.catalog.types import (
    ANYWHERE,
    InvokeId,
    Latency,
    Model,
    OnDemandHosting,
    Pair,
    Price,
    PriceKind,
    Profile,
    RequestRules,
    ServiceQuota,
    Surcharge,
    TeacherIdentifier,
    Tier,
    TrainingPrice,
)

PROVIDERS = ("amazon", "anthropic", "meta")
"""The first part of an invoke id, and the name of the file."""

Table = dict[str, Any]


@functools.cache
def models_of(provider: str) -> Mapping[InvokeId, Model]:
    """The models of one of `PROVIDERS`, in the order of its file."""
    file = _read(provider)
    groups = file.get("regions", {})
    return MappingProxyType({table["id"]: _model(table, file["provider"], groups) for table in file["models"]})


@functools.cache
def all_pairs() -> tuple[Pair, ...]:
    """The teacher-student pairs, in the order of their file."""
    return tuple(map(_pair, _read("pairs")["pairs"]))


def _read(name: str) -> Table:
    import tomllib  # 15 ms, which a cold start that asks the catalog nothing saves

    with Path(__file__).with_name(f"{name}.toml").open("rb") as file:
        return tomllib.load(file, parse_float=Decimal)


def _pair(table: Table) -> Pair:
    decoded: Table = {"regions": frozenset(table["regions"]), "teacher_as": TeacherIdentifier(table["teacher_as"])}
    return Pair(**{"last": None, **table, **decoded})


def _model(table: Table, provider: str, groups: Mapping[str, list[str]]) -> Model:
    def regions(given: str | list[str]) -> Iterable[str]:
        return groups[given] if isinstance(given, str) else given

    decoders: Mapping[str, Any] = {
        "life": _life,
        "in_region": lambda given: frozenset(regions(given)),
        "throughput_regions": lambda given: frozenset(regions(given)),
        "copy_regions": lambda given: frozenset(regions(given)),
        "profiles": lambda given: tuple(_profile(each, regions(each.get("worldwide_from", []))) for each in given),
        "latency": lambda given: {Latency(mode): first_days for mode, first_days in given.items()},
        "tiers": lambda given: frozenset(map(Tier, given)),
        "on_demand_hosting": lambda given: tuple(
            OnDemandHosting(frozenset(each["regions"]), each["since"], each["source"]) for each in given
        ),
        "prices": lambda given: tuple(map(_price, given)),
        "training": lambda given: TrainingPrice(**given),
        "model_units_quota": lambda given: ServiceQuota(**given),
        "requests": _requests,
    }
    return Model(provider=provider, **{name: decoders.get(name, _as_is)(given) for name, given in table.items()})


def _requests(table: Table) -> RequestRules:
    exact: Table = {name: Decimal(table[name]) for name in ("temperature", "least_top_p") if name in table}
    return RequestRules(**(table | exact))


def _as_is(given: Any) -> Any:
    return given


def _life(table: Table) -> Life:
    decoded: Table = {
        "certainty": Certainty(table.get("certainty", Certainty.UNKNOWN)),
        "overrides": {region: _life(life) for region, life in table.get("overrides", {}).items()},
    }
    return Life(**{"first": None, **table, **decoded})


def _profile(table: Table, worldwide_from: Iterable[str]) -> Profile:
    within, also_from = table.get("within", []), table.get("also_from", [])
    destinations = {source: tuple(sorted({*within, source})) for source in (*within, *also_from)}
    destinations |= {source: (source, ANYWHERE) for source in worldwide_from}
    destinations |= {source: tuple(to) for source, to in table.get("destinations", {}).items()}
    return Profile(table["id"], MappingProxyType(destinations), table["source"], table.get("first"))


def _price(table: Table) -> Price:
    surcharge = table.get("surcharge")
    return Price(
        per_million_input=Decimal(table["per_million_input"]),
        per_million_output=Decimal(table["per_million_output"]),
        kind=PriceKind(table.get("kind", PriceKind.STANDARD)),
        through=table.get("through"),
        as_of=table["as_of"],
        source=table["source"],
        surcharge=surcharge and Surcharge(surcharge["above_input_tokens"], Decimal(surcharge["factor"])),
    )
