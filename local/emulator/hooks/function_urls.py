"""A function's URL leads into the account, needs both permissions, and passes the function the caller and
the alias.

AWS: with AuthType AWS_IAM the event contains the caller in `requestContext.authorizer.iam`, and nothing that was sent
    gets there (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html). The caller needs
    `lambda:InvokeFunctionUrl`, and `lambda:InvokeFunction`, for which alone `lambda:InvokedViaFunctionUrl` is true
    (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html).
    The context's `invoked_function_arn` names the alias, if that is what was invoked
    (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html).
    A caller of another account, root included, needs the function's own policy too
    (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html).
ministack: passes no caller and checks only the first. CloudFormation's FunctionUrl names a host of AWS,
    so that a request would leave this machine. By a URL at an alias the context names none.
    A function without a policy admits other accounts, and every function admits every root.
Patch: all five; the address is the one that ministack serves by path. (Not patched: `principalOrgId` is always null.)
"""

from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local.emulator import foreign
from local.emulator.iam_check import Check
from local.emulator.signer import signer

_BY_URL = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
VIA_URL = {"lambda:InvokedViaFunctionUrl": "true"}


def checks(action: str, resource: str, _region: str) -> Iterator[Check]:
    """Returns the checks of a call by URL besides `lambda:InvokeFunctionUrl`."""
    if action == "lambda:InvokeFunctionUrl":
        yield Check("lambda:InvokeFunction", "lambda", resource, VIA_URL)


def install(endpoint: str) -> None:
    """Completes the event, the address and the check of the caller's account."""
    build, attributes = lambda_svc._build_function_url_event, provisioners._lambda_url_attributes

    def build_function_url_event(
        url_id: str,
        account_id: str,
        region: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, list[str]],
        **options: Any,
    ) -> dict[str, Any]:
        event: dict[str, Any] = build(url_id, account_id, region, method, path, headers, body, query, **options)
        if not options.get("anonymous"):
            event["requestContext"]["authorizer"] = {"iam": _iam(headers, query)}
        return event

    def lambda_url_attributes(config: dict[str, Any]) -> dict[str, Any]:
        ident = lambda_svc._function_url_id(config["FunctionUrl"])
        return {**attributes(config), "FunctionUrl": f"{endpoint}/_aws/lambda-url/{ident}/"}

    find = lambda_svc._get_func_record_for_ref_in_scope

    def get_func_record_for_ref_in_scope(ref: str, **scope: Any) -> tuple[Any, Any, str]:
        record, config, name = find(ref, **scope)
        _, qualifier = lambda_svc._resolve_name_and_qualifier(ref)
        if config and qualifier:
            config = {**config, "FunctionArn": f"{_unqualified(config['FunctionArn'])}:{qualifier}"}
        return record, config, name

    enforce = iam_evaluator.enforce

    def enforce_accounts(
        access_key: str, action: str, service: str, region: str, arn: str = "*", context: dict[str, Any] | None = None
    ) -> Any:
        denied = enforce(access_key, action, service, region, arn, context)
        return denied or (_foreign(access_key, action, arn, context or {}) if action in _BY_URL else None)

    iam_evaluator.enforce = enforce_accounts
    lambda_svc._get_func_record_for_ref_in_scope = get_func_record_for_ref_in_scope
    lambda_svc._build_function_url_event = build_function_url_event
    provisioners._lambda_url_attributes = lambda_url_attributes


def _foreign(access_key: str, action: str, arn: str, context: dict[str, Any]) -> Any:
    """Returns the refusal of a caller of another account that the function's policy does not admit."""
    if not arn.startswith("arn:"):
        return None
    function = lambda_svc._functions.get_scoped(arn.split(":")[4], arn.split(":")[3], arn.split(":")[6]) or {}
    return foreign.refusal(access_key, action, arn, function.get("policy"), context)


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:7])


def _iam(headers: dict[str, str], query: dict[str, list[str]]) -> dict[str, str | None] | None:
    """Returns the caller in the form of the guide's example."""
    found = signer(headers, query)
    if found is None:
        return None
    return {
        "accessKey": found.key,
        "accountId": found.account,
        "callerId": found.id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": found.arn,
        "userId": found.id,
    }
