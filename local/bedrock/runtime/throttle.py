"""Whether a call has tokens left: throttled above the quota, and in standard latency above the optimized one.

User Guide: quotas-runtime (a quota for each model, Region, and way: on demand, through a cross-Region profile, custom
model deployments; the tiers share it), quotas-token-burndown (what is taken and given back),
latency-optimized-inference ("we will attempt to serve the request with Standard latency"). Provisioned Throughput has
no quota of tokens.
"""

from local.bedrock import errors
from local.bedrock.offer import limits
from local.bedrock.runtime.burndown import Reservation
from local.bedrock.runtime.call import Call
from local.bedrock.runtime.latency import Timing
from local.bedrock.runtime.question import Question

_WAYS = {"model": "on demand", "system": "cross-Region", "application": "cross-Region", "deployment": "deployment"}


def admit(call: Call, asked: Question, mode: str) -> tuple[str, Reservation]:
    """The mode that can be served, with the tokens held for it; ThrottlingException without tokens left."""
    most = limits.of(call.target.model)
    tokens = asked.tokens + asked.most
    if mode == "optimized" and (most.optimized is None or tokens <= most.optimized):
        held = _reserve(call, mode, tokens)
        if held:
            return mode, held
    held = _reserve(call, "standard", tokens)
    if held is None:
        raise errors.throttled("Too many tokens, please wait before trying again.")
    return "standard", held


def _reserve(call: Call, mode: str, tokens: int) -> Reservation | None:
    model, through = call.target.model.id, call.target.through
    limit = call.settings.quotas.tokens.granted(mode, call.region, model) if through in _WAYS else None
    quota = call.account, call.region, model, _WAYS.get(through), mode
    return call.burndown.reserve(quota, tokens, limit, call.now)


def release(call: Call, held: Reservation, taken: int, given: int, timing: Timing) -> None:
    """Gives back what an answer of so many tokens did not use, once its caller has it."""
    used = taken + given * limits.of(call.target.model).burndown
    call.burndown.settle(held, used, call.seconds(timing.total))
