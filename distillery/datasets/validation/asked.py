"""What a line asks, as it travels the road."""

from distillery.core.conversation import Prompt
from distillery.datasets.validation.fast_path import Asked

ROLES = ("user", "assistant")


def prompt_of(asked: Asked, answer: str | None) -> Prompt:
    """The prompt of a good line."""
    system, *texts = asked
    messages = tuple((ROLES[place % 2], str(text)) for place, text in enumerate(texts))
    return Prompt(system=system, messages=messages, reference=answer)
