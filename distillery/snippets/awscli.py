"""The AWS CLI, version 1 or 2, of a day that knows service tiers (2026)."""

import json
import shlex

from distillery.snippets.call import QUESTION, Call, head, program


def snippet(call: Call) -> str:
    """Says everything; the answer's text and the modes that were served come as one JSON document."""
    return program(head(call, "pip install awscli"), [" \\\n  ".join(_words(call))])


def _words(call: Call) -> list[str]:
    messages = json.dumps([{"role": "user", "content": [{"text": QUESTION}]}], ensure_ascii=False)
    query = "{text: output.message.content[].text, latency: performanceConfig.latency, tier: serviceTier.type}"
    options = {
        "--region": call.region,
        "--model-id": call.identifier,
        "--messages": messages,
        "--inference-config": f"maxTokens={call.max_tokens}",
        **({"--performance-config": f"latency={call.latency}"} if call.optimized else {}),
        **({"--service-tier": f"type={call.tier}"} if call.tiered else {}),
        "--request-metadata": json.dumps(call.metadata, ensure_ascii=False),
        "--query": query,
        "--output": "json",
    }
    return ["aws bedrock-runtime converse", *(f"{name} {shlex.quote(value)}" for name, value in options.items())]
