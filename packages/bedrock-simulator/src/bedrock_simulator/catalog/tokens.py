"""Tokens a minute: the quotas of every model, one for each way of calling it.

General Reference, "Amazon Bedrock endpoints and quotas", as printed in autumn 2026; it prints the codes of adjustable
quotas alone. Those of Nova's on-demand ones are as accounts report them; quotas without a code here are held to and not
told by Service Quotas. What is not here has no limit. Global profiles, which have quotas of their own, share those of
the others; requests a minute and tokens a day are not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bedrock_simulator.settings import Quotas

ON_DEMAND, CROSS_REGION, DEPLOYMENT = "on demand", "cross-Region", "deployment"
_NAMES = {
    ON_DEMAND: "On-demand model inference tokens per minute for {}",
    CROSS_REGION: "Cross-region model inference tokens per minute for {}",
    DEPLOYMENT: "(Model customization) Sum of on demand custom model deployment tokens per minute for {}",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """The quota of one model, called in one way; `label` is the model as Service Quotas names it."""

    model: str
    way: str
    label: str
    default: int
    code: str | None = None

    @property
    def name(self) -> str:
        """As Service Quotas has it."""
        return _NAMES[self.way].format(self.label)

    @property
    def adjustable(self) -> bool:
        """Whether more may be asked for: of the cross-Region ones alone."""
        return self.way == CROSS_REGION


_PRINTED = (
    Rate("amazon.nova-pro-v1:0", ON_DEMAND, "Amazon Nova Pro", 1_000_000, "L-CE33604C"),
    Rate("amazon.nova-pro-v1:0", CROSS_REGION, "Amazon Nova Pro", 2_000_000, "L-C0326783"),
    Rate("amazon.nova-pro-v1:0", DEPLOYMENT, "Amazon Nova Pro", 800_000),
    Rate("amazon.nova-lite-v1:0", ON_DEMAND, "Amazon Nova Lite", 4_000_000, "L-70423BF8"),
    Rate("amazon.nova-lite-v1:0", CROSS_REGION, "Amazon Nova Lite", 8_000_000, "L-7C42E72A"),
    Rate("amazon.nova-lite-v1:0", DEPLOYMENT, "Amazon Nova Lite", 4_000_000),
    Rate("amazon.nova-micro-v1:0", ON_DEMAND, "Amazon Nova Micro", 4_000_000, "L-CFA4FA0D"),
    Rate("amazon.nova-micro-v1:0", CROSS_REGION, "Amazon Nova Micro", 8_000_000, "L-DC7FF66C"),
    Rate("amazon.nova-micro-v1:0", DEPLOYMENT, "Amazon Nova Micro", 4_000_000),
    Rate("amazon.nova-premier-v1:0", CROSS_REGION, "Amazon Nova Premier V1", 2_000_000, "L-AA7FE948"),
    Rate("amazon.nova-2-lite-v1:0", CROSS_REGION, "Amazon Nova 2 Lite", 8_000_000, "L-C6F5908D"),
    Rate("amazon.nova-2-lite-v1:0", DEPLOYMENT, "Amazon Nova 2 Lite", 4_000_000),
    Rate("anthropic.claude-3-haiku-20240307-v1:0", ON_DEMAND, "Anthropic Claude 3 Haiku", 300_000),
    Rate("anthropic.claude-3-haiku-20240307-v1:0", CROSS_REGION, "Anthropic Claude 3 Haiku", 600_000, "L-DCADBC78"),
    Rate("anthropic.claude-3-5-sonnet-20240620-v1:0", ON_DEMAND, "Anthropic Claude 3.5 Sonnet", 400_000),
    Rate(
        "anthropic.claude-3-5-sonnet-20240620-v1:0", CROSS_REGION, "Anthropic Claude 3.5 Sonnet", 800_000, "L-479B647F"
    ),
    Rate("anthropic.claude-3-5-sonnet-20241022-v2:0", ON_DEMAND, "Anthropic Claude 3.5 Sonnet V2", 400_000),
    Rate(
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        CROSS_REGION,
        "Anthropic Claude 3.5 Sonnet V2",
        800_000,
        "L-FF8B4E28",
    ),
    Rate("anthropic.claude-3-5-haiku-20241022-v1:0", ON_DEMAND, "Anthropic Claude 3.5 Haiku", 2_000_000),
    Rate(
        "anthropic.claude-3-5-haiku-20241022-v1:0", CROSS_REGION, "Anthropic Claude 3.5 Haiku", 4_000_000, "L-4BF37C17"
    ),
    Rate(
        "anthropic.claude-haiku-4-5-20251001-v1:0", CROSS_REGION, "Anthropic Claude Haiku 4.5", 5_000_000, "L-58BE175A"
    ),
    Rate("meta.llama3-1-405b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 405B Instruct", 400_000),
    Rate("meta.llama3-1-405b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 405B Instruct", 800_000, "L-9913DEEF"),
    Rate("meta.llama3-1-70b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 70B Instruct", 300_000),
    Rate("meta.llama3-1-70b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 70B Instruct", 600_000, "L-92E68994"),
    Rate("meta.llama3-1-8b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.1 8B Instruct", 300_000),
    Rate("meta.llama3-1-8b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.1 8B Instruct", 600_000, "L-9782749C"),
    Rate("meta.llama3-2-1b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.2 1B Instruct", 300_000),
    Rate("meta.llama3-2-1b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.2 1B Instruct", 600_000, "L-BD9FDA6F"),
    Rate("meta.llama3-2-3b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.2 3B Instruct", 300_000),
    Rate("meta.llama3-2-3b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.2 3B Instruct", 600_000, "L-0B2687F4"),
    Rate("meta.llama3-3-70b-instruct-v1:0", ON_DEMAND, "Meta Llama 3.3 70B Instruct", 300_000),
    Rate("meta.llama3-3-70b-instruct-v1:0", CROSS_REGION, "Meta Llama 3.3 70B Instruct", 600_000, "L-0E7AA8B7"),
    Rate("meta.llama3-3-70b-instruct-v1:0", DEPLOYMENT, "Meta Llama 3.3 70B Instruct", 300_000),
)
RATES: Mapping[tuple[str, str], Rate] = {(rate.model, rate.way): rate for rate in _PRINTED}


def granted(quotas: Quotas, region: str, model: str, way: str) -> int | None:
    """How many a minute the account has there; None without a limit.

    That is what the quota was set to by its code, else what the model was granted in every way, else the default.
    """
    rate = RATES.get((model, way))
    code = rate.code if rate else None
    by_code = [f"{region}/{code}", code] if code else []
    set_to = next((quotas.values[key] for key in by_code if key in quotas.values), None)
    if set_to is None:
        set_to = quotas.tokens.granted("standard", region, model)
    return rate.default if rate and set_to is None else set_to
