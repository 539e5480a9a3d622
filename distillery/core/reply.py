"""A model's reply by Converse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STANDARD = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """latency_ms: what the service reports, to the last token. latency: the mode it was served in."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    latency: str = STANDARD


def reply_of(response: Mapping[str, Any]) -> Reply:
    """The parts of a Converse response that we keep.

    Text blocks are chosen by type: reasoning blocks may come first. `performanceConfig` may be missing, or say
    `standard` after a silent fallback (UG latency-optimized-inference).
    """
    blocks = response["output"]["message"]["content"]
    return Reply(
        text="".join(block["text"] for block in blocks if "text" in block),
        stop_reason=response["stopReason"],
        input_tokens=response["usage"]["inputTokens"],
        output_tokens=response["usage"]["outputTokens"],
        latency_ms=response["metrics"]["latencyMs"],
        latency=response.get("performanceConfig", {}).get("latency", STANDARD),
    )
