"""aioboto3: its botocore is older than structured output in Converse, so InvokeModel has Claude's own."""

import json
from typing import Any

import aioboto3
from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report

session = aioboto3.Session(region_name=REGION)
MESSAGES = [{"role": "user", "content": [{"text": TEXT}]}]
TOOL = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}


async def said(model: str, **more: Any) -> Any:
    async with session.client("bedrock-runtime") as client:
        reply = await client.converse(modelId=model, messages=MESSAGES, **more)
    return reply["output"]["message"]["content"][-1]


async def converse() -> None:
    label((await said(NOVA))["text"])


async def stream() -> None:
    async with session.client("bedrock-runtime") as client:
        reply = await client.converse_stream(modelId=NOVA, messages=MESSAGES)
        events = [event async for event in reply["stream"]]
    chunks([event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event])


async def tools() -> None:
    config = {"tools": [TOOL], "toolChoice": {"tool": {"name": "weather"}}}
    city((await said(NOVA, toolConfig=config))["toolUse"]["input"])


async def structured() -> None:
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 300,
        "messages": [{"role": "user", "content": TEXT}],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }
    async with session.client("bedrock-runtime") as client:
        reply = await client.invoke_model(modelId=CLAUDE, body=json.dumps(body))
        city(json.loads(await reply["body"].read())["content"][-1]["text"])


async def custom() -> None:
    label((await said(CUSTOM))["text"])


report(converse=converse, stream=stream, tools=tools, structured=structured, custom=custom)
