"""Converse: who answers, in which latency mode and tier, and what it would have taken.

Latency-optimized inference works only through a system profile, in the Regions listed, and never for custom
models (User Guide, latency-optimized-inference, and a third party's measured error sentence). Time is modelled
(`latency.py`), never slept. Tokens are counted as characters divided by four.
"""

from collections.abc import Callable

from local.bedrock import errors
from local.bedrock.learning import student, text
from local.bedrock.runtime import latency
from local.bedrock.runtime.call import Call, Outcome, Params
from local.bedrock.runtime.targets import Target

Answer = Callable[[text.Prompt], str]
NOT_SIMULATED = ("toolConfig", "guardrailConfig", "promptVariables", "outputConfig")


def converse(call: Call) -> Outcome:
    """One answer with its usage and modelled latency."""
    params, target = call.params, call.target
    _simulated(params)
    mode = _mode(call)
    tier = _tier(params, target)
    prompt = _prompt(params)
    said, stop = _cut(_answer(target, prompt, call.teacher), params)
    used = text.tokens(prompt.system) + text.tokens(prompt.text), text.tokens(said)
    asked = params.get("performanceConfig")
    taken = latency.milliseconds(target.model.id, mode, tier, used[1], prompt.text)
    members = {
        "output": {"message": {"role": "assistant", "content": _blocks(said, target)}},
        "stopReason": stop,
        "usage": {"inputTokens": used[0], "outputTokens": used[1], "totalTokens": sum(used)},
        "metrics": {"latencyMs": taken},
        **({"performanceConfig": {"latency": mode}} if asked else {}),
        **({"serviceTier": {"type": tier}} if tier else {}),
    }
    return Outcome(members, delay=taken / 1000 * call.latency.scale)


def _simulated(params: Params) -> None:
    for name in NOT_SIMULATED:
        if name in params:
            raise errors.validation(f"The local Bedrock does not simulate {name}.")
    for message in params.get("messages", []):
        for block in message["content"]:
            if "text" not in block:
                raise errors.validation(f"The local Bedrock takes text only, not {', '.join(block)}.")
    if not params.get("messages") or params["messages"][-1]["role"] != "user":
        raise errors.validation("A conversation must end with a user message. Try again with one that does.")


def _mode(call: Call) -> str:
    target, region = call.target, call.region
    mode: str = call.params.get("performanceConfig", {}).get("latency", "standard")
    if mode == "standard":
        return mode
    since = target.model.optimized.get(region)
    through = ("system", "application") if call.faults.optimized_application_profiles else ("system",)
    if since is None or call.today < since or target.through not in through:
        raise errors.validation(f"Latency performance configuration is not supported for {target.model.id} in {region}")
    return mode


def _tier(params: Params, target: Target) -> str | None:
    tier: str | None = params.get("serviceTier", {}).get("type")
    offered = {"default"} if target.custom else {"default", *target.model.tiers}
    if tier is not None and tier not in offered:
        raise errors.validation(f"The service tier {tier} is not supported for {target.model.id}.")
    return tier


def _prompt(params: Params) -> text.Prompt:
    system = " ".join(block["text"] for block in params.get("system", []) if "text" in block)
    turns = ["\n".join(block["text"] for block in message["content"]) for message in params["messages"]]
    return text.Prompt(system, "\n".join(turns))


def _answer(target: Target, prompt: text.Prompt, teacher: Answer) -> str:
    if target.custom:
        return target.custom.student.answer(prompt.text)
    return teacher(prompt) if target.model.strong else student.untrained(prompt)


def _cut(said: str, params: Params) -> tuple[str, str]:
    most = params.get("inferenceConfig", {}).get("maxTokens")
    if most is not None and text.tokens(said) > most:
        return said[: most * text.CHARACTERS_PER_TOKEN], "max_tokens"
    return said, "end_turn"


def _blocks(said: str, target: Target) -> list[Params]:
    spoken: list[Params] = [{"text": said}]
    if target.model.reasons_aloud and target.custom is None:
        thought = {"reasoningContent": {"reasoningText": {"text": "A stand-in does not reason.", "signature": "none"}}}
        return [thought, *spoken]
    return spoken
