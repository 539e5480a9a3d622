"""Answers an inference request, whatever API it came by: latency mode, service tier, token quotas, model, latency.

Latency-optimized inference works through a system-defined profile only, in the Regions listed, and never for custom
models (User Guide, latency-optimized-inference, and the error message that a third party measured). Priority and Flex
are available per model (User Guide, model cards). Reserved is agreed with the account team, which no simulated account
has done.

User Guide: quotas-runtime (a quota for each model, Region and type of call: on demand, through a cross-Region profile,
custom model deployments; the tiers share it), quotas-token-burndown (what is reserved and returned),
latency-optimized-inference ("we will attempt to serve the request with Standard latency"). Provisioned Throughput has
no token quota, and calls of jobs use none of the account's (of evaluation jobs an ASSUMPTION).
"""

from dataclasses import dataclass

from bedrock_simulator import errors
from bedrock_simulator.catalog import model_limits, quotas
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.runtime import latency, prompt_cache
from bedrock_simulator.runtime.burndown import Reservation
from bedrock_simulator.runtime.call import RuntimeCall
from bedrock_simulator.runtime.generation import CONTENT_FILTERED, Completion, InferenceRequest, generate
from bedrock_simulator.runtime.latency import Timing
from bedrock_simulator.runtime.prompt_cache import NO_CACHE, CacheUse

_CALL_TYPES = {
    "model": quotas.ON_DEMAND,
    "system": quotas.CROSS_REGION,
    "application": quotas.CROSS_REGION,
    "deployment": quotas.DEPLOYMENT,
}
TimedText = tuple[float, str]


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """A completion with its usage. `mode` and `tier` are those that served it, None if the request named none."""

    model: Model
    request: InferenceRequest
    completion: Completion
    mode: str | None
    tier: str | None
    timing: Timing
    cache: CacheUse = NO_CACHE

    @property
    def used(self) -> tuple[int, int]:
        """Input tokens that were neither read from a cache nor written to it, and output tokens."""
        cached = self.cache.read + self.cache.write
        return max(0, self.request.tokens - cached), self.completion.tokens

    @property
    def metrics(self) -> dict[str, dict[str, int]]:
        """The metrics in the last chunk of a native stream."""
        metrics = {
            "inputTokenCount": self.used[0],
            "outputTokenCount": self.used[1],
            "invocationLatency": self.timing.total,
            "firstByteLatency": round(self.timing.first),
        }
        return {"amazon-bedrock-invocationMetrics": metrics}

    def pieces(self, most: int = 24) -> list[TimedText]:
        """The text as it is streamed: milliseconds after the previous piece, and a piece of one token or more.

        The first piece comes with the first token. The last one is empty and marks the end.
        """
        size = max(4, -(-len(self.completion.text) // most))
        parts = [self.completion.text[at : at + size] for at in range(0, len(self.completion.text), size)] or [""]
        pause = self.timing.rest / len(parts)
        return [(0.0 if at == 0 else pause, part) for at, part in enumerate(parts)] + [(pause, "")]


def run_inference(call: RuntimeCall, request: InferenceRequest, mode: str | None, tier: str | None) -> InferenceResult:
    """Answers a well-formed request.

    Args:
        call: The call with its target model.
        request: The prompt and its parameters.
        mode: The latency mode that the caller named, None for standard.
        tier: The service tier that the caller named, None for the default.

    Raises:
        ServiceError: The model is not available in the mode or tier, the prompt exceeds its context window, or no
            tokens are left of the quota.
    """
    model = call.target.model
    available, served_tier = latency_mode(call, mode or "standard"), service_tier(call, tier)
    _check_context_window(request, model)
    prompt_cache.check_checkpoints(request.checkpoints, model_limits.limits_of(model))
    available, reserved = reserve_tokens(call, request, available)
    completion = _answer(call, request)
    seed = call.settings.latency.seed
    timing = latency.timing(model.id, available, served_tier, completion.tokens, request.prompt.text, seed)
    result = InferenceResult(
        model, request, completion, mode and available, served_tier, timing, _cached(call, request)
    )
    release_tokens(call, reserved, result.used[0] + result.cache.write, result.used[1], timing)
    return result


def _answer(call: RuntimeCall, request: InferenceRequest) -> Completion:
    if call.filtered is not None:
        return Completion(call.filtered, CONTENT_FILTERED)
    return generate(request, call.target, call.teacher, call.settings.teacher.seed)


def _cached(call: RuntimeCall, request: InferenceRequest) -> CacheUse:
    """The use of the prompt cache. Batch inference has none (User Guide)."""
    caching = model_limits.limits_of(call.target.model).caching
    if caching is None or call.of_job:
        return NO_CACHE
    owner = call.account, call.region, call.target.model.id
    return call.cache.use(owner, request.checkpoints, caching.least, call.now)


def latency_mode(call: RuntimeCall, mode: str) -> str:
    """The latency mode to serve in, quotas aside; ValidationException if the model is not available in it."""
    if mode == "standard":
        return mode
    target = call.target
    first_day = target.model.optimized.get(call.region)
    allowed = call.settings.undocumented.optimized_application_profiles
    through = ("system", "application") if allowed else ("system",)
    if first_day is None or call.today < first_day or target.through not in through:
        raise errors.validation(
            f"Latency performance configuration is not supported for {target.model.id} in {call.region}"
        )
    return mode


def service_tier(call: RuntimeCall, tier: str | None) -> str | None:
    """The tier to serve in; ValidationException if the model is not available in it."""
    target = call.target
    available = {"default"} if target.hosted else {"default", *target.model.tiers}
    if tier is not None and tier not in available:
        raise errors.validation(f"The service tier {tier} is not supported for {target.model.id}.")
    return tier


def _check_context_window(request: InferenceRequest, model: Model) -> None:
    """Raises the message of each model family for an input above the context window, as users report it."""
    most = model_limits.limits_of(model).context
    if request.tokens <= most:
        return
    if model.provider == "Amazon":
        raise errors.ModelValidationError(
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try "
            "again."
        )
    if model.provider == "Meta":
        raise errors.ModelValidationError(
            f"This model's maximum context length is {most} tokens. Please reduce the length of the prompt"
        )
    raise errors.ModelValidationError("Input is too long for requested model.")


def reserve_tokens(call: RuntimeCall, request: InferenceRequest, mode: str) -> tuple[str, Reservation]:
    """Reserves tokens of a quota. Above the optimized quota a call is served in standard latency.

    Returns:
        The latency mode to serve in, and the reservation.

    Raises:
        ServiceError: ThrottlingException, if the standard quota is used up too.
    """
    limits = model_limits.limits_of(call.target.model)
    tokens = request.tokens + request.max_tokens
    if mode == "optimized" and (limits.optimized is None or tokens <= limits.optimized):
        reserved = _reserve(call, mode, tokens)
        if reserved:
            return mode, reserved
    reserved = _reserve(call, "standard", tokens)
    if reserved is None:
        raise errors.throttled("Too many tokens, please wait before trying again.")
    return "standard", reserved


def _reserve(call: RuntimeCall, mode: str, tokens: int) -> Reservation | None:
    model, call_type = call.target.model.id, _CALL_TYPES.get(call.target.through)
    quota = call.account, call.region, model, call_type, mode
    return call.burndown.reserve(quota, tokens, _limit(call, mode, call_type), call.now)


def _limit(call: RuntimeCall, mode: str, call_type: str | None) -> int | None:
    if call_type is None or call.of_job:
        return None
    granted, model = call.settings.quotas, call.target.model.id
    if mode == "optimized":
        return granted.tokens.limit(mode, call.region, model)
    return quotas.token_quota(granted, call.region, model, call_type)


def release_tokens(
    call: RuntimeCall, reserved: Reservation, input_tokens: int, output_tokens: int, timing: Timing
) -> None:
    """Returns the tokens that a completion did not use, once its caller has it."""
    used = input_tokens + output_tokens * model_limits.limits_of(call.target.model).burndown
    call.burndown.settle(reserved, used, call.seconds(timing.total))
