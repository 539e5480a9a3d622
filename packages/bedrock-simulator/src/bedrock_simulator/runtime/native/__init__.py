"""The bodies that InvokeModel takes and gives, one format per family of models.

Sources: User Guide, "Inference request parameters and response fields for foundation models" (Anthropic Claude
Messages, Meta Llama), and Amazon Nova User Guide, "Complete request schema".
"""

from collections.abc import Mapping
from typing import Protocol

from bedrock_simulator.catalog.limits import Limits
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.native import claude, llama, nova
from bedrock_simulator.runtime.native.schema import malformed
from bedrock_simulator.runtime.question import Question
from bedrock_simulator.runtime.serving import Served

__all__ = ["FORMATS", "Format", "malformed"]


class Format(Protocol):
    """One family's bodies."""

    def read(self, body: Params, limits: Limits) -> Question:
        """The question in a request's body; ValidationException for a body that is not of the format."""

    def write(self, served: Served) -> Params:
        """The body of the response."""

    def events(self, served: Served) -> list[tuple[float, Params]]:
        """The bodies of a streamed response, each with milliseconds after the one before it."""


FORMATS: Mapping[str, Format] = {"Amazon": nova, "Anthropic": claude, "Meta": llama}
