"""boto3: Converse itself."""

from distillery.snippets.call import QUESTION, Call, block, head, literal, program


def snippet(call: Call) -> str:
    """Says everything, and tells what was served."""
    served = 'reply.get("performanceConfig"), reply.get("serviceTier")'
    return program(
        head(call, "pip install boto3"),
        ["import boto3"],
        [
            f'runtime = boto3.client("bedrock-runtime", region_name={literal(call.region)})',
            *block("reply = runtime.converse(", _arguments(call)),
            'print("".join(block.get("text", "") for block in reply["output"]["message"]["content"]))',
            *([f'print("served:", {served})'] if call.optimized or call.tiered else []),
        ],
    )


def _arguments(call: Call) -> list[str]:
    return [
        f"modelId={literal(call.identifier)}",
        f'messages=[{{"role": "user", "content": [{{"text": {literal(QUESTION)}}}]}}]',
        f'inferenceConfig={{"maxTokens": {call.max_tokens}}}',
        *([f'performanceConfig={{"latency": {literal(call.latency)}}}'] if call.optimized else []),
        *([f'serviceTier={{"type": {literal(call.tier)}}}'] if call.tiered else []),
        f"requestMetadata={literal(call.metadata)}",
    ]
