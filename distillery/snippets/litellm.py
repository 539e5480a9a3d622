"""LiteLLM's completion, by Bedrock's Converse."""

from distillery.snippets.call import QUESTION, Call, block, head, literal, program

SILENT = "LiteLLM does not tell in which latency mode it was served: CloudTrail and CloudWatch do."


def snippet(call: Call) -> str:
    """Says everything."""
    return program(
        head(call, "pip install litellm boto3", *([SILENT] if call.optimized else [])),
        ["import litellm"],
        [
            *block("reply = litellm.completion(", _arguments(call)),
            "print(reply.choices[0].message.content)",
            *(['print("served:", reply.service_tier)'] if call.tiered else []),
        ],
    )


def _arguments(call: Call) -> list[str]:
    return [
        f"model={literal('bedrock/converse/' + call.identifier)}",
        f"aws_region_name={literal(call.region)}",
        f'messages=[{{"role": "user", "content": {literal(QUESTION)}}}]',
        f"max_tokens={call.max_tokens}",
        *([f'performanceConfig={{"latency": {literal(call.latency)}}}'] if call.optimized else []),
        *([f"service_tier={literal(call.tier)}"] if call.tiered else []),
        f"requestMetadata={literal(call.metadata)}",
    ]
