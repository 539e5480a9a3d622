"""A template as it is kept: what changes with every edit of code is left out, so that a diff shows the stack."""

import json
import re
from pathlib import Path
from typing import Any

from tests.policy.house import Json, Stack, spelled

FOLDER = Path(__file__).parent
HASH = re.compile(r"\b[0-9a-f]{64}\b")
BOOTSTRAP = ("Parameters", "Rules")
"""The bootstrap version and its check, the same in every stack that CDK makes."""


def normal(template: Json) -> str:
    """Sorted, hashes of assets replaced, bootstrap left out, JSON inside of strings unfolded."""
    kept = {section: unfolded(value) for section, value in template.items() if section not in BOOTSTRAP}
    return HASH.sub("<asset>", json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False)) + "\n"


def unfolded(value: Any) -> Any:
    """State machines, dashboards and parameters are JSON in one long string: shown as what they spell."""
    match value:
        case {"Fn::Join": _} | str():
            return _parsed(spelled(value)) or value
        case dict():
            return {key: unfolded(each) for key, each in value.items()}
        case list():
            return [unfolded(each) for each in value]
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.startswith("{") else None
    except ValueError:
        return None


def file_of(environment: str, stack: Stack) -> Path:
    return FOLDER / environment / f"{stack.part}.json"
