"""Put, Get and DeleteResourcePolicy of custom models that can be shared.

The service accepts a policy of a custom model only where the model can be shared (`supported_models.SHARED_FROM`).
Guardrails have policies too and are not simulated. A policy is stored without effect: AWS RAM does the sharing. The
checks of its text beyond the service's model (a JSON object whose statements name who may do what) are the simulator's.
"""

from typing import Any

from bedrock_simulator import errors, json_text, records
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params


def put(call: ControlPlaneCall) -> Params:
    """Creates or overwrites the policy."""
    arn = call.params["resourceArn"]
    if arn not in call.resources.models:
        raise errors.validation(f"{arn} is not a custom model of this account and Region.")
    base = supported_models.VARIANTS[records.base_id(call.resources.models[arn])]
    if call.region not in supported_models.SHARED_FROM.get(base.id, ()):
        raise errors.validation(f"Models customized from {base.id} cannot be shared from {call.region}.")
    _check(call.params["resourcePolicy"], arn)
    call.resources.policies[arn] = call.params["resourcePolicy"]
    return {"resourceArn": arn}


def _check(text: str, arn: str) -> None:
    try:
        policy: Any = json_text.parse(text)
    except ValueError:
        raise errors.validation("The resource policy is not JSON.") from None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise errors.validation("The resource policy has no Statement.")
    for statement in statements:
        missing = {"Effect", "Principal", "Action"} - set(statement if isinstance(statement, dict) else ())
        if missing:
            raise errors.validation(f"A statement of the resource policy has no {', '.join(sorted(missing))}.")
        if statement.get("Resource", arn) not in (arn, [arn]):
            raise errors.validation(f"A statement of the resource policy must be about {arn}.")


def get(call: ControlPlaneCall) -> Params:
    """Returns the policy as it was put."""
    return {"resourcePolicy": _found(call)}


def delete(call: ControlPlaneCall) -> Params:
    """Deletes the policy."""
    _found(call)
    del call.resources.policies[call.params["resourceArn"]]
    return {}


def _found(call: ControlPlaneCall) -> str:
    policy = call.resources.policies.get(call.params["resourceArn"])
    if policy is None:
        raise errors.not_found(f"{call.params['resourceArn']} has no resource policy.")
    return policy
