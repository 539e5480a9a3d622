"""How long a prompt and its answer may be for a student to learn from them."""

from collections.abc import Mapping
from types import MappingProxyType

from distillery.core.catalog.types import InvokeId

STUDENT_CONTEXT_TOKENS: Mapping[InvokeId, int] = MappingProxyType(
    {
        InvokeId("amazon.nova-micro-v1:0"): 32_000,
        InvokeId("amazon.nova-lite-v1:0"): 32_000,
        InvokeId("amazon.nova-pro-v1:0"): 32_000,
        InvokeId("meta.llama3-1-8b-instruct-v1:0"): 32_000,
        InvokeId("meta.llama3-1-70b-instruct-v1:0"): 16_000,
    }
)
"""General Reference, "Maximum student fine-tuning context length" ("Nova V1" is read as Lite and Pro)."""


def student_context(student: str) -> int | None:
    """Tokens of one prompt-answer pair that the student is trained on, at most; None where no source says."""
    return STUDENT_CONTEXT_TOKENS.get(InvokeId(student))
