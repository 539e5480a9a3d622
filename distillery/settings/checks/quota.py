"""Quotas that limit nothing, or that no request fits into."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from distillery.core.hosting_mode import HostingMode
from distillery.settings.environment import Settings
from distillery.settings.fallback import FallbackPolicy, policies
from distillery.settings.finding import ConfigFinding


def check_quota(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """A request reserves its worst case before it is answered, so the quota must hold every route's longest answer."""
    if (quota := settings.quota) is None:
        return
    if quota.tokens is None and quota.usd is None:
        yield ConfigFinding(
            where="quota",
            wrong="it limits nothing",
            allowed="tokens, usd, or both",
            fix="write tokens = 1_000_000, or remove the table",
        )
    for policy in policies(settings):
        name, longest = policy.route.name, policy.max_tokens
        if quota.tokens is not None and longest >= quota.tokens:
            yield ConfigFinding(
                where="quota.tokens",
                wrong=f"{quota.tokens} tokens are too few for a request to {name!r}, whose answers may have {longest}",
                allowed="more than the max_tokens of every route",
                fix="raise it, or lower max_tokens of the route",
            )
        if quota.usd is None:
            continue
        for step in policy.steps:
            if step.price is None and not _by_the_hour(settings, step.recipe):
                yield ConfigFinding(
                    where="quota.usd",
                    wrong=f"no source gives the price of {step.model!r}, a step of {name!r}",
                    allowed="dollars, if each step of every route has a price or is billed by the hour",
                    fix="write tokens instead of usd, or choose another model",
                )
        if (cost := _longest(policy)) >= quota.usd:
            yield ConfigFinding(
                where="quota.usd",
                wrong=f"{quota.usd} is too little for any request to {name!r}, whose answers may cost {cost:f}",
                allowed="more than the longest answer of every route costs",
                fix="raise it, or lower max_tokens of the route",
            )


def _longest(policy: FallbackPolicy) -> Decimal:
    prices = [step.price for step in policy.steps if step.price]
    return max((each.cost(input_tokens=0, output_tokens=policy.max_tokens) for each in prices), default=Decimal(0))


def _by_the_hour(settings: Settings, recipe: str | None) -> bool:
    return recipe is not None and settings.recipes[recipe].hosting is HostingMode.PROVISIONED
