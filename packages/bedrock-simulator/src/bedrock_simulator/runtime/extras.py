"""Fields that only some models have: in a request to Converse, and from the model's own answer.

Which are known: User Guide, "Inference request parameters and response fields", Amazon Nova and Anthropic Claude.
"""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.runtime import native
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.serving import Served

_KNOWN = {
    "Amazon": {"inferenceConfig", "reasoningConfig"},
    "Anthropic": {"top_k", "thinking", "reasoning_config", "output_config", "anthropic_beta", "metadata"},
    "Meta": set[str](),
}


def check(fields: Any, model: Model) -> None:
    """The model's own refusal of a field it does not know, in the words of its family."""
    if fields is None:
        return
    if not isinstance(fields, dict):
        raise errors.validation("additionalModelRequestFields must be a JSON object.")
    unknown = sorted(set(fields) - _KNOWN[model.provider])
    if unknown and model.provider == "Anthropic":
        raise errors.ModelRefusal(f"{unknown[0]}: Extra inputs are not permitted")
    if unknown:
        raise errors.ModelRefusal(native.malformed([f"extraneous key [{name}] is not permitted" for name in unknown]))


def fields(paths: list[str], served: Served) -> Params:
    """The members of the model's own answer at those JSON pointers; a path that leads nowhere adds nothing."""
    found: Params = {}
    own = native.FORMATS[served.model.provider].write(served) if paths else {}
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
