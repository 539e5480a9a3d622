"""Whether a call has tokens left: throttled above the quota, and in standard latency above the optimized one.

User Guide: quotas-runtime (a quota for each model, Region, and way: on demand, through a cross-Region profile, custom
model deployments; the tiers share it), quotas-token-burndown (what is taken and given back),
latency-optimized-inference ("we will attempt to serve the request with Standard latency"). Provisioned Throughput has
no quota of tokens, and what a job asks a model for takes none of its account's (of evaluations an ASSUMPTION).
"""

from bedrock_simulator import errors
from bedrock_simulator.catalog import limits, tokens
from bedrock_simulator.runtime.burndown import Reservation
from bedrock_simulator.runtime.call import Call
from bedrock_simulator.runtime.latency import Timing
from bedrock_simulator.runtime.question import Question

_WAYS = {
    "model": tokens.ON_DEMAND,
    "system": tokens.CROSS_REGION,
    "application": tokens.CROSS_REGION,
    "deployment": tokens.DEPLOYMENT,
}


def admit(call: Call, asked: Question, mode: str) -> tuple[str, Reservation]:
    """The mode that can be served, with the tokens held for it; ThrottlingException without tokens left."""
    most = limits.of(call.target.model)
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
    model, way = call.target.model.id, _WAYS.get(call.target.through)
    quota = call.account, call.region, model, way, mode
    return call.burndown.reserve(quota, wanted, _limit(call, mode, way), call.now)


def _limit(call: Call, mode: str, way: str | None) -> int | None:
    if way is None or call.of_job:
        return None
    quotas, model = call.settings.quotas, call.target.model.id
    if mode == "optimized":
        return quotas.tokens.granted(mode, call.region, model)
    return tokens.granted(quotas, call.region, model, way)


def release(call: Call, held: Reservation, taken: int, given: int, timing: Timing) -> None:
    """Gives back what an answer of so many tokens did not use, once its caller has it."""
    used = taken + given * limits.of(call.target.model).burndown
    call.burndown.settle(held, used, call.seconds(timing.total))
