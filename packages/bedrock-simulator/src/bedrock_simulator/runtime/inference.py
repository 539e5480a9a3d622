"""What a model is asked whatever the API, and what it answers.

How every API has its question answered: what the model can take, in which mode and tier, and how long it takes.

In which latency mode and in which service tier a call may be served.

Latency-optimized inference works only through a system profile, in the Regions listed, and never for custom models
(User Guide, latency-optimized-inference, and a third party's measured error sentence). Priority and Flex are offered
per model (User Guide, model cards); Reserved is agreed with the account team, which no simulated account has done.

Whether a call has tokens left: throttled above the quota, and in standard latency above the optimized one.

User Guide: quotas-runtime (a quota for each model, Region, and way: on demand, through a cross-Region profile, custom
model deployments; the tiers share it), quotas-token-burndown (what is taken and given back),
latency-optimized-inference ("we will attempt to serve the request with Standard latency"). Provisioned Throughput has
no quota of tokens, and what a job asks a model for takes none of its account's (of evaluations an ASSUMPTION).
"""

from collections.abc import Callable
from dataclasses import dataclass

from bedrock_simulator import errors
from bedrock_simulator.catalog import model_limits, quotas
from bedrock_simulator.catalog.models import Model
from bedrock_simulator.models import student, text
from bedrock_simulator.runtime import latency
from bedrock_simulator.runtime.burndown import Reservation
from bedrock_simulator.runtime.call import Call, Target
from bedrock_simulator.runtime.latency import Timing

REASONING = "A stand-in does not reason."


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A prompt, the most tokens its answer may have, and what ends it."""

    prompt: text.Prompt
    most: int
    stops: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """The tokens of the input: characters divided by four."""
        return text.tokens(self.prompt.system) + text.tokens(self.prompt.text)


@dataclass(frozen=True, slots=True)
class Completion:
    """What was said and why it ended there: `end_turn`, `max_tokens`, or `stop_sequence` with the sequence met."""

    said: str
    ended: str = "end_turn"
    met: str | None = None
    thought: str | None = None

    @property
    def tokens(self) -> int:
        """The tokens of the output; a stand-in's thought costs nothing."""
        return text.tokens(self.said)


def generate(question: InferenceRequest, target: Target, teacher: Callable[[text.Prompt], str]) -> Completion:
    """The custom model's answer, the teacher's in the place of a strong model, or an untrained student's guess."""
    said, ended, met = _truncate(_generated_text(question.prompt, target, teacher), question)
    aloud = target.model.reasons_aloud and target.custom is None
    return Completion(said, ended, met, REASONING if aloud else None)


def _generated_text(prompt: text.Prompt, target: Target, teacher: Callable[[text.Prompt], str]) -> str:
    if target.custom:
        return target.custom.student.answer(prompt.text)
    return teacher(prompt) if target.model.strong else student.untrained(prompt)


def _truncate(said: str, question: InferenceRequest) -> tuple[str, str, str | None]:
    found = [(said.index(stop), stop) for stop in question.stops if stop in said]
    end, met = min(found, default=(len(said), None))
    kept = said[:end]
    if text.tokens(kept) > question.most:
        return kept[: question.most * text.CHARACTERS_PER_TOKEN], "max_tokens", None
    return kept, "stop_sequence" if met else "end_turn", met


TimedText = tuple[float, str]


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """An answer with what it used. `mode` of latency and `tier` are as served, None where nothing was asked for."""

    model: Model
    question: InferenceRequest
    reply: Completion
    mode: str | None
    tier: str | None
    timing: latency.Timing

    @property
    def used(self) -> tuple[int, int]:
        """Input and output tokens."""
        return self.question.tokens, self.reply.tokens

    @property
    def metrics(self) -> dict[str, dict[str, int]]:
        """What the last chunk of a native stream tells of it."""
        told = {
            "inputTokenCount": self.used[0],
            "outputTokenCount": self.used[1],
            "invocationLatency": self.timing.total,
            "firstByteLatency": round(self.timing.first),
        }
        return {"amazon-bedrock-invocationMetrics": told}

    def pieces(self, most: int = 24) -> list[TimedText]:
        """The answer as it is generated: milliseconds after the one before, and a text of one token or more.

        The last piece is empty and stands for the end. The first is there with the first token.
        """
        size = max(4, -(-len(self.reply.said) // most))
        said = [self.reply.said[at : at + size] for at in range(0, len(self.reply.said), size)] or [""]
        pause = self.timing.rest / len(said)
        return [(0.0 if at == 0 else pause, piece) for at, piece in enumerate(said)] + [(pause, "")]


def run_inference(call: Call, asked: InferenceRequest, mode: str | None, tier: str | None) -> InferenceResult:
    """The answer to a question that the API has found well formed."""
    model = call.target.model
    allowed, served_tier = latency_mode(call, mode or "standard"), service_tier(call, tier)
    _check_context_window(asked, model)
    allowed, held = reserve_tokens(call, asked, allowed)
    reply = generate(asked, call.target, call.teacher)
    taken = latency.timing(model.id, allowed, served_tier, reply.tokens, asked.prompt.text, call.settings.latency.seed)
    served = InferenceResult(model, asked, reply, mode and allowed, served_tier, taken)
    release_tokens(call, held, *served.used, taken)
    return served


def _check_context_window(asked: InferenceRequest, model: Model) -> None:
    """The sentence of each family for an input above the context window, as its users report it."""
    most = model_limits.limits_of(model).context
    if asked.tokens <= most:
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


def latency_mode(call: Call, asked: str) -> str:
    """The mode to serve in, before any quota; ValidationException where the model is not offered in it."""
    if asked == "standard":
        return asked
    target = call.target
    since = target.model.optimized.get(call.region)
    allowed = call.settings.undocumented.optimized_application_profiles
    through = ("system", "application") if allowed else ("system",)
    if since is None or call.today < since or target.through not in through:
        raise errors.validation(
            f"Latency performance configuration is not supported for {target.model.id} in {call.region}"
        )
    return asked


def service_tier(call: Call, asked: str | None) -> str | None:
    """The tier to serve in; ValidationException where the model is not offered in it."""
    target = call.target
    offered = {"default"} if target.hosted else {"default", *target.model.tiers}
    if asked is not None and asked not in offered:
        raise errors.validation(f"The service tier {asked} is not supported for {target.model.id}.")
    return asked


_CALL_TYPES = {
    "model": quotas.ON_DEMAND,
    "system": quotas.CROSS_REGION,
    "application": quotas.CROSS_REGION,
    "deployment": quotas.DEPLOYMENT,
}


def reserve_tokens(call: Call, asked: InferenceRequest, mode: str) -> tuple[str, Reservation]:
    """The mode that can be served, with the tokens held for it; ThrottlingException without tokens left."""
    most = model_limits.limits_of(call.target.model)
    wanted = asked.tokens + asked.most
    if mode == "optimized" and (most.optimized is None or wanted <= most.optimized):
        held = _reserve(call, mode, wanted)
        if held:
            return mode, held
    held = _reserve(call, "standard", wanted)
    if held is None:
        raise errors.throttled("Too many tokens, please wait before trying again.")
    return "standard", held


def _reserve(call: Call, mode: str, wanted: int) -> Reservation | None:
    model, way = call.target.model.id, _CALL_TYPES.get(call.target.through)
    quota = call.account, call.region, model, way, mode
    return call.burndown.reserve(quota, wanted, _limit(call, mode, way), call.now)


def _limit(call: Call, mode: str, way: str | None) -> int | None:
    if way is None or call.of_job:
        return None
    granted, model = call.settings.quotas, call.target.model.id
    if mode == "optimized":
        return granted.tokens.granted(mode, call.region, model)
    return quotas.token_quota(granted, call.region, model, way)


def release_tokens(call: Call, held: Reservation, taken: int, given: int, timing: Timing) -> None:
    """Gives back what an answer of so many tokens did not use, once its caller has it."""
    used = taken + given * model_limits.limits_of(call.target.model).burndown
    call.burndown.settle(held, used, call.seconds(timing.total))
