"""AWS RAM shares custom models with accounts of the organization.

AWS: a model is shared by CreateResourceShare, for accounts of one organization alone, and only where its base can be
    shared (https://docs.aws.amazon.com/bedrock/latest/userguide/share-model.html); who shares needs
    `bedrock:PutResourcePolicy` on the model as well, and who ends that `bedrock:DeleteResourcePolicy`
    (share-model-prereq). Within an organization nobody accepts an invitation. Conditions:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsresourceaccessmanagerram.html.
    An encrypted model is copied only if the policy of its key admits the other account.
ministack: has no such service, and asks no policy of a key of another account.
Patch: Create, Get, Associate-, Disassociate- and DeleteResourceShare of custom models answer; the simulator asks here
    what is shared. All accounts are of one organization but `STRANGER`. A share is ACTIVE at once. What AWS answers
    for a model that cannot be shared is not documented: here InvalidParameterException.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

import ministack.app as app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import kms

from bedrock_simulator.catalog import supported_models
from local.emulator import foreign
from local.emulator.hooks import access
from local.emulator.hooks.bedrock import Answer
from local.emulator.iam_check import Check
from local.emulator.simulator import Simulator, ask

SERVICE = "ram"
STRANGER = "9" * 12
"""The account that belongs to another organization."""
_ACTIONS = {
    "/createresourceshare": "CreateResourceShare",
    "/getresourceshares": "GetResourceShares",
    "/associateresourceshare": "AssociateResourceShare",
    "/disassociateresourceshare": "DisassociateResourceShare",
    "/deleteresourceshare": "DeleteResourceShare",
}
_TYPE = "bedrock:CustomModel"
_shares: dict[str, dict[str, Any]] = {}
"""The shares of all accounts by ARN, deleted ones too."""


class RefusedError(Exception):
    """A request that RAM refuses. Its arguments are the error's code and message."""


class AccountShares:
    """What the accounts share, as the simulator asks for it."""

    def shared_with(self, account: str) -> list[str]:
        """Returns the ARNs of the models that other accounts share with the account."""
        active = [share for share in _shares.values() if share["status"] == "ACTIVE"]
        return [arn for share in active if account in share["principals"] for arn in share["resourceArns"]]


def reset() -> None:
    """Forgets every share."""
    _shares.clear()


def _view(share: dict[str, Any]) -> dict[str, Any]:
    hidden = ("principals", "resourceArns")
    return {name: value for name, value in share.items() if name not in hidden}


def _share(asked: dict[str, Any]) -> dict[str, Any]:
    """Returns the caller's share that a request names."""
    share = _shares.get(asked.get("resourceShareArn", ""))
    if share is None or share["owningAccountId"] != get_account_id() or share["status"] != "ACTIVE":
        raise RefusedError("UnknownResourceException", "The specified resource share could not be found.")
    return share


def _check(simulator: Simulator, resources: list[str], principals: list[str], *, external: bool) -> None:
    for principal in principals:
        if principal == STRANGER and external:
            raise RefusedError("OperationNotPermittedException", f"{_TYPE} can only be shared within an organization.")
        if principal == STRANGER:
            raise RefusedError(
                "OperationNotPermittedException",
                f"The account {principal} is not in your organization, and the share allows no external principals.",
            )
        if not (principal.isdigit() and len(principal) == len(STRANGER)) or principal == get_account_id():
            raise RefusedError("InvalidParameterException", f"{principal} is not another account.")
    for arn in resources:
        _check_model(simulator, arn)


def _check_model(simulator: Simulator, arn: str) -> None:
    if ":custom-model/" not in arn or arn.split(":")[3:5] != [get_region(), get_account_id()]:
        raise RefusedError("InvalidParameterException", f"{arn} is not a custom model of this account and Region.")
    try:
        ask(simulator, "GET", f"/custom-models/{arn.replace('/', '%2F').replace(':', '%3A')}")
    except ValueError as error:
        raise RefusedError("UnknownResourceException", str(error)) from None
    variant = supported_models.VARIANTS[arn.split(":custom-model/")[1].rsplit("/", 1)[0]]
    if get_region() not in supported_models.SHARED_FROM.get(variant.id, ()):
        raise RefusedError("InvalidParameterException", f"Models customized from {variant.id} cannot be shared.")


def _create(simulator: Simulator, asked: dict[str, Any]) -> dict[str, Any]:
    resources, principals = asked.get("resourceArns", []), asked.get("principals", [])
    external = asked.get("allowExternalPrincipals", True)
    _check(simulator, resources, principals, external=external)
    arn = f"arn:aws:ram:{get_region()}:{get_account_id()}:resource-share/{uuid.uuid4()}"
    share = {
        "resourceShareArn": arn,
        "name": asked["name"],
        "owningAccountId": get_account_id(),
        "allowExternalPrincipals": external,
        "status": "ACTIVE",
        "tags": asked.get("tags", []),
        "featureSet": "STANDARD",
        "principals": principals,
        "resourceArns": resources,
    }
    _shares[arn] = share
    return {"resourceShare": _view(share), "clientToken": asked.get("clientToken", "")}


def _get(_simulator: Simulator, asked: dict[str, Any]) -> dict[str, Any]:
    owned = asked.get("resourceOwner") == "SELF"
    found = [
        share
        for share in _shares.values()
        if (share["owningAccountId"] == get_account_id()) == owned
        and (owned or get_account_id() in share["principals"])
        and share["resourceShareArn"].split(":")[3] == get_region()
        and asked.get("name", share["name"]) == share["name"]
        and asked.get("resourceShareStatus", share["status"]) == share["status"]
        and share["resourceShareArn"] in asked.get("resourceShareArns", [share["resourceShareArn"]])
        and all(_has(share, one) for one in asked.get("tagFilters", []))
    ]
    return {"resourceShares": [_view(share) for share in found]}


def _has(share: dict[str, Any], wanted: dict[str, Any]) -> bool:
    values = wanted.get("tagValues")
    tags = [tag for tag in share["tags"] if tag["key"] == wanted.get("tagKey")]
    return any(not values or tag["value"] in values for tag in tags)


def _associate(simulator: Simulator, asked: dict[str, Any]) -> dict[str, Any]:
    share, resources, principals = _share(asked), asked.get("resourceArns", []), asked.get("principals", [])
    _check(simulator, resources, principals, external=share["allowExternalPrincipals"])
    share["resourceArns"] = list(dict.fromkeys([*share["resourceArns"], *resources]))
    share["principals"] = list(dict.fromkeys([*share["principals"], *principals]))
    return {"resourceShareAssociations": [], "clientToken": asked.get("clientToken", "")}


def _disassociate(_simulator: Simulator, asked: dict[str, Any]) -> dict[str, Any]:
    share = _share(asked)
    for member in ("resourceArns", "principals"):
        share[member] = [each for each in share[member] if each not in asked.get(member, [])]
    return {"resourceShareAssociations": [], "clientToken": asked.get("clientToken", "")}


def _delete(_simulator: Simulator, asked: dict[str, Any]) -> dict[str, Any]:
    _share(asked)["status"] = "DELETED"
    return {"returnValue": True}


_OPERATIONS: dict[str, Callable[[Simulator, dict[str, Any]], dict[str, Any]]] = {
    "CreateResourceShare": _create,
    "GetResourceShares": _get,
    "AssociateResourceShare": _associate,
    "DisassociateResourceShare": _disassociate,
    "DeleteResourceShare": _delete,
}


def _asked(body: bytes, query: Any) -> dict[str, Any]:
    """Returns the parameters: of the body, and for a deletion of the query."""
    given = json.loads(body or b"{}")
    named = {name: value[0] if isinstance(value, list) else value for name, value in dict(query or {}).items()}
    return {**named, **given}


def _single(values: list[str]) -> str | list[str]:
    """Returns the value of a key: of several values, StringEquals admits none."""
    return values[0] if len(values) == 1 else values


def _authorized(action: str, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns the resource and the condition keys that IAM compares."""
    if action == "GetResourceShares":
        return "*", {}
    tags = {f"aws:RequestTag/{tag['key']}": tag["value"] for tag in asked.get("tags", [])}
    requested: dict[str, Any] = {
        **tags,
        **({"aws:TagKeys": [tag["key"] for tag in asked["tags"]]} if tags else {}),
        **({"ram:Principal": _single(asked["principals"])} if asked.get("principals") else {}),
    }
    if asked.get("resourceArns"):
        requested |= {"ram:ResourceArn": _single(asked["resourceArns"]), "ram:RequestedResourceType": _TYPE}
    if action == "CreateResourceShare":
        external = str(asked.get("allowExternalPrincipals", True)).lower()
        return "*", {**requested, "ram:RequestedAllowsExternalPrincipals": external}
    share = _shares.get(asked.get("resourceShareArn", ""), {"tags": [], "name": ""})
    own = {f"aws:ResourceTag/{tag['key']}": tag["value"] for tag in share["tags"]}
    return asked.get("resourceShareArn", "*"), {**requested, **own, "ram:ResourceShareName": share["name"]}


def install(simulator: Simulator) -> None:
    """Registers the service and what its requests are authorized on, and asks the policies of other accounts' keys."""
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    enforce = iam_evaluator.enforce

    async def handle_request(
        _method: str, path: str, _headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Answer:
        operation = _OPERATIONS.get(_ACTIONS.get(path.lower().rstrip("/"), ""))
        if operation is None:
            unknown: Answer = error_response_json("UnknownOperationException", f"RAM does not simulate {path}.")
            return unknown
        try:
            answer: Answer = json_response(operation(simulator, _asked(body, query)))
        except RefusedError as refused:
            code, message = refused.args
            answer = error_response_json(code, message)
        return answer

    def extract_iam_action(service: str, method: str, path: str, *request: Any) -> str | None:
        if service == SERVICE:
            return f"ram:{_ACTIONS.get(path.lower().rstrip('/'), 'Unknown')}"
        return action_of(service, method, path, *request)  # type: ignore[no-any-return]  # no types

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *request: Any) -> str:
        if service != SERVICE:
            return resource_of(service, method, path, headers, body, *request)  # type: ignore[no-any-return]  # no types
        action, asked = _ACTIONS.get(path.lower().rstrip("/"), ""), _asked(body, request[0] if request else {})
        resource, keys = _authorized(action, asked)
        access.set_keys(keys)
        if action == "CreateResourceShare":
            access.add_checks(*(Check("bedrock:PutResourcePolicy", "bedrock", arn) for arn in asked["resourceArns"]))
        if action == "DeleteResourceShare":
            shared = _shares.get(asked.get("resourceShareArn", ""), {"resourceArns": []})["resourceArns"]
            access.add_checks(*(Check("bedrock:DeleteResourcePolicy", "bedrock", arn) for arn in shared))
        return resource

    def enforce_keys(
        access_key: str, action: str, service: str, region: str, arn: str = "*", context: dict[str, Any] | None = None
    ) -> Any:
        denied = enforce(access_key, action, service, region, arn, context)
        if denied or not action.startswith("kms:") or ":key/" not in arn:
            return denied
        owner, where, ident = arn.split(":")[4], arn.split(":")[3], arn.rsplit("/", 1)[1]
        policy = (kms._keys.get_scoped(owner, where, ident) or {}).get("Policy")
        return foreign.refusal(access_key, action, arn, policy, context or {})

    router.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"^ram\."], "credential_scope": SERVICE}
    app.SERVICE_HANDLERS[SERVICE] = handle_request
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_evaluator.enforce = enforce_keys
