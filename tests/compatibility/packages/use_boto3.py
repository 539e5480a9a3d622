"""boto3: Converse and ConverseStream."""

import json
from typing import Any

import boto3
from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report

client: Any = boto3.client("bedrock-runtime", region_name=REGION)
MESSAGES = [{"role": "user", "content": [{"text": TEXT}]}]
TOOL = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}
FORMAT = {"type": "json_schema", "structure": {"jsonSchema": {"name": "place", "schema": json.dumps(SCHEMA)}}}


def said(model: str, **more: Any) -> Any:
    return client.converse(modelId=model, messages=MESSAGES, **more)["output"]["message"]["content"][-1]


def stream() -> None:
    events = client.converse_stream(modelId=NOVA, messages=MESSAGES)["stream"]
    chunks([event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event])


def tools() -> None:
    config = {"tools": [TOOL], "toolChoice": {"tool": {"name": "weather"}}}
    city(said(NOVA, toolConfig=config)["toolUse"]["input"])


report(
    converse=lambda: label(said(NOVA)["text"]),
    stream=stream,
    tools=tools,
    structured=lambda: city(said(CLAUDE, outputConfig={"textFormat": FORMAT})["text"]),
    custom=lambda: label(said(CUSTOM)["text"]),
)
