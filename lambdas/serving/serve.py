"""Sends a request to its route, and returns the answer with how it was served."""

from collections.abc import Callable
from typing import Any

from distillery.client import AllStepsFailed, Attempt, Mode, NoSuchRoute, Reply, Route
from distillery.core.aws import ClientError, code, redact
from distillery.core.errors import BadRequest, NoModel
from lambdas.serving.request import InvokeRequest

Converse = Callable[[InvokeRequest, Route], Reply]


def serve(request: InvokeRequest, route: Route, send: Converse) -> dict[str, Any]:
    """Answer a request.

    Args:
        request: the request.
        route: its route.
        send: `converse`, or a function that also meters.

    Raises:
        BadRequest: the caller has to fix the request. The message is safe to log; Bedrock's may quote a prompt.
        NoModel: there is no such route, or no model was promoted to it.
        AllStepsFailed, MapUnavailable, OverQuota, QuotaUnavailable, ClientError: see `send`.
    """
    try:
        return answer_document(request.route, send(request, route))
    except NoSuchRoute as error:
        raise NoModel(str(error)) from error
    except AllStepsFailed as error:
        if all(attempt.error == "NothingPromoted" for attempt in error.attempts):
            reason = "; ".join(attempt.message or "" for attempt in error.attempts)
            raise NoModel(f"route {request.route!r} has no model yet: {reason}") from error
        raise
    except ClientError as error:
        if code(error) != "ValidationException":
            raise
        redact(error, "bedrock-runtime")
        raise BadRequest(f"Bedrock refused the request as invalid: {error.response['Error']['Message']}") from None


def converse(request: InvokeRequest, route: Route) -> Reply:
    inference = {"maxTokens": request.max_tokens} if request.max_tokens else {}
    return route.converse(
        messages=request.conversation["messages"],
        inferenceConfig=inference,
        key=request.key,
        **({"system": request.conversation["system"]} if "system" in request.conversation else {}),
    )


def answer_document(route: str, reply: Reply) -> dict[str, Any]:
    """Return the answer as a JSON object. `cost_usd` is decimal text, or None if no dated price is known; `latency_ms`
    is what Bedrock reports."""
    return {
        "text": reply.text,
        "route": route,
        "model": reply.model,
        "identifier": reply.identifier,
        "region": reply.step.region,
        "requested": _mode_document(reply.requested),
        "served": _mode_document(reply.served) if reply.served else None,
        "step": reply.index,
        "attempts": attempt_documents(reply.attempts),
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
        "cost_usd": None if reply.cost is None else f"{reply.cost:f}",
        "latency_ms": reply.latency_ms,
        "elapsed_ms": round(reply.elapsed_ms),
        "stop_reason": reply.stop_reason,
        "complete": reply.complete,
        "system": reply.system,
        "variant": reply.variant,
    }


def attempt_documents(attempts: tuple[Attempt, ...]) -> list[dict[str, Any]]:
    return [
        {
            "step": attempt.index,
            "identifier": attempt.identifier,
            "region": attempt.region,
            "error": attempt.error,
            "elapsed_ms": round(attempt.elapsed_ms),
        }
        for attempt in attempts
    ]


def _mode_document(mode: Mode) -> dict[str, str]:
    return {"latency": mode.latency, "tier": mode.tier}
