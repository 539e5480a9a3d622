"""One call: a request to what its route stands for, with what the logs are to tell of it."""

from typing import TYPE_CHECKING, Any

from lambdas.serving.request import Request
from lambdas.serving.routes import Target
from lambdas.shared.names import METADATA_ROUTE, METADATA_SIDE, TAG_ENVIRONMENT
from lambdas.shared.reply import STANDARD, reply_of
from lambdas.shared.sides import side_of_conversation

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient


def serve(request: Request, target: Target, runtime: "BedrockRuntimeClient", environment: str) -> dict[str, Any]:
    """The reply, with the latency mode that was asked for beside the one that was served: above its quota the service
    falls back to standard without an error (UG latency-optimized-inference)."""
    mode: dict[str, Any] = {} if target.latency == STANDARD else {"performanceConfig": {"latency": target.latency}}
    response = runtime.converse(
        modelId=target.identifier,
        inferenceConfig={"maxTokens": request.max_tokens},
        requestMetadata={
            TAG_ENVIRONMENT: environment,
            METADATA_ROUTE: target.route,
            METADATA_SIDE: side_of_conversation(request.conversation),
        },
        **request.conversation,
        **mode,
    )
    reply = reply_of(response)
    return {
        "text": reply.text,
        "route": target.route,
        "model": target.model,
        "identifier": target.identifier,
        "region": target.region,
        "requested": {"latency": target.latency},
        "served": {"latency": reply.latency},
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
        "latency_ms": reply.latency_ms,
        "stop_reason": reply.stop_reason,
    }
