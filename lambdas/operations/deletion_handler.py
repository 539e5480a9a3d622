"""The Lambda handlers of requests that delete what a recipe has. Each is called by its own function URL, which
identifies the caller (`distillery/core/decisions.py`).
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.boundary import boundary
from distillery.core.decisions import handle_decision
from lambdas.operations.prune import Pruner, PruneRequest
from lambdas.operations.retire import Retirement, RetireRequest


@boundary()
def prune(event: Mapping[str, Any], context: object) -> Any:
    """Lists a recipe's models, and deletes those that a person confirmed, for a `PruneRequest` by the URL."""
    return handle_decision(event, context, PruneRequest, lambda request, by: Pruner.of_environment().prune(request, by))


@boundary()
def retire(event: Mapping[str, Any], context: object) -> Any:
    """Deletes a recipe's alias, endpoints and, if asked, models, for a `RetireRequest` by the URL."""
    return handle_decision(
        event, context, RetireRequest, lambda request, by: Retirement.of_environment().retire(request, by)
    )
