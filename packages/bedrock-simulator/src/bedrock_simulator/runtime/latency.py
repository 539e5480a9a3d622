"""The latency of a call, modelled from published figures. Nothing here waits.

The time to the first token is lognormal, with its median and 90th percentile as published; the rate of the tokens after
it is lognormal too, with a sigma of a tenth (ASSUMPTION). Both depend on seed, model, mode, tier and prompt only.

Measured by others: Claude 3.5 Haiku, P50 and P90, and Llama 3.1 70B, P50 (AWS Machine Learning Blog, 28 Jan 2025);
Nova Pro (third-party test of March 2026: 954 and 728 ms for 65 tokens, 5279 and 3266 ms for 500, solved for the two
terms); Haiku 4.5 and a distilled Micro (AWS Machine Learning Blog, 17 Apr 2026: 1741 and 833 ms in total, split by us).
Every other line, and every P90 that is not given, is an ASSUMPTION from models of the same size. A custom model is as
fast as its base. Priority: tokens up to 25% faster (announcement of 18 Nov 2025), applied in full; flex: ASSUMPTION.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from bedrock_simulator.models import text

_NORMAL = NormalDist()
_P90 = _NORMAL.inv_cdf(0.9)
_UNPUBLISHED, _PACE = 1.5, 0.1  # P90 over P50 of the first token; the sigma of the token rate


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds to the first token (P50), tokens per second (P50), milliseconds to the first token (P90)."""

    first: float
    tokens: float
    slow: float | None = None

    @property
    def sigma(self) -> float:
        """The sigma of the time to the first token."""
        return math.log(self.slow / self.first if self.slow else _UNPUBLISHED) / _P90


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds to the first token, and from it to the last."""

    first: float
    rest: float

    @property
    def total(self) -> int:
        """Milliseconds in total, as the service reports them."""
        return round(self.first + self.rest)


# model id -> {mode: speed}
SPEEDS: dict[str, dict[str, Speed]] = {
    "amazon.nova-pro-v1:0": {"standard": Speed(308, 100.6), "optimized": Speed(349, 171.4)},
    "amazon.nova-lite-v1:0": {"standard": Speed(280, 130)},
    "amazon.nova-micro-v1:0": {"standard": Speed(240, 160)},
    "amazon.nova-premier-v1:0": {"standard": Speed(900, 60)},
    "amazon.nova-2-lite-v1:0": {"standard": Speed(350, 120)},
    "anthropic.claude-3-haiku-20240307-v1:0": {"standard": Speed(500, 90)},
    "anthropic.claude-3-5-sonnet-20240620-v1:0": {"standard": Speed(1300, 45)},
    "anthropic.claude-3-5-sonnet-20241022-v2:0": {"standard": Speed(1300, 45)},
    "anthropic.claude-3-5-haiku-20241022-v1:0": {
        "standard": Speed(1100, 48.4, 2900),
        "optimized": Speed(600, 85.9, 1400),
    },
    "anthropic.claude-haiku-4-5-20251001-v1:0": {"standard": Speed(700, 95)},
    "anthropic.claude-haiku-5-5": {"standard": Speed(600, 120)},
    "meta.llama3-1-405b-instruct-v1:0": {"standard": Speed(1200, 20), "optimized": Speed(600, 90)},
    "meta.llama3-1-70b-instruct-v1:0": {"standard": Speed(900, 30.2), "optimized": Speed(400, 137)},
}
_SMALL = Speed(450, 80)
# tier -> factors of the time to the first token, and of the tokens per second
_TIERS = {"priority": (0.8, 1.25), "flex": (2.0, 0.5)}


def timing(model_id: str, mode: str, tier: str | None, output_tokens: int, prompt: str, seed: str) -> Timing:
    """Returns the latency of a call.

    Args:
        model_id: The model.
        mode: The latency mode that serves the call.
        tier: The service tier, None for the default.
        output_tokens: The number of output tokens.
        prompt: The prompt, from which the spread is derived.
        seed: The seed of the spread.
    """
    speed = SPEEDS.get(model_id, {}).get(mode, _SMALL)
    wait, pace = _TIERS.get(tier or "", (1.0, 1.0))
    key = (seed, model_id, mode, tier or "", prompt)
    first = speed.first * wait * math.exp(speed.sigma * _deviate("first", *key))
    rest = output_tokens / (speed.tokens * pace) * 1000 * math.exp(_PACE * _deviate("rest", *key))
    return Timing(first, rest)


def _deviate(*key: str) -> float:
    """Returns a standard normal deviate that depends on the key only."""
    return _NORMAL.inv_cdf(max(text.fraction("latency", *key), 1e-12))
