"""The readable form of a template for its snapshot: what people review, in as few lines as possible.

It omits what CDK adds to every stack, hashes of assets, and the tags that every resource of the environment has
(tests/unit/stacks/test_stacks.py checks those). Intrinsic functions are written as text: `<Key.Arn>` is `Fn::GetAtt`.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from tests.policy.templates import EnvironmentTemplates, Json, rendered

WIDTH = 120
HASH = re.compile(r"\b[0-9a-f]{64}\b")
LEFT_OUT = {"Metadata", "Parameters", "Rules"}
"""What CDK adds: construct paths, and the bootstrap version with its check."""
_INTRINSICS = {"Fn::Join", "Ref", "Fn::GetAtt", "Fn::GetStackOutput", "Fn::Sub"}


def stack_text(template: Json, common_tags: Collection[str] = ()) -> str:
    return text(readable(template, common_tags))


def common_tags(templates: EnvironmentTemplates) -> set[str]:
    """Returns the keys of the tags that every taggable resource of an environment has."""
    tags = [resource.properties.get("Tags") for resource in templates.resources()]
    keys = [{tag["Key"] for tag in each} for each in tags if isinstance(each, list)]
    return set.intersection(*keys) if keys else set()


def readable(value: Any, tags: Collection[str] = ()) -> Any:
    """Writes intrinsic functions as text and parses JSON within strings (state machines, dashboards, parameters)."""
    match value:
        case str():
            return _parsed(value) or value
        case dict() if len(value) == 1 and value.keys() <= _INTRINSICS:
            return _parsed(rendered(value)) or rendered(value)
        case dict():
            kept = {key: readable(each, tags) for key, each in value.items() if key not in LEFT_OUT}
            if isinstance(value.get("Tags"), list):
                kept["Tags"] = [tag for tag in kept["Tags"] if tag["Key"] not in tags]
            return {key: each for key, each in kept.items() if key != "Tags" or each}
        case list():
            return [readable(each, tags) for each in value]
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.startswith("{") else None
    except ValueError:
        return None


def text(value: Any) -> str:
    """Returns sorted JSON, with a value in one line where it fits and hashes of assets replaced."""
    return HASH.sub("<asset>", _laid_out(value, 0, 0)) + "\n"


def _laid_out(value: Any, indent: int, before: int) -> str:
    """before: number of characters before the value in its first line."""
    line = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or indent + before + len(line) < WIDTH:
        return line
    deeper = indent + 1
    if isinstance(value, dict):
        inner = [f"{json.dumps(key)}: {_laid_out(value[key], deeper, len(key) + 4)}" for key in sorted(value)]
    else:
        inner = [_laid_out(each, deeper, 0) for each in value]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    pad = "\n" + " " * deeper
    return f"{opened}{pad}{f',{pad}'.join(inner)}\n{' ' * indent}{closed}"
