"""What each script of a package is given, and how it reports: scripts run in the environment of their package."""

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

NOVA, CLAUDE = "us.amazon.nova-pro-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0"
CUSTOM = os.environ.get("CUSTOM_MODEL", "")  # the ARN of a deployment of a distilled model
PROFILE = os.environ.get("CUSTOM_PROFILE", "")  # the ARN of an application inference profile of CLAUDE
URL = os.environ.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "")
REGION = "us-east-1"
TEXT, LABEL = "message 3: where is my card", "card_arrival"  # a line of the training file
CITIES = ["Basel", "Bern"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": CITIES}},
    "required": ["city"],
    "additionalProperties": False,
}


def expect(holds: object, got: object) -> None:
    """An assertion that tells what the package returned."""
    if not holds:
        raise AssertionError(f"unexpected result: {got!r:.300}")


def label(text: object) -> None:
    """Expects the label of TEXT."""
    expect(text == LABEL, text)


def city(arguments: Any) -> None:
    """Expects arguments of the tool, or an answer, that satisfy SCHEMA."""
    read = json.loads(arguments) if isinstance(arguments, str) else arguments
    expect(isinstance(read, dict) and set(read) == {"city"} and read["city"] in CITIES, arguments)


def chunks(parts: list[str]) -> None:
    """Expects the parts of a stream to be the label."""
    expect("".join(parts) == LABEL, parts)


def report(**capabilities: Callable[[], Any]) -> None:
    """Tries each capability by itself and prints one JSON object: what works, what fails."""
    found = {}
    for name, check in capabilities.items():
        try:
            tried = check()
            if asyncio.iscoroutine(tried):
                asyncio.run(tried)
            found[name] = "works"
        except Exception:  # whatever a package raises is its result
            print(f"--- {name}", file=sys.stderr)
            traceback.print_exc()
            found[name] = "fails"
    print("\n" + json.dumps(found))
