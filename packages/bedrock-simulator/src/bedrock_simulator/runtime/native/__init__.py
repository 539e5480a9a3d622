"""The bodies that InvokeModel takes and gives, one format per family of models.

Sources: User Guide, "Inference request parameters and response fields for foundation models" (Anthropic Claude
Messages, Meta Llama), and Amazon Nova User Guide, "Complete request schema".

Fields that only some models have: in a request to Converse, and from the model's own answer.

Which are known: User Guide, "Inference request parameters and response fields", Amazon Nova and Anthropic Claude.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.inference import InferenceRequest, InferenceResult
from bedrock_simulator.runtime.native import claude, llama, nova
from bedrock_simulator.runtime.native.schema import malformed

__all__ = ["FORMATS", "Format", "malformed"]


class Format(Protocol):
    """One family's bodies."""

    def read(self, body: Params, limits: Limits) -> InferenceRequest:
        """The question in a request's body; ValidationException for a body that is not of the format."""

    def write(self, served: InferenceResult) -> Params:
        """The body of the response."""

    def events(self, served: InferenceResult) -> list[tuple[float, Params]]:
        """The bodies of a streamed response, each with milliseconds after the one before it."""


FORMATS: Mapping[str, Format] = {"Amazon": nova, "Anthropic": claude, "Meta": llama}


_ADDITIONAL_FIELDS = {
    "Amazon": {"inferenceConfig", "reasoningConfig"},
    "Anthropic": {"top_k", "thinking", "reasoning_config", "output_config", "anthropic_beta", "metadata"},
    "Meta": set[str](),
}


def check_additional_fields(fields: Any, model: Model) -> None:
    """The model's own refusal of a field it does not know, in the words of its family."""
    if fields is None:
        return
    if not isinstance(fields, dict):
        raise errors.validation("additionalModelRequestFields must be a JSON object.")
    unknown = sorted(set(fields) - _ADDITIONAL_FIELDS[model.provider])
    if unknown and model.provider == "Anthropic":
        raise errors.ModelValidationError(f"{unknown[0]}: Extra inputs are not permitted")
    if unknown:
        raise errors.ModelValidationError(malformed([f"extraneous key [{name}] is not permitted" for name in unknown]))


def additional_response_fields(paths: list[str], served: InferenceResult) -> Params:
    """The members of the model's own answer at those JSON pointers; a path that leads nowhere adds nothing."""
    found: Params = {}
    own = FORMATS[served.model.provider].write(served) if paths else {}
    for path in paths:
        keys = path.split("/")[1:]
        value: Any = own
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if keys and value is not None:
            _put(found, keys, value)
    return found


def _put(found: Params, keys: list[str], value: Any) -> None:
    *parents, last = keys
    for key in parents:
        found = found.setdefault(key, {})
    found[last] = value
