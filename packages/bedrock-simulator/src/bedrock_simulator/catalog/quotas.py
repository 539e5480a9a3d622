"""Service quotas: tokens per minute of every model, model units, and counts of resources.

Codes, names and defaults are those of the General Reference, "Amazon Bedrock endpoints and quotas", as printed in
autumn 2026. Only quotas that the simulator enforces and whose code is known are here. The value of a quota is that of
`settings.Quotas.values` for the Region (`us-east-1/L-…`), else for all Regions (`L-…`), else its default, which for
model units is `settings.Quotas.model_units`: 0 in a new account.

Of tokens per minute, the page prints the codes of adjustable quotas only. The codes of Nova's on-demand quotas are as
accounts report them; quotas without a code are enforced, and missing in Service Quotas. A model without a quota here is
not limited. Global profiles have quotas of their own in AWS and share those of other profiles here. Requests per minute
and tokens per day are not counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bedrock_simulator.catalog import models
from bedrock_simulator.settings import Quotas

ON_DEMAND, CROSS_REGION, DEPLOYMENT = "on demand", "cross-Region", "deployment"
_NAMES = {
    ON_DEMAND: "On-demand model inference tokens per minute for {}",
    CROSS_REGION: "Cross-region model inference tokens per minute for {}",
    DEPLOYMENT: "(Model customization) Sum of on demand custom model deployment tokens per minute for {}",
}


@dataclass(frozen=True, slots=True)
class TokenQuota:
    """The token quota of one model and type of call; `label` is the model's name in Service Quotas."""

    model: str
    call_type: str
    label: str
    default: int
    code: str | None = None

    @property
    def name(self) -> str:
        """The name in Service Quotas."""
        return _NAMES[self.call_type].format(self.label)

    @property
    def adjustable(self) -> bool:
        """Whether an increase can be requested: of cross-Region quotas only."""
        return self.call_type == CROSS_REGION


_PRINTED = (
    TokenQuota("amazon.nova-pro-v1:0", ON_DEMAND, "Amazon Nova Pro", 1_000_000, "L-CE33604C"),
    TokenQuota("amazon.nova-pro-v1:0", CROSS_REGION, "Amazon Nova Pro", 2_000_000, "L-C0326783"),
    TokenQuota("amazon.nova-pro-v1:0", DEPLOYMENT, "Amazon Nova Pro", 800_000),
    TokenQuota("amazon.nova-lite-v1:0", ON_DEMAND, "Amazon Nova Lite", 4_000_000, "L-70423BF8"),
    TokenQuota("amazon.nova-lite-v1:0", CROSS_REGION, "Amazon Nova Lite", 8_000_000, "L-7C42E72A"),
    TokenQuota("amazon.nova-lite-v1:0", DEPLOYMENT, "Amazon Nova Lite", 4_000_000),
    TokenQuota("amazon.nova-micro-v1:0", ON_DEMAND, "Amazon Nova Micro", 4_000_000, "L-CFA4FA0D"),
    TokenQuota("amazon.nova-micro-v1:0", CROSS_REGION, "Amazon Nova Micro", 8_000_000, "L-DC7FF66C"),
    TokenQuota("amazon.nova-micro-v1:0", DEPLOYMENT, "Amazon Nova Micro", 4_000_000),
    TokenQuota("amazon.nova-premier-v1:0", CROSS_REGION, "Amazon Nova Premier V1", 2_000_000, "L-AA7FE948"),
    TokenQuota("amazon.nova-2-lite-v1:0", CROSS_REGION, "Amazon Nova 2 Lite", 8_000_000, "L-C6F5908D"),
    TokenQuota("amazon.nova-2-lite-v1:0", DEPLOYMENT, "Amazon Nova 2 Lite", 4_000_000),
    TokenQuota("anthropic.claude-3-haiku-20240307-v1:0", ON_DEMAND, "Anthropic Claude 3 Haiku", 300_000),
    TokenQuota(
        "anthropic.claude-3-haiku-20240307-v1:0", CROSS_REGION, "Anthropic Claude 3 Haiku", 600_000, "L-DCADBC78"
    ),
    TokenQuota("anthropic.claude-3-5-sonnet-20240620-v1:0", ON_DEMAND, "Anthropic Claude 3.5 Sonnet", 400_000),
    TokenQuota(
        "anthropic.claude-3-5-sonnet-20240620-v1:0", CROSS_REGION, "Anthropic Claude 3.5 Sonnet", 800_000, "L-479B647F"
    ),
    TokenQuota("anthropic.claude-3-5-sonnet-20241022-v2:0", ON_DEMAND, "Anthropic Claude 3.5 Sonnet V2", 400_000),
    TokenQuota(
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        CROSS_REGION,
        "Anthropic Claude 3.5 Sonnet V2",
        800_000,
        "L-FF8B4E28",
    ),
    TokenQuota("anthropic.claude-3-5-haiku-20241022-v1:0", ON_DEMAND, "Anthropic Claude 3.5 Haiku", 2_000_000),
    TokenQuota(
        "anthropic.claude-3-5-haiku-20241022-v1:0", CROSS_REGION, "Anthropic Claude 3.5 Haiku", 4_000_000, "L-4BF37C17"
    ),
    TokenQuota(
        "anthropic.claude-haiku-4-5-20251001-v1:0", CROSS_REGION, "Anthropic Claude Haiku 4.5", 5_000_000, "L-58BE175A"
    ),
    TokenQuota("meta.llama3-1-405b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 405B Instruct", 400_000),
    TokenQuota("meta.llama3-1-405b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 405B Instruct", 800_000, "L-9913DEEF"),
    TokenQuota("meta.llama3-1-70b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 70B Instruct", 300_000),
    TokenQuota("meta.llama3-1-70b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 70B Instruct", 600_000, "L-92E68994"),
    TokenQuota("meta.llama3-1-8b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 8B Instruct", 300_000),
    TokenQuota("meta.llama3-1-8b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 8B Instruct", 600_000, "L-9782749C"),
    TokenQuota("meta.llama3-2-1b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.2 1B Instruct", 300_000),
    TokenQuota("meta.llama3-2-1b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.2 1B Instruct", 600_000, "L-BD9FDA6F"),
    TokenQuota("meta.llama3-2-3b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.2 3B Instruct", 300_000),
    TokenQuota("meta.llama3-2-3b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.2 3B Instruct", 600_000, "L-0B2687F4"),
    TokenQuota("meta.llama3-3-70b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.3 70B Instruct", 300_000),
    TokenQuota("meta.llama3-3-70b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.3 70B Instruct", 600_000, "L-0E7AA8B7"),
    TokenQuota("meta.llama3-3-70b-instruct-v1:0", DEPLOYMENT, "Meta Llama 3.3 70B Instruct", 300_000),
)
TOKEN_QUOTAS: Mapping[tuple[str, str], TokenQuota] = {(rate.model, rate.call_type): rate for rate in _PRINTED}


def token_quota(quotas: Quotas, region: str, model: str, call_type: str) -> int | None:
    """Returns the tokens per minute that the account has, None without a limit.

    That is the value set by the quota's code, else the value set for the model in all types of call, else the default.
    """
    rate = TOKEN_QUOTAS.get((model, call_type))
    code = rate.code if rate else None
    by_code = [f"{region}/{code}", code] if code else []
    set_to = next((quotas.values[key] for key in by_code if key in quotas.values), None)
    if set_to is None:
        set_to = quotas.tokens.limit("standard", region, model)
    return rate.default if rate and set_to is None else set_to


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


def granted_quotas(quotas: Quotas, region: str) -> Iterator[Granted]:
    """Yields every quota of the Region."""
    names = {**MODEL_UNITS, **{code: name for code, (name, _) in COUNTS.items()}}
    for code, name in names.items():
        yield Granted(code, name, applied_quota(quotas, region, code))
    for rate in TOKEN_QUOTAS.values():
        value = token_quota(quotas, region, rate.model, rate.call_type)
        if rate.code is not None and value is not None:
            yield Granted(rate.code, rate.name, value, rate.adjustable)


def applied_quota(quotas: Quotas, region: str, code: str) -> int:
    """Returns the applied value of a quota in the Region."""
    default = COUNTS[code][1] if code in COUNTS else quotas.model_units
    return quotas.values.get(f"{region}/{code}", quotas.values.get(code, default))


def units_per_throughput(quotas: Quotas, region: str, variant: str) -> int:
    """Returns the maximum of model units per provisioned model; `Quotas.model_units` if no code is known."""
    code = models.PROVISIONED_CAPACITY[variant].quota
    return quotas.model_units if code is None else applied_quota(quotas, region, code)
