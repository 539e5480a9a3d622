"""What a model refuses of a request's temperature, top_p, top_k and thinking.

The messages of Haiku 4.5, and that thinking and a forced tool exclude each other, are as users report them. Those of
Haiku 5.5 have the wording that users report of Claude Opus 4.7 (INFERENCE).
"""

from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog.model_limits import Limits, Sampling

_LEAST_TOP_P = 0.99


def check_sampling(limits: Limits, *, temperature: Any = None, top_p: Any = None, top_k: Any = None) -> None:
    """Raises the model's error for parameters that it does not take."""
    if limits.sampling is Sampling.ONE and temperature is not None and top_p is not None:
        raise errors.ModelValidationError(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        )
    if limits.sampling is Sampling.DEFAULT:
        refused = {
            "temperature": temperature not in (None, 1),
            "top_p": isinstance(top_p, int | float) and top_p < _LEAST_TOP_P,
            "top_k": top_k is not None,
        }
        for name in (name for name, is_refused in refused.items() if is_refused):
            raise errors.ModelValidationError(f"`{name}` is deprecated for this model.")


def thinking_type(fields: Any) -> str:
    """The type of thinking that Claude's own fields name; empty if they name none."""
    thinking = fields.get("thinking") if isinstance(fields, dict) else None
    return str(thinking.get("type", "")) if isinstance(thinking, dict) else ""


def check_forced_tool(thinking: str) -> None:
    """Raises the model's error if thinking with a budget meets a forced tool."""
    if thinking == "enabled":
        raise errors.ModelValidationError("Thinking may not be enabled when tool_choice forces tool use.")
