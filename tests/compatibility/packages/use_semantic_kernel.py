"""Semantic Kernel: BedrockChatCompletion. It has no parameter for structured output."""

from typing import Any

import boto3
from given import CUSTOM, NOVA, REGION, SCHEMA, TEXT, chunks, city, label, report
from semantic_kernel.connectors.ai.bedrock import BedrockChatCompletion, BedrockChatPromptExecutionSettings
from semantic_kernel.connectors.ai.bedrock.services.model_provider.bedrock_model_provider import BedrockModelProvider
from semantic_kernel.contents import ChatHistory

SETTINGS = BedrockChatPromptExecutionSettings(max_tokens=300)


def service(model: str) -> Any:
    return BedrockChatCompletion(
        model_id=model,
        model_provider=BedrockModelProvider.AMAZON,  # an ARN does not name it
        runtime_client=boto3.client("bedrock-runtime", region_name=REGION),
        client=boto3.client("bedrock", region_name=REGION),
    )


def history() -> Any:
    said = ChatHistory()
    said.add_user_message(TEXT)
    return said


async def converse() -> None:
    label(str(await service(NOVA).get_chat_message_content(history(), SETTINGS)))


async def stream() -> None:
    chunks([str(part) async for part in service(NOVA).get_streaming_chat_message_content(history(), SETTINGS)])


async def tools() -> None:
    tool = {"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}
    settings = BedrockChatPromptExecutionSettings(tools=[tool], tool_choice={"tool": {"name": "weather"}})
    reply = await service(NOVA).get_chat_message_content(history(), settings)
    city(next(item.arguments for item in reply.items if item.content_type == "function_call"))


async def custom() -> None:
    label(str(await service(CUSTOM).get_chat_message_content(history(), SETTINGS)))


report(converse=converse, stream=stream, tools=tools, custom=custom)
