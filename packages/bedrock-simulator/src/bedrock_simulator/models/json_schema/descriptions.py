"""Bounds that stand in a description.

Anthropic's SDKs move what structured output does not support to the end of the description, where a model reads it:
`{minimum: 18, maximum: 30}`. The schema does not demand it.
"""

import re
from typing import Any

from bedrock_simulator.models.json_schema import numeric

_BOUNDS = (*numeric.KEYWORDS, "minLength", "maxLength", "minItems", "maxItems")
_LIST = re.compile(r"\{((?:\w+: [\w.+-]+(?:, )?)+)\}\s*\Z")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")


def described_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the bounds by keyword."""
    text = schema.get("description")
    found = _LIST.search(text) if isinstance(text, str) else None
    bounds: dict[str, Any] = {}
    for name, _, value in (each.partition(": ") for each in (found[1].split(", ") if found else ())):
        if name in _BOUNDS and _NUMBER.fullmatch(value):
            bounds[name] = float(value) if "." in value else int(value)
    return bounds
