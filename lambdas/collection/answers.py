"""The answer in a response body, and whether a guardrail or a filter stopped it.

    {"output": {"message": {"role": "assistant", "content": [{"text": …}]}}, "stopReason": "end_turn"}    Converse, Nova
    {"role": "assistant", "content": [{"type": "text", "text": …}], "stop_reason": "end_turn"}            Anthropic
    {"generation": …, "stop_reason": "stop"}                                                              Llama
    [{"contentBlockDelta": {"delta": {"text": …}}}, …, {"messageStop": {"stopReason": "end_turn"}}, …]    streamed, Nova
    [{"type": "content_block_delta", "delta": {"text": …}}, …, {"type": "message_delta", "delta": {"stop_reason": …}}]
    [{"generation": …, "stop_reason": null}, …, {"generation": "", "stop_reason": "stop"}]

ConverseStream is logged as one body, like Converse; a stream of InvokeModelWithResponseStream as the list of its events
(both as others observed them).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.collection.reasons import Reason, UnusableCall
from lambdas.collection.requests import encodable

COMPLETE = {"end_turn", "stop_sequence", "stop"}
"""Stop reasons of complete answers."""

STOPPED = {
    "max_tokens": Reason.TRUNCATED,
    "length": Reason.TRUNCATED,
    "model_context_window_exceeded": Reason.TRUNCATED,
    "tool_use": Reason.TOOL_USE,
}

INTERVENTIONS = {
    "guardrail_intervened": Reason.GUARDRAIL,
    "intervened": Reason.GUARDRAIL,
    "content_filtered": Reason.FILTERED,
    "refusal": Reason.FILTERED,
}
"""Stop reasons, and values of GUARDRAIL_ACTION, of calls that were stopped for what they say. Lower case."""

STOP_REASONS = ("stopReason", "stop_reason", "completionReason")
GUARDRAIL_ACTION = "amazon-bedrock-guardrailAction"
"""InvokeModel says so in the body, whatever the model's format (API, InvokeModel, examples)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one event of a stream, or a whole body, says."""

    text: str | None
    stop: str | None


def intervention_of(body: Any) -> Reason | None:
    """Return why a call was stopped for what it says, or None."""
    for said in _outcomes(body):
        if reason := INTERVENTIONS.get(said.lower()):
            return reason
    return None


def _outcomes(body: Any) -> Iterator[str]:
    """All stop reasons and actions of guardrails. `curate.sql` looks for the same names."""
    for event in body if isinstance(body, list) else [body]:
        for part in (event, *(event.values() if isinstance(event, Mapping) else ())):
            if isinstance(part, Mapping):
                found = (part.get(name) for name in (*STOP_REASONS, GUARDRAIL_ACTION))
                yield from (value for value in found if isinstance(value, str))


def answer_of(body: Any) -> str:
    """Return the text of a complete answer from a response body. Raises UnusableCall."""
    parts = [_part(event) for event in (body if isinstance(body, list) else [body])]
    stops = [part.stop for part in parts if part.stop]
    if all(part.text is None and part.stop is None for part in parts):
        raise UnusableCall(Reason.UNKNOWN_ANSWER)
    if not stops:
        raise UnusableCall(Reason.NO_STOP_REASON)
    if stops[-1] not in COMPLETE:
        raise UnusableCall(STOPPED.get(stops[-1], Reason.UNKNOWN_STOP_REASON))
    text = "".join(part.text or "" for part in parts)
    if not text.strip():
        raise UnusableCall(Reason.NO_TEXT)
    return encodable(text)


def _part(body: Any) -> _Part:
    body = _object(body)
    delta, start = _object(body.get("delta")), _object(body.get("content_block"))
    converse = _object(_object(body.get("contentBlockDelta")).get("delta"))
    message = _object(_object(body.get("output")).get("message"))
    texts = (
        _blocks(message.get("content")),
        _blocks(body.get("content")),
        *(_string(part.get("text")) for part in (converse, delta, start)),
        _string(body.get("generation")),
    )
    stops = (
        *(body.get(name) for name in STOP_REASONS),
        _object(body.get("messageStop")).get("stopReason"),
        delta.get("stop_reason"),
    )
    known = [text for text in texts if text is not None]
    return _Part("".join(known) if known else None, next((stop for stop in stops if isinstance(stop, str)), None))


def _blocks(blocks: Any) -> str | None:
    if not isinstance(blocks, list):
        return None
    texts = (_string(block.get("text")) for block in blocks if isinstance(block, Mapping))
    return "".join(text for text in texts if text is not None)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
