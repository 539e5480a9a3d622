"""Put, Get and DeleteResourcePolicy of custom models that may be shared.

The service takes a policy of a custom model only where the model may be shared (`travel.SHARED_FROM`); guardrails have
policies too and are not simulated. A policy is kept and told and changes nothing: sharing itself is RAM's. What is
checked of its text beyond the service's model (a JSON object whose statements name who may do what) is ours.
"""

import json
from typing import Any

from bedrock_simulator import errors, records
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.control_plane.call import Call, Params


def put(call: Call) -> Params:
    """Makes or overwrites the policy."""
    arn = call.params["resourceArn"]
    if arn not in call.estate.models:
        raise errors.validation(f"{arn} is not a custom model of this account and Region.")
    base = supported_models.VARIANTS[records.base_id(call.estate.models[arn])]
    if call.region not in supported_models.SHARED_FROM.get(base.id, ()):
        raise errors.validation(f"Models customized from {base.id} cannot be shared from {call.region}.")
    _check(call.params["resourcePolicy"], arn)
    call.estate.policies[arn] = call.params["resourcePolicy"]
    return {"resourceArn": arn}


def _check(text: str, arn: str) -> None:
    try:
        policy: Any = json.loads(text)
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


def get(call: Call) -> Params:
    """The policy as it was put."""
    return {"resourcePolicy": _found(call)}


def delete(call: Call) -> Params:
    """Deletes it."""
    _found(call)
    del call.estate.policies[call.params["resourceArn"]]
    return {}


def _found(call: Call) -> str:
    policy = call.estate.policies.get(call.params["resourceArn"])
    if policy is None:
        raise errors.not_found(f"{call.params['resourceArn']} has no resource policy.")
    return policy
