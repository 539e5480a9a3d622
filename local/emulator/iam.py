"""Decides whether a role or a service may do something, with ministack's own policy evaluator.

Used where ministack acts for somebody without asking: Bedrock reading S3 under a job's role, a state
machine invoking a Lambda, a rule delivering to its target.
"""

import json
from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam as iam_service

from local.emulator.kms import Conditions, key_uses

_SESSION = "local"
_EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def role_name(role_arn: str) -> str:
    """Returns the last part of a role's ARN, without its path."""
    return role_arn.rsplit("/", 1)[-1]


def session_arn(role_arn: str) -> str:
    """Returns the ARN of a service's session in a role."""
    return f"arn:aws:sts::{role_arn.split(':')[4]}:assumed-role/{role_name(role_arn)}/{_SESSION}"


def _context(principal: str, account: str, action: str, resource: str, keys: dict[str, Any]) -> iam.EvalContext:
    return iam.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={key.lower(): value for key, value in keys.items()},
    )


def role_may(role_arn: str, action: str, resource: str, keys: Conditions | None = None) -> bool:
    """Whether the role's policies, its boundary and the resource's own policy allow the action."""
    account, name = role_arn.split(":")[4], role_name(role_arn)
    ctx = _context(session_arn(role_arn), account, action, resource, keys or {})
    limits = iam._permissions_boundary(iam_service._roles, name, account)
    result = iam.evaluate(ctx, iam._gather_role_policies(name, account), *limits)
    service = action.split(":", 1)[0]
    if (found := iam._resource_policy(service, resource)) is not None:
        required = service in iam._POLICY_REQUIRED
        result = iam.combine_resource_policy(result, ctx, *found, required=required, limits=limits)
    return bool(result.decision == "Allow")


def role_refusal(role_arn: str, action: str, resource: str, keys: Conditions | None = None) -> str | None:
    """Returns the message of IAM's refusal; None if the role may do it, and may use the key of the resource."""
    if not role_may(role_arn, action, resource, keys):
        return _refused(role_arn, action, resource)
    for use in key_uses(action, resource, get_region()):
        if not role_may(role_arn, use.action, use.key, use.conditions):
            return _refused(role_arn, use.action, use.key)
    return None


def _refused(role_arn: str, action: str, resource: str) -> str:
    return (
        f"User: {session_arn(role_arn)} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def _statements(document: str | dict[str, Any] | None) -> list[dict[str, Any]]:
    parsed = json.loads(document) if isinstance(document, str) and document else document or {}
    statements = parsed.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _names(principal: Any, service: str) -> bool:
    return principal in _EVERYBODY or bool(iam._service_principal_matches(principal, service))


def service_admitted(
    document: str | dict[str, Any] | None, service: str, action: str, resource: str, keys: Conditions
) -> bool:
    """Whether the policy of a resource or of a role allows a service to act."""
    ctx = _context(service, get_account_id(), action, resource, keys)
    effects = {
        statement["Effect"]
        for statement in _statements(document)
        if _names(statement.get("Principal"), service)
        and iam._action_matches(action, _listed(statement.get("Action")), _listed(statement.get("NotAction")))
        and ("Resource" not in statement or iam._resource_matches(resource, _listed(statement["Resource"]), []))
        and iam._conditions_met(statement.get("Condition", {}), ctx)
    }
    return effects == {"Allow"}


def source(arn: str) -> Conditions:
    """Returns the condition keys of a service that acts for a resource of this account."""
    return {"aws:SourceArn": arn, "aws:SourceAccount": get_account_id(), "aws:SourceOwner": get_account_id()}


def service_may(service: str, action: str, resource: str, keys: Conditions) -> bool:
    """Whether the policy of a Lambda function, queue, topic or key allows a service."""
    found = iam._resource_policy(action.split(":", 1)[0], resource)
    return found is not None and service_admitted(found[0], service, action, resource, keys)


def service_may_assume(service: str, role_arn: str, *, source_arn: str | None) -> bool:
    """Whether a role exists and trusts a service that acts for `source_arn`, or for no source."""
    role = iam_service._roles.get_scoped(role_arn.split(":")[4], None, role_name(role_arn))
    if role is None:
        return False
    trusted, keys = role["AssumeRolePolicyDocument"], source(source_arn) if source_arn else Conditions()
    return service_admitted(trusted, service, "sts:AssumeRole", role_arn, keys)
