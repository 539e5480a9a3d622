"""Authorizes every Bedrock call on each resource that it names.

AWS: the Service Authorization Reference lists resource types per action; a call through an inference profile is
    checked on the profile and, with `bedrock:InferenceProfileArn`, on the foundation model in every Region it may
    go to; a role that is passed needs `iam:PassRole`, tags at creation `bedrock:TagResource`; `Converse` is authorized
    as `InvokeModel`.
ministack: checks the control plane on `*` and does not check the runtime.
Patch: `local.emulator.bedrock_access` lists the checks of a call. ministack checks the first resource; the others
    are checked after it, and so is what `following` adds for any service. A refusal names the refused resource.
    `aws:ResourceTag` sees Bedrock's tags. `ssm:GetParametersByPath` is checked on its path, not on `*`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import tagging

from local.emulator import bedrock_access
from local.emulator.hooks.parsed_policies import one_request
from local.emulator.iam_check import Check

Following = Callable[[str, str, str], Iterable[Check]]
"""What an action on a resource in a Region is checked on too."""

_NO_KEYS: Mapping[str, str | list[str]] = {}
_further: ContextVar[tuple[Check, ...]] = ContextVar("further_checks", default=())
_access_key: ContextVar[str] = ContextVar("access_key", default="")
_refused: ContextVar[Check | None] = ContextVar("refused_check", default=None)
_own_keys: ContextVar[Mapping[str, str | list[str]]] = ContextVar("keys_of_the_first_check", default=_NO_KEYS)


def add_checks(*checks: Check) -> None:
    """Adds checks that the current request must pass."""
    _further.set(_further.get() + checks)


def set_keys(keys: Mapping[str, str | list[str]]) -> None:
    """Sets the condition keys of the current request's own check."""
    _own_keys.set(keys)


def _folder(body: bytes) -> str:
    """Returns the path of GetParametersByPath, the only request to SSM with one."""
    try:
        asked = json.loads(body)
    except ValueError:
        return ""
    return str(asked.get("Path", "")) if isinstance(asked, dict) else ""


def current_access_key() -> str:
    """Returns the access key of the current request, also for work after its response; empty if there is none."""
    return _access_key.get()


def install(simulator: Any, *following: Following) -> None:
    """Wraps the four places where ministack authorizes a request."""
    enforce = iam_evaluator.enforce
    action_of = iam_actions.extract_iam_action
    resource_of = iam_actions.extract_resource_arn
    refuse = iam_actions.access_denied_response
    tags_of = tagging.resource_tags

    def extract_iam_action(service: str, method: str, *request: Any) -> str | None:
        _further.set(())
        _refused.set(None)
        _own_keys.set(_NO_KEYS)
        if service in bedrock_access.SERVICES:
            return bedrock_access.action(service, method)
        return action_of(service, method, *request)  # type: ignore[no-any-return]  # ministack has no types

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *request: Any) -> str:
        if service in bedrock_access.SERVICES:
            first, *others = bedrock_access.checks(simulator, service, method, body)
            add_checks(*others)
            _own_keys.set(first.keys)
            return first.resource
        if service == "ssm" and (folder := _folder(body)):
            return f"arn:aws:ssm:{get_region()}:{get_account_id()}:parameter{folder}"
        return resource_of(service, method, path, headers, body, *request)  # type: ignore[no-any-return]  # as above

    def enforce_all(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        _access_key.set(access_key)
        more = (check for asked in following for check in asked(action, resource_arn, region))
        checks, given = (*_further.get(), *more), service_context or {}
        first = {**given, **_own_keys.get()}
        _further.set(())
        _own_keys.set(_NO_KEYS)
        with one_request():
            denied = enforce(access_key, action, service, region, resource_arn, first)
            for check in checks:
                if denied:
                    break
                keys = {**given, **check.keys}
                denied = enforce(access_key, check.action, check.service, region, check.resource, keys)
                _refused.set(check if denied else None)
        return denied

    def access_denied_response(service: str, action: str, principal: str, request_id: str, **options: Any) -> Any:
        if check := _refused.get():
            action, options["resource_arn"] = check.action, check.resource
        resource, by_resource = options.get("resource_arn", "*"), options.get("resource_policy_arn")
        if resource != "*" and not by_resource and not options.get("error_code"):
            options["message"] = iam_actions.identity_denial_message(
                action, principal, resource, bool(options.get("explicit_deny"))
            )
        return refuse(service, action, principal, request_id, **options)

    def resource_tags(arn: str) -> dict[str, str] | None:
        if arn.startswith("arn:aws:bedrock:"):
            return bedrock_access.tags(simulator, arn)
        return tags_of(arn)  # type: ignore[no-any-return]  # as above

    iam_evaluator.enforce = enforce_all
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.access_denied_response = access_denied_response
    tagging.resource_tags = resource_tags
