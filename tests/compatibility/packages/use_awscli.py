"""The AWS CLI 1: `converse`. It has no command for streams of events."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, city, label, report

AWS = str(Path(sys.executable).parent / "aws")
MESSAGES = [{"role": "user", "content": [{"text": TEXT}]}]
TOOL = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}
FORMAT = {"type": "json_schema", "structure": {"jsonSchema": {"name": "place", "schema": json.dumps(SCHEMA)}}}


def said(model: str, *more: str) -> Any:
    command = [AWS, "bedrock-runtime", "converse", "--region", REGION, "--model-id", model]
    command += ["--messages", json.dumps(MESSAGES), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)["output"]["message"]["content"][-1]


TOOLS = json.dumps({"tools": [TOOL], "toolChoice": {"tool": {"name": "weather"}}})
report(
    converse=lambda: label(said(NOVA)["text"]),
    tools=lambda: city(said(NOVA, "--tool-config", TOOLS)["toolUse"]["input"]),
    structured=lambda: city(said(CLAUDE, "--output-config", json.dumps({"textFormat": FORMAT}))["text"]),
    custom=lambda: label(said(CUSTOM)["text"]),
)
