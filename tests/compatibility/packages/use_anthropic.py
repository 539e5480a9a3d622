"""Anthropic's SDK: AnthropicBedrock. It speaks to Claude alone: the custom ARN is an application profile of Claude."""

from typing import Any

from anthropic import AnthropicBedrock
from given import CLAUDE, PROFILE, REGION, SCHEMA, TEXT, URL, chunks, city, label, report

client: Any = AnthropicBedrock(aws_region=REGION, base_url=URL, max_retries=0)
ASKED: Any = {"max_tokens": 300, "messages": [{"role": "user", "content": TEXT}]}
TOOL = {"name": "weather", "description": "of a city", "input_schema": SCHEMA}


def said(model: str = CLAUDE, **more: Any) -> Any:
    return client.messages.create(model=model, **ASKED, **more).content[-1]


def stream() -> None:
    with client.messages.stream(model=CLAUDE, **ASKED) as reply:
        chunks(list(reply.text_stream))


report(
    converse=lambda: label(said().text),
    stream=stream,
    tools=lambda: city(said(tools=[TOOL], tool_choice={"type": "tool", "name": "weather"}).input),
    structured=lambda: city(said(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}).text),
    custom=lambda: label(said(PROFILE).text),
)
