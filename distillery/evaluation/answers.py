"""What an evaluation keeps of an answer, and the rows of answers by prompt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STANDARD = "standard"
TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
"""Stop reasons of an answer that was cut off. Source: botocore 1.44.5, bedrock-runtime, `StopReason`."""
REFUSED = frozenset({"refusal", "content_filtered", "guardrail_intervened"})
"""Stop reasons of an answer that was withheld. `refusal` is Claude's (Anthropic's guide); botocore does not validate
the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What one model answered to one prompt.

    Attributes:
        text: The text of the answer, without reasoning.
        latency_ms: Milliseconds to the last token, as the service reports them.
        latency: The latency mode in which the request was served.
    """

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    latency: str = STANDARD

    @property
    def is_truncated(self) -> bool:
        return self.stop_reason in TRUNCATED

    @property
    def is_refused(self) -> bool:
        return self.stop_reason in REFUSED


def parse_answer(response: Mapping[str, Any]) -> ModelAnswer:
    """The parts of a Converse response that an evaluation keeps.

    Text blocks are selected by type: blocks of reasoning may come first, and are neither part of the answer nor graded.
    An answer may have no text at all, because reasoning counts against its maximum of tokens, or because the model
    refused. `performanceConfig` may be missing, or be `standard` after a silent fallback (UG
    latency-optimized-inference).
    """
    blocks = response["output"]["message"].get("content", [])
    return ModelAnswer(
        text="".join(block["text"] for block in blocks if "text" in block),
        stop_reason=response["stopReason"],
        input_tokens=response["usage"]["inputTokens"],
        output_tokens=response["usage"]["outputTokens"],
        latency_ms=response["metrics"]["latencyMs"],
        latency=response.get("performanceConfig", {}).get("latency", STANDARD),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswers:
    """The answers to one held-out prompt.

    Attributes:
        index: The prompt's line in the held-out file.
        answers: By role.
        missing: Why there is no answer, by role.
        keys: The digest of prompt, model and settings of each answer, by role. Rows of 0.1.0 have none.
    """

    index: int
    answers: Mapping[str, ModelAnswer]
    missing: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
