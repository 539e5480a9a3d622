"""A valid environment, and a way to break it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from distillery.settings import Settings
from distillery.settings.reading import parse

Said = dict[str, Any]
Edit = Callable[..., Said]

SOUND: Said = {
    "home_region": "us-east-1",
    "inference_region": "us-east-2",
    "keep_data": False,
    "termination_protection": False,
    "log_retention_days": 30,
    "recipes": {"support": {"teacher": "amazon.nova-pro-v1:0", "student": "amazon.nova-micro-v1:0"}},
    "routes": {
        "fast": {"description": "fast", "model": "amazon.nova-pro-v1:0", "latency": "optimized"},
        "haiku": {"description": "small", "model": "anthropic.claude-haiku-5-5"},
    },
}


def _set(said: Said, key: str, value: Any) -> None:
    *path, last = (part.replace("\N{DIVISION SLASH}", "/") for part in key.split("/"))
    for part in path:
        said = said.setdefault(part, {})
    said[last] = value


@pytest.fixture(scope="session")
def said() -> Edit:
    """Returns the content of the valid file with these keys changed: `said({"recipes/support/teacher": "x"})`. None
    removes a key.

    A slash within a key is written as a division slash.
    """

    def edit(changes: Said | None = None) -> Said:
        edited = copy.deepcopy(SOUND)
        for key, value in (changes or {}).items():
            _set(edited, key, value)
        return {key: value for key, value in edited.items() if value is not None}

    return edit


@pytest.fixture(scope="session")
def settings(said: Edit) -> Callable[..., Settings]:
    """Returns the same as typed settings, unchecked."""

    def build(changes: Said | None = None, environment: str = "dev") -> Settings:
        return parse(said(changes), environment)

    return build
