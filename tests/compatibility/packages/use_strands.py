"""Strands: an agent with BedrockModel. Nobody forces an agent's tool, so `tools` asks the model itself."""

import json
from typing import Any, Literal

from given import CLAUDE, CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report
from pydantic import BaseModel
from strands import Agent
from strands.models import BedrockModel


class Place(BaseModel):
    """A city."""

    city: Literal["Basel", "Bern"]


def agent(identifier: str, streaming: bool = False) -> Any:
    model = BedrockModel(model_id=identifier, region_name=REGION, streaming=streaming)
    return Agent(model=model, callback_handler=None)


async def stream() -> None:
    chunks([event["data"] async for event in agent(NOVA, streaming=True).stream_async(TEXT) if "data" in event])


async def tools() -> None:
    tool: Any = {"name": "weather", "description": "of a city", "inputSchema": {"json": SCHEMA}}
    messages: Any = [{"role": "user", "content": [{"text": TEXT}]}]
    model: Any = BedrockModel(model_id=NOVA, region_name=REGION)
    said = ""
    async for event in model.stream(messages, [tool], tool_choice={"tool": {"name": "weather"}}):
        said += event.get("contentBlockDelta", {}).get("delta", {}).get("toolUse", {}).get("input", "")
    city(json.loads(said))


report(
    converse=lambda: label(str(agent(NOVA)(TEXT)).strip()),
    stream=stream,
    tools=tools,
    structured=lambda: city(agent(CLAUDE)(TEXT, structured_output_model=Place).structured_output.model_dump()),
    custom=lambda: label(str(agent(CUSTOM)(TEXT)).strip()),
)
