"""In which latency mode and in which service tier a call may be served.

Latency-optimized inference works only through a system profile, in the Regions listed, and never for custom models
(User Guide, latency-optimized-inference, and a third party's measured error sentence). Priority and Flex are offered
per model (User Guide, model cards); Reserved is agreed with the account team, which no simulated account has done.
"""

from bedrock_simulator import errors
from bedrock_simulator.runtime.call import Call


def latency(call: Call, asked: str) -> str:
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


def tier(call: Call, asked: str | None) -> str | None:
    """The tier to serve in; ValidationException where the model is not offered in it."""
    target = call.target
    offered = {"default"} if target.hosted else {"default", *target.model.tiers}
    if asked is not None and asked not in offered:
        raise errors.validation(f"The service tier {asked} is not supported for {target.model.id}.")
    return asked
