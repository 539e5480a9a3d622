"""Requests of one account on a resource of another: the resource's own policy must admit them too."""

from typing import Any

from ministack.core import iam_evaluator


def refusal(access_key: str, action: str, arn: str, policy: Any, context: dict[str, Any]) -> Any:
    """Returns the refusal of a caller of another account that the policy does not admit; None for any other."""
    caller = iam_evaluator.resolve_caller_identity(access_key)
    if caller is None or caller["accountId"] == arn.split(":")[4]:
        return None
    region, principal = arn.split(":")[3], caller["userArn"]
    ctx = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type=_kind(principal),
        principal_account=caller["accountId"],
        action=action,
        resource_arn=arn,
        region=region,
        service_context={key.lower(): value for key, value in context.items()},
    )
    if iam_evaluator.evaluate_resource_policy(policy, ctx).decision == "Allow":
        return None
    return iam_evaluator.EvalResult("ImplicitDeny", principal_arn=principal)


def _kind(principal: str) -> str:
    """Returns ministack's name of the kind of principal."""
    if principal.endswith(":root"):
        return "Root"
    return "AssumedRole" if ":assumed-role/" in principal else "User"
