"""Requires a function's role to trust Lambda.

AWS: CreateFunction and UpdateFunctionConfiguration answer InvalidParameterValueException if the role does not trust
    `lambda.amazonaws.com` (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html); Lambda names
    no source when it assumes it. An invocation under a role that no longer trusts Lambda is refused with the same
    sentence; as AccessDeniedException here, which is not documented.
ministack: checks once whether the role exists.
Patch: trust is checked at creation, update and each invocation (AWS keeps a session for some time).
"""

import json
from typing import Any

import ministack.app as app
from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, stepfunctions

from local.emulator import iam
from local.emulator.hooks.resource_types import before

LAMBDA = "lambda.amazonaws.com"
UNTRUSTED = "The role defined for the function cannot be assumed by Lambda."


def _untrusted(role: str | None) -> bool:
    return bool(app.AUTH and role and not iam.service_may_assume(LAMBDA, role, source_arn=None))


def _check_template(properties: dict[str, Any], _ident: str, _stack: str) -> None:
    if _untrusted(properties.get("Role")):
        raise ValueError(f"{UNTRUSTED} (Service: Lambda, Status Code: 400)")


def install() -> None:
    """Checks roles when functions are created, updated and invoked."""
    create, update = lambda_svc._create_function, lambda_svc._update_config
    invoke, execute, call = lambda_svc._invoke, lambda_svc._execute_function, stepfunctions._call_lambda
    refused = {"errorType": "AccessDeniedException", "errorMessage": UNTRUSTED}

    def create_function(data: dict[str, Any]) -> Any:
        if _untrusted(data.get("Role")):
            return error_response_json("InvalidParameterValueException", UNTRUSTED, 400)
        return create(data)

    def update_config(name: str, data: dict[str, Any]) -> Any:
        if _untrusted(data.get("Role")):
            return error_response_json("InvalidParameterValueException", UNTRUSTED, 400)
        return update(name, data)

    async def invoke_trusted(name: str, *request: Any, **options: Any) -> Any:
        if _untrusted((lambda_svc._functions.get(name) or {}).get("config", {}).get("Role")):
            return error_response_json("AccessDeniedException", UNTRUSTED, 403)
        return await invoke(name, *request, **options)

    def execute_function(function: dict[str, Any], event: Any) -> Any:
        if _untrusted((function.get("config") or function).get("Role")):
            return {"error": True, "function_error": "Unhandled", "body": refused}
        return execute(function, event)

    def call_lambda(ref: str, event: Any) -> Any:
        _func, config, _name = lambda_svc._get_func_record_for_ref(ref)
        if config and _untrusted(config.get("Role")):
            raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", json.dumps(refused))
        return call(ref, event)

    before("AWS::Lambda::Function", _check_template)
    lambda_svc._create_function, lambda_svc._update_config = create_function, update_config
    lambda_svc._invoke, lambda_svc._execute_function = invoke_trusted, execute_function
    stepfunctions._call_lambda = call_lambda
