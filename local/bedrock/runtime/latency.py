"""How long a call would take: modelled, never slept.

milliseconds = (time to first token + output tokens / speed) × a spread (0.79 to 1.64, median 1) set by the prompt.

Measured by others: Claude 3.5 Haiku and Llama 3.1 70B (AWS Machine Learning Blog, 28 Jan 2025, P50), Nova Pro
(third-party test of March 2026: 954 and 728 ms for 65 tokens, 5279 and 3266 ms for 500, solved for the two terms),
Haiku 4.5 and a distilled Micro (AWS Machine Learning Blog, 17 Apr 2026: 1741 and 833 ms in all, split by us).
Every other line is an ASSUMPTION from models of the same size. A custom model is as fast as its base.
"""

from local.bedrock.learning import text

# model id -> {mode: (milliseconds to the first token, tokens a second)}
_SPEED: dict[str, dict[str, tuple[float, float]]] = {
    "amazon.nova-pro-v1:0": {"standard": (308, 100.6), "optimized": (349, 171.4)},
    "amazon.nova-lite-v1:0": {"standard": (280, 130)},
    "amazon.nova-micro-v1:0": {"standard": (240, 160)},
    "amazon.nova-premier-v1:0": {"standard": (900, 60)},
    "amazon.nova-2-lite-v1:0": {"standard": (350, 120)},
    "anthropic.claude-3-haiku-20240307-v1:0": {"standard": (500, 90)},
    "anthropic.claude-3-5-sonnet-20240620-v1:0": {"standard": (1300, 45)},
    "anthropic.claude-3-5-sonnet-20241022-v2:0": {"standard": (1300, 45)},
    "anthropic.claude-3-5-haiku-20241022-v1:0": {"standard": (1100, 48.4), "optimized": (600, 85.9)},
    "anthropic.claude-haiku-4-5-20251001-v1:0": {"standard": (700, 95)},
    "anthropic.claude-haiku-5-5": {"standard": (600, 120)},
    "meta.llama3-1-405b-instruct-v1:0": {"standard": (1200, 20), "optimized": (600, 90)},
    "meta.llama3-1-70b-instruct-v1:0": {"standard": (900, 30.2), "optimized": (400, 137)},
}
_SMALL = (450.0, 80.0)
_TIER = {"priority": 0.8, "flex": 2.0}
_LEAST, _SPAN = 0.7875, 0.85  # a median of exactly 1


def milliseconds(model_id: str, mode: str, tier: str | None, output_tokens: int, prompt: str) -> int:
    """The modelled time to the last token."""
    first, speed = _SPEED.get(model_id, {}).get(mode, _SMALL)
    # Squaring puts most calls below the middle and leaves a tail, as real latencies have.
    spread = _LEAST + _SPAN * text.fraction("latency", model_id, mode, prompt) ** 2
    return round((first + output_tokens / speed * 1000) * spread * _TIER.get(tier or "", 1.0))
