"""The options of Node, in which the CDK runs. Standard library only: they are set before the CDK is imported."""

import json
from collections.abc import MutableMapping
from pathlib import Path

EXTERNAL_MEMORY = Path(__file__).with_name("external_memory.cjs")
"""Node loads this file first. It says what for."""


def add_node_options(environ: MutableMapping[str, str]) -> None:
    """Lets Node load `EXTERNAL_MEMORY`, beside what the variable NODE_OPTIONS asks for already."""
    option = f"--require {json.dumps(str(EXTERNAL_MEMORY), ensure_ascii=False)}"  # Node unquotes a path as JSON does
    given = environ.get("NODE_OPTIONS", "")
    if option not in given:
        environ["NODE_OPTIONS"] = f"{given} {option}".lstrip()
