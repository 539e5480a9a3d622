"""LangChain's ChatBedrockConverse."""

from distillery.snippets.call import QUESTION, Call, block, head, literal, program


def snippet(call: Call) -> str:
    """Says everything, and tells what was served. An ARN does not name its model, so that is said beside it."""
    served = 'reply.response_metadata.get("performanceConfig"), reply.response_metadata.get("serviceTier")'
    return program(
        head(call, "pip install langchain-aws"),
        ["from langchain_aws import ChatBedrockConverse"],
        [
            *block("model = ChatBedrockConverse(", _arguments(call)),
            f"reply = model.invoke({literal(QUESTION)})",
            "print(reply.text)",
            *([f'print("served:", {served})'] if call.optimized or call.tiered else []),
        ],
    )


def _arguments(call: Call) -> list[str]:
    named = [f"provider={literal(call.provider)}", f"base_model={literal(call.model)}"]
    return [
        f"model={literal(call.identifier)}",
        *(named if call.identifier.startswith("arn:") else []),
        f"region_name={literal(call.region)}",
        f"max_tokens={call.max_tokens}",
        *([f'performance_config={{"latency": {literal(call.latency)}}}'] if call.optimized else []),
        *([f"service_tier={literal(call.tier)}"] if call.tiered else []),
        f"request_metadata={literal(call.metadata)}",
    ]
