"""Canaries that could not be split, would not end, or could never be observed to their end."""

from collections.abc import Callable, Iterator
from datetime import date

from distillery.core.business_hours import TIME, BusinessHours, minutes
from distillery.core.canary import CanaryOptions
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding

MINUTES_MIN, MINUTES_MAX = 10, 7 * 24 * 60
"""Two looks at the metrics; and what fits the history of one execution, and one minute's metrics of CloudWatch."""
DAY_MINUTES = 24 * 60
AROUND_MINUTES = 35
"""Half an hour, in which Bedrock usually creates the endpoint, and five minutes to the last look at the metrics."""
CANARY_BOUNDS: tuple[tuple[str, Callable[[CanaryOptions], bool], str, str], ...] = (
    ("share", lambda c: 0.01 <= c.share <= 0.5, "0.01 to 0.5", "0.1 lets the student answer every tenth caller"),
    (
        "minutes",
        lambda c: MINUTES_MIN <= c.minutes <= MINUTES_MAX,
        f"{MINUTES_MIN} to {MINUTES_MAX}, a week",
        "1440 is a day, with its busy and its quiet hours",
    ),
    ("min_calls", lambda c: c.min_calls >= 1, "at least 1", "with 200, 2 points of errors begin to show"),
    ("max_error_increase", lambda c: 0 <= c.max_error_increase < 1, "0 to less than 1", "0.02 allows 2 points"),
    ("max_refusal_increase", lambda c: 0 <= c.max_refusal_increase < 1, "0 to less than 1", "0.02 allows 2 points"),
    ("max_fallback_increase", lambda c: 0 <= c.max_fallback_increase < 1, "0 to less than 1", "0.02 allows 2 points"),
    ("max_latency_ratio", lambda c: c.max_latency_ratio > 1, "more than 1", "1.25 allows a quarter more"),
    ("max_cost_ratio", lambda c: c.max_cost_ratio > 1, "more than 1", "1.25 allows a quarter more"),
)


def check_canaries(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """The numbers of each recipe's canary, which ends when business hours close."""
    for name, recipe in settings.recipes.items():
        if recipe.canary is None:
            continue
        where = f"recipes.{name}.canary"
        for field, inside, allowed, fix in CANARY_BOUNDS:
            if not inside(recipe.canary):
                yield ConfigFinding(f"{where}.{field}", f"it is {getattr(recipe.canary, field)}", allowed, fix)
        if recipe.business_hours:
            yield from _within_hours(recipe.canary, recipe.business_hours, where)


def _within_hours(canary: CanaryOptions, hours: BusinessHours, where: str) -> Iterator[ConfigFinding]:
    """Hours of whole days may follow each other; others end every canary that lasts longer."""
    if not all(TIME.fullmatch(text) for text in (hours.opens, hours.closes)):
        return
    length = minutes(hours.closes) - minutes(hours.opens)
    room = max(length - AROUND_MINUTES, 0)
    if 0 < length < DAY_MINUTES and canary.minutes > room:
        yield ConfigFinding(
            where=f"{where}.minutes",
            wrong=f"it is {canary.minutes}, and business hours from {hours.opens} to {hours.closes} end it before",
            allowed=f"at most {room}, so that its endpoint is created and its last look comes on the same day",
            fix="write fewer minutes or longer hours, or remove the table canary",
        )
