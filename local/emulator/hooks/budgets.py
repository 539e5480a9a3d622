"""Adds budgets to CloudFormation.

AWS: `AWS::Budgets::Budget`; a budget is global to the account.
ministack: has the Budgets API, but not the type. ActualSpend is always 0 and nobody is notified.
Patch: the type is registered, and calls that API. An unnamed budget takes its name from stack and Region.
"""

from typing import Any

from ministack.core.responses import get_region
from ministack.services import budgets
from ministack.services.cloudformation import provisioners

BUDGET = "AWS::Budgets::Budget"

Properties = dict[str, Any]


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, Any]]:
    budget = {"BudgetName": f"{stack}-{logical_id}-{get_region()}", **properties["Budget"]}
    if limit := budget.get("BudgetLimit"):
        budget["BudgetLimit"] = {**limit, "Amount": str(limit["Amount"])}
    subscribers = properties.get("NotificationsWithSubscribers")
    status, _headers, body = budgets._create_budget({"Budget": budget, "NotificationsWithSubscribers": subscribers})
    if status >= 400:
        raise ValueError(body.decode())
    return budget["BudgetName"], {}


def _update(name: str, old: Properties, new: Properties, stack: str) -> tuple[str, dict[str, Any]]:
    _delete(name, old)
    return _create(name, {**new, "Budget": {**new["Budget"], "BudgetName": name}}, stack)


def _delete(name: str, _properties: Properties) -> None:
    budgets._delete_budget({"BudgetName": name})


def install() -> None:
    """Registers the type."""
    provisioners._RESOURCE_HANDLERS[BUDGET] = {"create": _create, "update": _update, "delete": _delete}
