"""The cost of an environment while nothing runs, computed from its templates with dated prices."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from rich.console import Console
from rich.table import Table

from distillery.settings import load
from tests.bench import prices
from tests.bench.bar import Bar
from tests.bench.recipes import Templates, templates

LIMIT = 10.0
DAYS = {
    "dev": date(2026, 11, 23),
    "staging": date(2026, 11, 23),
    "prod": date(2026, 11, 23),
    "launch": date(2024, 12, 4),
}
"""Each environment with a day on which it may be deployed."""

_PRICES = [price for price in (*prices.STANDING.values(), *vars(prices).values()) if isinstance(price, prices.Price)]

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}


def bench(console: Console) -> list[Bar]:
    found = {environment: templates(load(environment, on=on)) for environment, on in DAYS.items()}
    young = {environment: idle_cost(each, rotations=0) for environment, each in found.items()}
    old = {environment: idle_cost(each, rotations=prices.PAID_ROTATIONS) for environment, each in found.items()}
    table = Table("", *found, title="Idle cost of an environment, US dollars a month (free tiers not counted)")
    for line in dict.fromkeys(line for cost in old.values() for line in cost):
        table.add_row(line, *[f"{cost.get(line, 0.0):.2f}" for cost in old.values()])
    for age, costs in (("first year", young), ("third year on", old)):
        table.add_row(f"together, {age}", *[f"{sum(cost.values()):.2f}" for cost in costs.values()], style="bold")
    console.print(table)
    console.print(_sources())
    return [_bar("first year", young), _bar("third year on", old)]


def _sources() -> Table:
    table = Table("price", "of one", "service", "source", "as of", title="Prices in US dollars")
    for price in _PRICES:
        table.add_row(f"{price.usd:.10f}".rstrip("0").rstrip("."), price.unit, price.service, price.source, price.as_of)
    return table


def _bar(age: str, costs: Mapping[str, Mapping[str, float]]) -> Bar:
    """The bar for the most expensive environment."""
    dearest = max(sum(cost.values()) for cost in costs.values())
    return Bar(what=f"idle cost a month, {age}", measured=dearest, limit=LIMIT, floor="dated prices", unit="$")


def idle_cost(found: Templates, *, rotations: int) -> dict[str, float]:
    """Returns US dollars per month by line, after so many key rotations. Raises KeyError for a type without a price."""
    resources = [resource for template in found.values() for resource in template["Resources"].values()]
    kinds = Counter(resource["Type"] for resource in resources)
    if unknown := set(kinds) - prices.STANDING.keys() - prices.BY_USE - prices.FREE:
        raise KeyError(f"{sorted(unknown)} have no price in tests/bench/prices.py: say what they cost while idle")
    lines = {
        f"{kinds[kind]} × {kind}": kinds[kind] * price.usd for kind, price in prices.STANDING.items() if kinds[kind]
    }
    lines["scheduled calls of functions"] = sum(
        cost for template in found.values() for cost in _scheduled(template["Resources"])
    )
    rotating, paid = sum(_rotates(resource) for resource in resources), min(rotations, prices.PAID_ROTATIONS)
    return lines | ({f"{paid} rotations of {rotating} keys": rotating * paid * prices.KEY_VERSION.usd} if paid else {})


def call_cost(memory_mb: int) -> float:
    """The cost of one call of a scheduled function that finds nothing to do."""
    return (
        prices.LAMBDA_REQUEST.usd
        + prices.LAMBDA_GB_SECOND.usd * prices.CALL_SECONDS * memory_mb / 1024
        + prices.LOGS_GB.usd * prices.CALL_LOG_KB / 1_000_000
        + prices.DYNAMODB_READ_UNIT.usd * prices.CALL_READ_UNITS
        + prices.KMS_REQUEST.usd * prices.CALL_KMS_REQUESTS
        + prices.REQUEST.usd * prices.CALL_REQUESTS
    )


def calls_a_month(schedule: str) -> float:
    """Returns the calls per month of a rule with this schedule. Raises ValueError if it is not a rate."""
    if not (rate := _RATE.fullmatch(schedule)):
        raise ValueError(f"cannot tell how often {schedule!r} is; teach tests/bench/idle.py this expression")
    return prices.HOURS_A_MONTH / (int(rate[1]) * _HOURS[rate[2]])


def _scheduled(resources: Mapping[str, Mapping[str, object]]) -> Iterator[float]:
    """Yields the monthly cost of each scheduled function."""
    for resource in resources.values():
        match resource:
            case {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": str(often), "Targets": targets}}:
                yield from (calls_a_month(often) * call_cost(_memory(resources, target)) for target in targets)


def _memory(resources: Mapping[str, Mapping[str, object]], target: object) -> int:
    match target:
        case {"Arn": {"Fn::GetAtt": [str(name), "Arn"]}}:
            match resources[name]:
                case {"Type": "AWS::Lambda::Function", "Properties": {"MemorySize": int(memory)}}:
                    return memory
    raise ValueError(f"a schedule calls {target}, which is no function of its stack; say what that costs")


def _rotates(resource: Mapping[str, object]) -> bool:
    match resource:
        case {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}}:
            return True
    return False
