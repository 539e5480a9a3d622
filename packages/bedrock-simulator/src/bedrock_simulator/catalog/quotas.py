"""What the account was granted of Bedrock, as Service Quotas would say it.

Codes, names and defaults are those of the General Reference's page "Amazon Bedrock endpoints and quotas"; only what the
simulator enforces and whose code is known is here (of tokens a minute in `tokens`). A granted value is that of
`settings.Quotas.values` for the Region's quota (`us-east-1/L-…`), else for the quota everywhere (`L-…`), else its
default, which for model units is `settings.Quotas.model_units`: 0 in a new account.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bedrock_simulator.catalog import capacity, tokens
from bedrock_simulator.settings import Quotas

_ONE = "Model units per provisioned model for {}"
_VARIANT = _ONE.format("the {} context length variant for Amazon Nova {}")
_ACROSS = "Model units no-commitment Provisioned Throughputs across {} models"

ACROSS_CUSTOM, ACROSS_BASE = "L-BE77399C", "L-FE44174A"
MODEL_UNITS = {
    ACROSS_CUSTOM: _ACROSS.format("custom"),
    ACROSS_BASE: _ACROSS.format("base"),
    "L-AC096F71": _VARIANT.format("128k", "Micro"),
    "L-127FC9D0": _VARIANT.format("300k", "Lite"),
    "L-E48B7984": _VARIANT.format("300k", "Pro"),
    "L-07D3BCF0": _ONE.format("Amazon Nova 2 Lite V1.0 256K"),
    "L-EF415EF6": _ONE.format("Anthropic Claude 3 Haiku 200K"),
    "L-3BE61D60": _ONE.format("Anthropic Claude 3 Haiku 48K"),
    "L-3632DE15": _ONE.format("Meta Llama 3.1 8B Instruct"),
    "L-DD7903AD": _ONE.format("Meta Llama 3.1 70B Instruct"),
    "L-B547321D": _ONE.format("Meta Llama 3.2 1B Instruct"),
    "L-12E68701": _ONE.format("Meta Llama 3.2 3B Instruct"),
}
SCHEDULED_JOBS, DEPLOYMENTS, PROFILES = "L-0406044C", "L-1EF80F3E", "L-40EC9882"
COUNTS = {
    SCHEDULED_JOBS: ("(Model customization) Scheduled customization jobs", 10),
    DEPLOYMENTS: ("(Model customization) Total number of custom model deployments", 10),
    PROFILES: ("Inference profiles per account", 1000),
}


@dataclass(frozen=True, slots=True)
class Granted:
    """One quota and its applied value."""

    code: str
    name: str
    value: int
    adjustable: bool = True


def granted(quotas: Quotas, region: str) -> Iterator[Granted]:
    """Every quota of the Region."""
    names = {**MODEL_UNITS, **{code: name for code, (name, _) in COUNTS.items()}}
    for code, name in names.items():
        yield Granted(code, name, applied(quotas, region, code))
    for rate in tokens.RATES.values():
        value = tokens.granted(quotas, region, rate.model, rate.way)
        if rate.code is not None and value is not None:
            yield Granted(rate.code, rate.name, value, rate.adjustable)


def applied(quotas: Quotas, region: str, code: str) -> int:
    """How much of one quota the account has in the Region."""
    default = COUNTS[code][1] if code in COUNTS else quotas.model_units
    return quotas.values.get(f"{region}/{code}", quotas.values.get(code, default))


def units_of_one(quotas: Quotas, region: str, variant: str) -> int:
    """The most units of one provisioned model; a variant whose quota has no known code has `Quotas.model_units`."""
    code = capacity.FOR_SALE[variant].quota
    return quotas.model_units if code is None else applied(quotas, region, code)
