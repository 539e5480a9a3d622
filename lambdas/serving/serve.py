"""One request to its route, and the answer with the truth about how it was served."""

from collections.abc import Callable
from typing import Any

from distillery.client import AllStepsFailed, Attempt, Mode, NoSuchRoute, Reply, Route
from distillery.core.aws import ClientError, code, redact
from distillery.core.errors import BadRequest, NoModel
from lambdas.serving.request import Request

Ask = Callable[[Request, Route], Reply]


def serve(request: Request, route: Route, ask: Ask) -> dict[str, Any]:
    """ask: the one below, or what counts as well. Raises BadRequest for what the caller can mend, whose sentence is
    safe to log: Bedrock's may quote a prompt."""
    try:
        return answer_of(request.route, ask(request, route))
    except NoSuchRoute as error:
        raise NoModel(str(error)) from error
    except AllStepsFailed as error:
        if all(attempt.error == "NothingPromoted" for attempt in error.attempts):
            why = "; ".join(attempt.message or "" for attempt in error.attempts)
            raise NoModel(f"route {request.route!r} has no model yet: {why}") from error
        raise
    except ClientError as error:
        if code(error) != "ValidationException":
            raise
        redact(error, "bedrock-runtime")
        raise BadRequest(f"Bedrock finds the request invalid: {error.response['Error']['Message']}") from None


def ask(request: Request, route: Route) -> Reply:
    inference = {"maxTokens": request.max_tokens} if request.max_tokens else {}
    return route.converse(
        messages=request.conversation["messages"],
        inferenceConfig=inference,
        **({"system": request.conversation["system"]} if "system" in request.conversation else {}),
    )


def answer_of(route: str, reply: Reply) -> dict[str, Any]:
    """As JSON. cost: in US dollars, as text; None where no dated price is known. latency_ms is the service's own."""
    return {
        "text": reply.text,
        "route": route,
        "model": reply.model,
        "identifier": reply.identifier,
        "region": reply.step.region,
        "requested": _mode(reply.requested),
        "served": _mode(reply.served) if reply.served else None,
        "step": reply.index,
        "attempts": attempts_of(reply.attempts),
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
        "cost_usd": None if reply.cost is None else f"{reply.cost:f}",
        "latency_ms": reply.latency_ms,
        "elapsed_ms": round(reply.elapsed_ms),
        "stop_reason": reply.stop_reason,
    }


def attempts_of(attempts: tuple[Attempt, ...]) -> list[dict[str, Any]]:
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


def _mode(mode: Mode) -> dict[str, str]:
    return {"latency": mode.latency, "tier": mode.tier}
