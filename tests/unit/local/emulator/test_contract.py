"""The attributes of ministack that our hooks replace or call are where, and what, they were."""

import importlib
import inspect
from importlib.metadata import version

import ministack.app as app
import pytest
from ministack.core.router import detect_service
from ministack.services.cloudformation import provisioners

from local.emulator import hooks
from local.emulator.hooks import lambdas, service_quotas

CALLED = {
    "ministack.app.pin_request_origin": "(source_ip: str, secure_transport: bool) -> None",
    "ministack.core.iam_actions.access_denied_response": "(service: str, action: str, principal_arn: str, request_id: ",
    "ministack.core.iam_actions.extract_iam_action": "(service: str, method: str, path: str, ",
    "ministack.core.iam_actions.extract_resource_arn": "(service: str, method: str, path: str, ",
    "ministack.core.iam_evaluator._action_matches": "(request_action: str, actions: list[str], ",
    "ministack.core.iam_evaluator._conditions_met": "(conditions: dict, ctx: ",
    "ministack.core.iam_evaluator._gather_role_policies": "(role_name: str, account_id: str)",
    "ministack.core.iam_evaluator._permissions_boundary": "(store, name: str, account_id: str)",
    "ministack.core.iam_evaluator._resource_matches": "(resource_arn: str, resources: list[str], ",
    "ministack.core.iam_evaluator._resource_policy": "(service: str, resource_arn: str)",
    "ministack.core.iam_evaluator._service_principal_matches": "(principal: Any, service: str) -> bool",
    "ministack.core.iam_evaluator.caller_arn": "() -> str",
    "ministack.core.iam_evaluator.combine_resource_policy": "(identity: ",
    "ministack.core.iam_evaluator.enforce": "(access_key_id: str, iam_action: str, service: str, region: str, ",
    "ministack.core.responses.StreamingResponse": "(runner)",
    "ministack.core.responses.error_response_json": "(code: str, message: str, status: int = 400, ",
    "ministack.core.responses.json_response": "(data: dict, status: int = 200, ",
    "ministack.core.lambda_runtime.Worker.invoke": "(self, event, request_id: str, *, ",
    "ministack.core.lambda_runtime._detect_runtime_binary": "(runtime: str) -> tuple[str, str]",
    "ministack.services.cloudwatch._dims_key": "(",
    "ministack.services.cloudwatch._evaluate_alarm": "(alarm)",
    "ministack.services.cloudwatch.record_metric": "(namespace: ",
    "ministack.services.cloudwatch_logs._create_log_stream": "(data)",
    "ministack.services.cloudwatch_logs._put_log_events": "(data)",
    "ministack.services.lambda_svc._route_async_failure": "(target_arn: str, func_name: str, event: dict, ",
    "ministack.services.stepfunctions._emit_execution_status_event": "(execution) -> None",
    "ministack.services.bedrock.handle_request": "(method, path, headers, body, query_params)",
    "ministack.services.bedrock.reset": "()",
    "ministack.services.bedrock_runtime.handle_request": "(method, path, headers, body, query_params)",
    "ministack.services.budgets._create_budget": "(data)",
    "ministack.services.budgets._delete_budget": "(data)",
    "ministack.services.dynamodb._ttl_reaper": "()",
    "ministack.services.eventbridge._dispatch_event": "(event, view=None)",
    "ministack.services.eventbridge._dispatch_to_lambda": "(arn, payload)",
    "ministack.services.eventbridge._dispatch_to_sqs": "(spec, payload, sqs_parameters=None)",
    "ministack.services.eventbridge._dispatch_to_stepfunctions": "(arn, payload)",
    "ministack.services.eventbridge._invoke_target": "(target, event, rule, view=None)",
    "ministack.services.eventbridge._now_ts": "() -> float",
    "ministack.services.eventbridge._put_events": "(data, allow_aws_source=False)",
    "ministack.services.kms._resolve_key": "(",
    "ministack.services.lambda_svc._execute_function_warm": "(func: dict, event: dict, request_id: str) -> dict",
    "ministack.services.lambda_svc._execution_record_for_config": "(func: dict, config: dict) -> dict",
    "ministack.services.lambda_svc._get_func_record_for_ref": "(function_ref: str)",
    "ministack.services.lambda_svc.invoke_async_with_retry": "(func: dict, event: dict) -> None",
    "ministack.services.s3._fire_s3_event": "(bucket_name: str, key: str, event_name: str, ",
    "ministack.services.s3._get_object": "(bucket_name: str, key: str, headers: dict, query_params: dict = None)",
    "ministack.services.s3._put_object": "(bucket_name: str, key: str, body: bytes, headers: dict)",
    "ministack.services.stepfunctions._call_lambda": "(func_ref, event)",
    "ministack.services.stepfunctions._fail_execution": "(execution, error, cause)",
    "ministack.services.stepfunctions._find_matching_retrier": "(retriers, error, retry_counts)",
    "ministack.services.stepfunctions._invoke_resource": "(resource, input_data)",
    "ministack.services.stepfunctions._invoke_with_callback": "(resource, input_data, token, state_def)",
    "ministack.services.stepfunctions._run_execution": "(exec_arn)",
    "ministack.services.stepfunctions._run_sub_machine": "(states, start_at, input_data, execution, ctx)",
    "ministack.services.stepfunctions._scaled_sleep": "(seconds)",
    "ministack.services.stepfunctions._send_task_failure": "(data)",
    "ministack.services.stepfunctions._send_task_heartbeat": "(data)",
    "ministack.services.stepfunctions._send_task_success": "(data)",
    "ministack.services.stepfunctions._sleep_until": "(iso_ts)",
    "ministack.services.tagging.resource_tags": "(arn: str) -> dict[str, str] | None",
}
VALUES = {
    "ministack.app.SERVICE_HANDLERS",
    "ministack.core.iam_actions.SERVICE_TO_IAM_NAMESPACE",
    "ministack.services.cloudwatch._alarms",
    "ministack.services.cloudwatch._metrics",
    "ministack.services.dynamodb.time",
    "ministack.services.eventbridge._SCHEDULER_TICK_INTERVAL",
    "ministack.services.iam._roles",
    "ministack.services.s3._bucket_encryption",
    "ministack.services.s3._buckets",
    "ministack.services.scheduler._SCHEDULE_TICK_INTERVAL",
    "ministack.services.scheduler.time",
    "ministack.services.sqs._queues",
    "ministack.services.stepfunctions._task_tokens",
    "ministack.services.stepfunctions.now_iso",
}
# The request handler must look these up when it is called, or replacing them would change nothing.
LOOKED_UP = ("extract_iam_action", "extract_resource_arn", "enforce", "access_denied_response")


def _resolve(path: str) -> object:
    module, *rest = path.split(".Worker.") if ".Worker." in path else path.rsplit(".", 1)
    found: object = importlib.import_module(module)
    for name in ["Worker", *rest] if ".Worker." in path else rest:
        found = getattr(found, name)
    return found


def test_ministack_is_the_version_the_hooks_were_written_for() -> None:
    assert version("ministack") == hooks.MINISTACK


@pytest.mark.parametrize(("path", "signature"), CALLED.items())
def test_what_a_hook_replaces_still_has_its_signature(path: str, signature: str) -> None:
    assert str(inspect.signature(_resolve(path))).startswith(signature)  # type: ignore[arg-type]  # all are callable


@pytest.mark.parametrize("path", sorted(VALUES))
def test_what_a_hook_reads_or_sets_still_exists(path: str) -> None:
    assert _resolve(path) is not None


def test_the_request_handler_looks_up_what_we_replace() -> None:
    source = inspect.getsource(app._dispatch_service_request)
    imports = source[: source.index("pin_request_caller(")]
    assert [name for name in LOOKED_UP if name not in imports] == []


def test_the_worker_reports_errors_where_we_add_their_class() -> None:
    assert lambdas.WITH_TYPE in lambdas.worker_script()


def test_the_types_that_we_add_are_still_missing() -> None:
    assert {"AWS::Bedrock::ApplicationInferenceProfile", "AWS::Budgets::Budget"}.isdisjoint(
        provisioners._RESOURCE_HANDLERS
    )


def test_service_quotas_is_still_missing_and_still_routed_by_its_own_name() -> None:
    assert service_quotas.SERVICE not in app.SERVICE_REGISTRY
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=1/20251201/us-east-1/servicequotas/aws4_request"}
    assert detect_service("POST", "/", signed, {}) == service_quotas.SERVICE
