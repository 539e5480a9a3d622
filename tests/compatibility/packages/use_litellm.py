"""LiteLLM: completion, with the routes bedrock/converse."""

from typing import Any

import litellm
from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report

MESSAGES = [{"role": "user", "content": TEXT}]
TOOL = {"type": "function", "function": {"name": "weather", "description": "of a city", "parameters": SCHEMA}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}


def said(model: str, **more: Any) -> Any:
    reply: Any = litellm.completion(f"bedrock/converse/{model}", MESSAGES, aws_region_name=REGION, **more)
    return reply.choices[0].message


def stream() -> None:
    parts: Any = litellm.completion(f"bedrock/converse/{NOVA}", MESSAGES, aws_region_name=REGION, stream=True)
    chunks([part.choices[0].delta.content or "" for part in parts])


def tools() -> None:
    choice = {"type": "function", "function": {"name": "weather"}}
    city(said(NOVA, tools=[TOOL], tool_choice=choice).tool_calls[0].function.arguments)


report(
    converse=lambda: label(said(NOVA).content),
    stream=stream,
    tools=tools,
    structured=lambda: city(said(CLAUDE, response_format=FORMAT).content),
    custom=lambda: label(said(CUSTOM).content),
)
