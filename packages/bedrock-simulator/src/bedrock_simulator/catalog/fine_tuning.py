"""Fine-tuning: models, first days, data formats and limits, hyperparameters.

User Guide, custom-model-fine-tuning (models and Regions), model-customization-prepare (formats and limits for Meta and
Anthropic), custom-models-hp; Nova User Guide, fine-tune-prepare-data-understanding. First days: Llama 3.3 from the
document history, Llama 3.2 from the day its Provisioned Throughput became available there, Nova from its first guide,
Claude 3 Haiku and Llama 3.1 not later than the day they became students of distillation: all but the first are
INFERENCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from bedrock_simulator.catalog import availability


class TrainingFormat(Enum):
    """The format of a line of a training file."""

    CONVERSATION = "bedrock-conversation-2024"
    COMPLETION = "prompt and completion"
    MESSAGES = "system and messages of strings"


@dataclass(frozen=True, slots=True)
class Range:
    """The bounds of a hyperparameter, both inclusive."""

    minimum: float
    maximum: float
    integer: bool = False


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How a variant is fine-tuned.

    Attributes:
        min_records: The minimum number of records. As the pages count them, these are the training records, and for
            Llama (`counts_validation`) training and validation records together.
        max_records: The maximum number of the same.
        max_tokens: The maximum number of tokens of a record.
        max_validation_records: The maximum number of validation records; None means that a validation file is not
            allowed.
    """

    first: date
    format: TrainingFormat
    min_records: int
    max_records: int
    max_tokens: int
    hyperparameters: Mapping[str, Range]
    counts_validation: bool = False
    max_validation_records: int | None = None


_EPOCHS = {"epochCount": Range(1, 10, integer=True)}
_NOVA_RANGES = {
    "epochCount": Range(1, 5, integer=True),
    "batchSize": Range(1, 1, integer=True),  # in no table of the guides, but AWS's notebooks and samples send it
    "learningRate": Range(1e-6, 1e-4),
    "learningRateWarmupSteps": Range(0, 100, integer=True),
}
_LLAMA_RANGES = {**_EPOCHS, "batchSize": Range(1, 1, integer=True), "learningRate": Range(5e-6, 0.1)}
_CLAUDE_RANGES = {
    **_EPOCHS,
    "batchSize": Range(4, 256, integer=True),
    "learningRateMultiplier": Range(0.1, 2),
    "earlyStoppingThreshold": Range(0, 0.1),
    "earlyStoppingPatience": Range(1, 10, integer=True),
}


def _nova(first: date) -> FineTuning:
    return FineTuning(
        first, TrainingFormat.CONVERSATION, 8, 20_000, 32_000, _NOVA_RANGES, max_validation_records=20_000
    )


def _llama(first: date, form: TrainingFormat) -> FineTuning:
    return FineTuning(
        first, form, 100, 10_000, 16_000, _LLAMA_RANGES, counts_validation=True, max_validation_records=10_000
    )


_LLAMA_32, _LLAMA_33 = date(2025, 3, 13), date(2025, 9, 15)

FINE_TUNING: Mapping[str, FineTuning] = {
    "amazon.nova-2-lite-v1:0:256k": _nova(date(2025, 12, 3)),
    "amazon.nova-lite-v1:0:300k": _nova(availability.DISTILLATION),
    "amazon.nova-micro-v1:0:128k": _nova(availability.DISTILLATION),
    "amazon.nova-pro-v1:0:300k": _nova(availability.DISTILLATION),
    "anthropic.claude-3-haiku-20240307-v1:0:200k": FineTuning(
        availability.DISTILLATION,
        TrainingFormat.MESSAGES,
        32,
        10_000,
        32_000,
        _CLAUDE_RANGES,
        max_validation_records=1_000,
    ),
    "meta.llama3-1-8b-instruct-v1:0:128k": _llama(availability.DISTILLATION, TrainingFormat.COMPLETION),
    "meta.llama3-1-70b-instruct-v1:0:128k": _llama(availability.DISTILLATION, TrainingFormat.COMPLETION),
    "meta.llama3-2-1b-instruct-v1:0:128k": _llama(_LLAMA_32, TrainingFormat.CONVERSATION),
    "meta.llama3-2-3b-instruct-v1:0:128k": _llama(_LLAMA_32, TrainingFormat.CONVERSATION),
    "meta.llama3-3-70b-instruct-v1:0:128k": _llama(_LLAMA_33, TrainingFormat.CONVERSATION),
}
RESERVED_KEYWORDS = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")
"""Words that fail a fine-tuning of a Nova model wherever a prompt has them."""


def fine_tuning(variant: str, today: date) -> FineTuning | None:
    """Returns how the variant is fine-tuned on that day, None if it cannot be."""
    found = FINE_TUNING.get(variant)
    return found if found is not None and found.first <= today else None


_CONTEXT = {"meta.llama3-1-70b-instruct-v1:0:128k": 16_000}
"""General Reference, "student model … fine-tuning context length"; what it does not name has the others' 32,000."""


def student_context(variant: str) -> int:
    """The maximum number of tokens of a prompt with its answer, in a distillation of this student."""
    return _CONTEXT.get(variant, 32_000)
