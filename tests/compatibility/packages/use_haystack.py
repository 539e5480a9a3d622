"""Haystack: AmazonBedrockChatGenerator. It has no parameter for structured output."""

from typing import Any

from given import CUSTOM, NOVA, SCHEMA, TEXT, chunks, city, label, report
from haystack.dataclasses import ChatMessage
from haystack_integrations.components.generators.amazon_bedrock import AmazonBedrockChatGenerator


def said(model: str, generation: Any = None, **more: Any) -> Any:
    generator = AmazonBedrockChatGenerator(model, generation_kwargs=generation, **more)
    return generator.run([ChatMessage.from_user(TEXT)])["replies"][0]


def stream() -> None:
    parts: list[str] = []
    said(NOVA, streaming_callback=lambda part: parts.append(part.content))
    chunks(parts)


def tools() -> None:
    tool = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}
    config = {"tools": [tool], "toolChoice": {"tool": {"name": "weather"}}}
    city(said(NOVA, {"toolConfig": config}).tool_calls[0].arguments)


report(
    converse=lambda: label(said(NOVA).text),
    stream=stream,
    tools=tools,
    custom=lambda: label(said(CUSTOM).text),
)
