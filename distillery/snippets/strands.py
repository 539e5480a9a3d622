"""Strands Agents' BedrockModel."""

from distillery.snippets.call import QUESTION, Call, block, head, literal, program

SILENT = "Strands does not tell in which latency mode or tier it was served: CloudTrail and CloudWatch do."


def snippet(call: Call) -> str:
    """Says everything; what its model has no name for goes along in `additional_args`, as Converse names it."""
    return program(
        head(call, "pip install strands-agents", *([SILENT] if call.optimized or call.tiered else [])),
        ["from strands import Agent", "from strands.models import BedrockModel"],
        [
            *block("model = BedrockModel(", _arguments(call)),
            "agent = Agent(model=model, callback_handler=None)",
            f"print(agent({literal(QUESTION)}))",
        ],
    )


def _arguments(call: Call) -> list[str]:
    mode = f'"performanceConfig": {{"latency": {literal(call.latency)}}}, ' if call.optimized else ""
    return [
        f"model_id={literal(call.identifier)}",
        f"region_name={literal(call.region)}",
        f"max_tokens={call.max_tokens}",
        *([f"service_tier={literal(call.tier)}"] if call.tiered else []),
        f'additional_args={{{mode}"requestMetadata": {literal(call.metadata)}}}',
    ]
