"""What the account was granted of Bedrock, as Service Quotas would say it.

Codes and names are those of the General Reference's page "Amazon Bedrock endpoints and quotas"; only the quotas of
hosting are here. One figure stands for every quota of model units: `settings.Faults.model_units`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from local.bedrock.control import deployments
from local.bedrock.settings import Faults

_ONE = "Model units per provisioned model for {}"
_VARIANT = _ONE.format("the {} context length variant for Amazon Nova {}")

MODEL_UNITS = {
    "L-BE77399C": "Model units no-commitment Provisioned Throughputs across custom models",
    "L-AC096F71": _VARIANT.format("128k", "Micro"),
    "L-127FC9D0": _VARIANT.format("300k", "Lite"),
    "L-E48B7984": _VARIANT.format("300k", "Pro"),
    "L-EF415EF6": _ONE.format("Anthropic Claude 3 Haiku 200K"),
    "L-3BE61D60": _ONE.format("Anthropic Claude 3 Haiku 48K"),
    "L-3632DE15": _ONE.format("Meta Llama 3.1 8B Instruct"),
    "L-DD7903AD": _ONE.format("Meta Llama 3.1 70B Instruct"),
    "L-B547321D": _ONE.format("Meta Llama 3.2 1B Instruct"),
    "L-12E68701": _ONE.format("Meta Llama 3.2 3B Instruct"),
}
DEPLOYMENTS = {"L-1EF80F3E": "(Model customization) Total number of custom model deployments"}


@dataclass(frozen=True, slots=True)
class Granted:
    """One quota and its applied value."""

    code: str
    name: str
    value: int


def granted(faults: Faults) -> Iterator[Granted]:
    """Every quota, the same in each Region."""
    for code, name in MODEL_UNITS.items():
        yield Granted(code, name, faults.model_units)
    for code, name in DEPLOYMENTS.items():
        yield Granted(code, name, deployments.MOST)
