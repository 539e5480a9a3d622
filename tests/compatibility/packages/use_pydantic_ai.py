"""pydantic-ai: an agent whose answer is text, a tool's arguments, or JSON of a schema (its NativeOutput)."""

from typing import Any, Literal

from given import CLAUDE, CUSTOM, NOVA, REGION, TEXT, chunks, city, label, report
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.providers.bedrock import BedrockProvider


class Place(BaseModel):
    """A city."""

    city: Literal["Basel", "Bern"]


def agent(identifier: str, output: Any = str) -> Any:
    return Agent(BedrockConverseModel(identifier, provider=BedrockProvider(region_name=REGION)), output_type=output)


async def converse() -> None:
    label((await agent(NOVA).run(TEXT)).output)


async def stream() -> None:
    async with agent(NOVA).run_stream(TEXT) as reply:
        chunks([part async for part in reply.stream_text(delta=True, debounce_by=None)])


async def tools() -> None:
    city((await agent(NOVA, ToolOutput(Place)).run(TEXT)).output.model_dump())


async def structured() -> None:
    city((await agent(CLAUDE, NativeOutput(Place)).run(TEXT)).output.model_dump())


async def custom() -> None:
    label((await agent(CUSTOM).run(TEXT)).output)


report(converse=converse, stream=stream, tools=tools, structured=structured, custom=custom)
