"""langchain-aws: ChatBedrockConverse."""

from typing import Any

from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report
from langchain_aws import ChatBedrockConverse

TOOL = {"name": "weather", "description": "of a city", "input_schema": SCHEMA}


def model(identifier: str, **more: Any) -> Any:
    return ChatBedrockConverse(model=identifier, region_name=REGION, **more)


def stream() -> None:
    chunks([part.text for part in model(NOVA).stream(TEXT)])


def tools() -> None:
    city(model(NOVA).bind_tools([TOOL], tool_choice="weather").invoke(TEXT).tool_calls[0]["args"])


def structured() -> None:
    city(model(CLAUDE).with_structured_output({"title": "place", "description": "a city", **SCHEMA}).invoke(TEXT))


report(
    converse=lambda: label(model(NOVA).invoke(TEXT).text),
    stream=stream,
    tools=tools,
    structured=structured,
    custom=lambda: label(model(CUSTOM, provider="amazon").invoke(TEXT).text),
)
