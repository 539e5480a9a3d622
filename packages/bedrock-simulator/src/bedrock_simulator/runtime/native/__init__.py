"""The bodies of InvokeModel, in one format for each family of models, and the fields that Converse passes through.

Sources: User Guide, "Inference request parameters and response fields for foundation models" (Anthropic Claude
    Messages, Meta Llama), and Amazon Nova User Guide, "Complete request schema". The additional fields of Converse are
    those that the same pages list.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.generation import InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult
from bedrock_simulator.runtime.native import claude, llama, nova
from bedrock_simulator.runtime.native.schema import malformed

__all__ = ["FORMATS", "NativeFormat", "malformed"]


class NativeFormat(Protocol):
    """The bodies of one family of models."""

    def read(self, body: Params, limits: Limits) -> InferenceRequest:
        """Reads a request's body. Raises a ValidationException."""

    def write(self, result: InferenceResult) -> Params:
        """Returns the response's body."""

    def events(self, result: InferenceResult) -> list[tuple[float, Params]]:
        """Returns the bodies of a streamed response, each with milliseconds after the previous one."""


FORMATS: Mapping[str, NativeFormat] = {"Amazon": nova, "Anthropic": claude, "Meta": llama}


_ADDITIONAL_FIELDS = {
    "Amazon": {"inferenceConfig", "reasoningConfig"},
    "Anthropic": {"top_k", "thinking", "reasoning_config", "output_config", "anthropic_beta", "metadata"},
    "Meta": set[str](),
}


def check_additional_fields(fields: Any, model: Model) -> None:
    """Rejects unknown additional fields with the message of the model's family."""
    if not isinstance(fields, dict):
        raise errors.validation("additionalModelRequestFields must be a JSON object.")
    unknown = sorted(set(fields) - _ADDITIONAL_FIELDS[model.provider])
    if unknown and model.provider == "Anthropic":
        raise errors.ModelValidationError(f"{unknown[0]}: Extra inputs are not permitted")
    if unknown:
        raise errors.ModelValidationError(malformed([f"extraneous key [{name}] is not permitted" for name in unknown]))


def additional_response_fields(paths: list[str], result: InferenceResult) -> Params:
    """Returns the members of the model's own response at JSON pointers; unknown pointers are ignored."""
    found: Params = {}
    own = FORMATS[result.model.provider].write(result)
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
