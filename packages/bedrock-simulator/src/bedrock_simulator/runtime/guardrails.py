"""Guardrails are accepted where they could exist, and never intervene: the simulator has none to ask.

A guardrail is of the Region and account that is called (its users report the sentence for one of another Region).
"""

from bedrock_simulator import errors
from bedrock_simulator.runtime.call import Call, Params

_NONE = "The guardrail identifier or version provided in the request does not exist."


def check(call: Call, config: Params) -> None:
    """ValidationException for half a guardrail, or one that cannot be of this account and Region."""
    named, version = config.get("guardrailIdentifier"), config.get("guardrailVersion")
    if bool(named) != bool(version):
        raise errors.validation("The guardrail identifier and the guardrail version must be provided together.")
    here = f"arn:aws:bedrock:{call.region}:{call.account}:guardrail/"
    if named and named.startswith("arn:") and not named.startswith(here):
        raise errors.validation(_NONE)


def trace(config: Params) -> Params:
    """What a traced guardrail that did nothing says."""
    traced = config.get("guardrailIdentifier") and config.get("trace", "disabled") != "disabled"
    return {"guardrail": {"actionReason": "No action."}} if traced else {}
