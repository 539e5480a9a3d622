"""Converse and ConverseStream.

`promptVariables` is ignored unless the model ID names a prompt, as the API says. The messages about tools and the
maximum of tokens are the service's. What only the simulator refuses says so ("The local Bedrock …").
"""

from dataclasses import replace
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.catalog import model_limits
from bedrock_simulator.catalog.model_limits import Limits
from bedrock_simulator.runtime import conversation, inference, native, output_format, sampling, tools
from bedrock_simulator.runtime.call import Outcome, Params, RuntimeCall
from bedrock_simulator.runtime.generation import Completion, InferenceRequest
from bedrock_simulator.runtime.inference import InferenceResult
from bedrock_simulator.runtime.output_format import OutputFormat

_SIGNATURE = "none"


def converse(call: RuntimeCall) -> Outcome:
    """Converse: returns a response with its usage and modelled latency."""
    try:
        result = _run(call, streamed=False)
    except errors.ModelValidationError as refusal:
        raise refusal.wrapped() from None
    members = _response(call, result)
    total = result.timing.total
    return Outcome(members, delay=call.seconds(total), used=result.used, logged=members, latency_ms=total)


def stream(call: RuntimeCall) -> Outcome:
    """ConverseStream: returns events. An error of the model itself is an event that ends the stream."""
    try:
        result = _run(call, streamed=True)
    except errors.ModelValidationError as refusal:
        return Outcome({"stream": [(0.0, {"validationException": {"message": refusal.wrapped().message}})]})
    members = _response(call, result)
    events = [(call.seconds(wait), event) for wait, event in _events(result, members)]
    return Outcome({"stream": events}, used=result.used, logged=members, latency_ms=result.timing.total)


def _run(call: RuntimeCall, *, streamed: bool) -> InferenceResult:
    params, most = call.params, model_limits.limits_of(call.target.model)
    tools.check_tools(params.get("toolConfig"), most, streamed=streamed)
    conversation.check_guardrail(call, params.get("guardrailConfig", {}))
    fields, config = params.get("additionalModelRequestFields"), params.get("inferenceConfig", {})
    if fields is not None:
        native.check_additional_fields(fields, call.target.model)
    top_k = fields.get("top_k") if fields else None
    sampling.check_sampling(most, temperature=config.get("temperature"), top_p=config.get("topP"), top_k=top_k)
    thinking = sampling.thinking_type(fields)
    prompt, output = conversation.read_conversation(params, most), _output(params, most)
    if output.tools:
        sampling.check_forced_tool(thinking)
    request = InferenceRequest(
        prompt,
        *_inference(config, most),
        output,
        tools.tools_text(params),
        conversation.checkpoints(params),
        reasons=thinking != "disabled",
    )
    mode, tier = params.get("performanceConfig", {}).get("latency"), params.get("serviceTier", {}).get("type")
    return inference.run_inference(call, request, mode, tier)


def _output(params: Params, most: Limits) -> OutputFormat:
    config = params.get("outputConfig", {})
    for field, supported in (("effort", most.effort), ("textFormat", most.structured_output)):
        if field in config and not supported:
            named = f"outputConfig.{field}"
            raise errors.validation(f"This model doesn't support the {named} field. Remove {named} and try again.")
    output = tools.forced_tools(params)
    schema = output_format.native_schema(params.get("additionalModelRequestFields") or {}, most)
    if "textFormat" in config:
        schema = output_format.read_schema(config["textFormat"]["structure"]["jsonSchema"]["schema"])
        output_format.check_schema(schema, "output_config.format.schema")
    return replace(output, schema=schema)


def _inference(config: Params, most: Limits) -> tuple[int, tuple[str, ...]]:
    max_tokens: int = config.get("maxTokens", most.output)
    if max_tokens > most.output:
        raise errors.validation(
            f"The maximum tokens you requested exceeds the model limit of {most.output}. Try again with a maximum "
            f"tokens value that is lower than {most.output}."
        )
    stops = tuple(config.get("stopSequences", ()))
    if stops and not most.stop_sequences:
        raise errors.validation(
            "This model doesn't support the stopSequences field. Remove stopSequences and try again."
        )
    return max_tokens, stops


def _response(call: RuntimeCall, result: InferenceResult) -> Params:
    paths = call.params.get("additionalModelResponseFieldPaths", [])
    found = native.additional_response_fields(paths, result) if paths else {}
    traced = conversation.guardrail_trace(call.params.get("guardrailConfig", {}))
    return {
        "output": {"message": {"role": "assistant", "content": _blocks(result.completion)}},
        "stopReason": result.completion.stop_reason,
        "usage": usage(result),
        "metrics": {"latencyMs": result.timing.total},
        **({"additionalModelResponseFields": found} if found else {}),
        **({"trace": traced} if traced else {}),
        **({"performanceConfig": {"latency": result.mode}} if result.mode else {}),
        **({"serviceTier": {"type": result.tier}} if result.tier else {}),
    }


def usage(result: InferenceResult) -> Params:
    """The tokens of a call; those of the cache only if the request has checkpoints."""
    read, write, used = result.cache.read, result.cache.write, result.used
    counts: Params = {"inputTokens": used[0], "outputTokens": used[1], "totalTokens": sum(used) + read + write}
    if result.request.checkpoints:
        counts |= {"cacheReadInputTokens": read, "cacheWriteInputTokens": write}
        counts["cacheDetails"] = [{"ttl": life, "inputTokens": tokens} for life, tokens in result.cache.written]
    return counts


def _blocks(completion: Completion) -> list[Params]:
    tool = completion.tool
    spoken: list[Params] = [{"text": completion.text}]
    if tool:
        return [{"toolUse": {"toolUseId": f"tooluse_{tool.id}", "name": tool.name, "input": completion.tool_input}}]
    if completion.reasoning is None:
        return spoken
    if not completion.text:
        spoken = []
    return [{"reasoningContent": {"reasoningText": {"text": completion.reasoning, "signature": _SIGNATURE}}}, *spoken]


def _events(result: InferenceResult, members: Params) -> list[tuple[float, Params]]:
    thinking, tool = _thinking(result.completion.reasoning), result.completion.tool
    index = 1 if thinking else 0
    *pieces, end = result.pieces()
    deltas = [
        (wait, _delta(index, {"toolUse": {"input": piece}} if tool else {"text": piece})) for wait, piece in pieces
    ]
    if tool:
        start = {"toolUse": {"toolUseId": f"tooluse_{tool.id}", "name": tool.name}}
        deltas.insert(0, (0.0, {"contentBlockStart": {"start": start, "contentBlockIndex": index}}))
    stop: Params = {"stopReason": members["stopReason"]}
    if "additionalModelResponseFields" in members:
        stop["additionalModelResponseFields"] = members["additionalModelResponseFields"]
    metadata = ("usage", "metrics", "trace", "performanceConfig", "serviceTier")
    return [
        (result.timing.first, {"messageStart": {"role": "assistant"}}),
        *[(0.0, event) for event in thinking],
        *deltas,
        (end[0], {"contentBlockStop": {"contentBlockIndex": index}}),
        (0.0, {"messageStop": stop}),
        (0.0, {"metadata": {name: members[name] for name in metadata if name in members}}),
    ]


def _thinking(thought: str | None) -> list[Params]:
    if thought is None:
        return []
    return [
        _delta(0, {"reasoningContent": {"text": thought}}),
        _delta(0, {"reasoningContent": {"signature": _SIGNATURE}}),
        {"contentBlockStop": {"contentBlockIndex": 0}},
    ]


def _delta(index: int, delta: dict[str, Any]) -> Params:
    return {"contentBlockDelta": {"delta": delta, "contentBlockIndex": index}}
