"""LlamaIndex: BedrockConverse."""

from typing import Any, Literal

from given import CUSTOM, NOVA, REGION, TEXT, chunks, city, label, report
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.bedrock_converse import BedrockConverse
from pydantic import BaseModel


class Place(BaseModel):
    """A city."""

    city: Literal["Basel", "Bern"]


def weather(city: Literal["Basel", "Bern"]) -> str:
    """The weather of a city."""
    return f"sun in {city}"


def model(identifier: str, **more: Any) -> Any:
    return BedrockConverse(model=identifier, region_name=REGION, **more)


def stream() -> None:
    chunks([part.delta for part in model(NOVA).stream_chat([ChatMessage(TEXT)])])


def tools() -> None:
    llm = model(NOVA)
    reply = llm.chat_with_tools([FunctionTool.from_defaults(weather)], user_msg=TEXT, tool_required=True)
    city(llm.get_tool_calls_from_response(reply)[0].tool_kwargs)


def structured() -> None:
    city(model(NOVA).as_structured_llm(Place).complete(TEXT).raw.model_dump())


report(
    converse=lambda: label(model(NOVA).complete(TEXT).text),
    stream=stream,
    tools=tools,
    structured=structured,
    custom=lambda: label(model(NOVA, application_inference_profile_arn=CUSTOM).complete(TEXT).text),
)
