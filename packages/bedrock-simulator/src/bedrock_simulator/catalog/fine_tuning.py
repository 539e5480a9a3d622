"""Fine-tuning: which models, since when, in what format, of how much data, with which hyperparameters.

User Guide, custom-model-fine-tuning (models and Regions), model-customization-prepare (formats and limits for Meta and
Anthropic), custom-models-hp; Nova User Guide, fine-tune-prepare-data-understanding. First days: Llama 3.3 from the
document history, Llama 3.2 from the day its throughput was sold there, Nova from its first guide, Claude 3 Haiku and
Llama 3.1 no later than the day they became students of distillation: all but the first are INFERENCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from bedrock_simulator.catalog import availability


class Format(Enum):
    """How a line of a training file looks."""

    CONVERSATION = "bedrock-conversation-2024"
    COMPLETION = "prompt and completion"
    MESSAGES = "system and messages of strings"


@dataclass(frozen=True, slots=True)
class Range:
    """A hyperparameter's bounds, both allowed."""

    least: float
    most: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How one variant is fine-tuned. `validated` is the most records of a validation file; None means no such file.

    Records are training and validation together for Llama, training alone elsewhere, as the pages count them.
    """

    first: date
    format: Format
    least: int
    most: int
    tokens: int
    hyperparameters: Mapping[str, Range]
    together: bool = False
    validated: int | None = None


_EPOCHS = {"epochCount": Range(1, 10, whole=True)}
_NOVA_RANGES = {
    "epochCount": Range(1, 5, whole=True),
    "learningRate": Range(1e-6, 1e-4),
    "learningRateWarmupSteps": Range(0, 100, whole=True),
}
_LLAMA_RANGES = {**_EPOCHS, "batchSize": Range(1, 1, whole=True), "learningRate": Range(5e-6, 0.1)}
_CLAUDE_RANGES = {
    **_EPOCHS,
    "batchSize": Range(4, 256, whole=True),
    "learningRateMultiplier": Range(0.1, 2),
    "earlyStoppingThreshold": Range(0, 0.1),
    "earlyStoppingPatience": Range(1, 10, whole=True),
}


def _nova(first: date) -> FineTuning:
    return FineTuning(first, Format.CONVERSATION, 8, 20_000, 32_000, _NOVA_RANGES, validated=20_000)


def _llama(first: date, form: Format) -> FineTuning:
    return FineTuning(first, form, 100, 10_000, 16_000, _LLAMA_RANGES, together=True, validated=10_000)


_LLAMA_32, _LLAMA_33 = date(2025, 3, 13), date(2025, 9, 15)

FINE_TUNING: Mapping[str, FineTuning] = {
    "amazon.nova-2-lite-v1:0:256k": _nova(date(2025, 12, 3)),
    "amazon.nova-lite-v1:0:300k": _nova(availability.DISTILLATION),
    "amazon.nova-micro-v1:0:128k": _nova(availability.DISTILLATION),
    "amazon.nova-pro-v1:0:300k": _nova(availability.DISTILLATION),
    "anthropic.claude-3-haiku-20240307-v1:0:200k": FineTuning(
        availability.DISTILLATION, Format.MESSAGES, 32, 10_000, 32_000, _CLAUDE_RANGES, validated=1_000
    ),
    "meta.llama3-1-8b-instruct-v1:0:128k": _llama(availability.DISTILLATION, Format.COMPLETION),
    "meta.llama3-1-70b-instruct-v1:0:128k": _llama(availability.DISTILLATION, Format.COMPLETION),
    "meta.llama3-2-1b-instruct-v1:0:128k": _llama(_LLAMA_32, Format.CONVERSATION),
    "meta.llama3-2-3b-instruct-v1:0:128k": _llama(_LLAMA_32, Format.CONVERSATION),
    "meta.llama3-3-70b-instruct-v1:0:128k": _llama(_LLAMA_33, Format.CONVERSATION),
}
RESERVED_KEYWORDS = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")
"""Words that fail a fine-tuning of a Nova model wherever a prompt has them."""


def fine_tuning(variant: str, today: date) -> FineTuning | None:
    """How the variant is fine-tuned on that day, None if it cannot be."""
    found = FINE_TUNING.get(variant)
    return found if found is not None and found.first <= today else None


_CONTEXT = {"meta.llama3-1-70b-instruct-v1:0:128k": 16_000}
"""General Reference, "student model … fine-tuning context length"; what it does not name has the others' 32,000."""


def student_context(variant: str) -> int:
    """The most tokens of a prompt and its answer that a distillation takes for this student."""
    return _CONTEXT.get(variant, 32_000)
