"""Athena runs queries with parameters, with the caller's permissions and the workgroup's limits; adds named queries.

AWS: parameters, an enforced workgroup's result location and bytes-scanned limit (a query above it is CANCELLED), the
    caller's permissions on Glue and S3, events `Athena Query State Change`, `AWS::Athena::NamedQuery`
    (https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html, athena-events.html).
ministack: passes the text to DuckDB unchanged, without parameters, partitions, limits, permissions or events.
Patch: `local.emulator.athena` translates and runs it. (Not patched: ClientRequestToken, columns of other types.)
"""

import asyncio
import json
import time
from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import athena
from ministack.services.cloudformation import provisioners

from local.emulator.athena import engine
from local.emulator.athena.account import CallerAccount
from local.emulator.bedrock_ports import AccountEvents
from local.emulator.clock import VirtualClock

NAMED_QUERY = "AWS::Athena::NamedQuery"
_asked: ContextVar[tuple[str, list[str]]] = ContextVar("asked", default=("", []))


def _start(start: Any) -> Any:
    def start_query_execution(data: dict[str, Any]) -> Any:
        name = data.get("WorkGroup", "primary")
        workgroup = athena._workgroups.get(name)
        if workgroup is None:
            return error_response_json("InvalidRequestException", f"WorkGroup {name} is not found.", 400)
        configuration = workgroup.get("Configuration") or {}
        if configuration.get("EnforceWorkGroupConfiguration"):
            data = {**data, "ResultConfiguration": configuration.get("ResultConfiguration") or {}}
        _asked.set((iam_evaluator.caller_arn(), list(data.get("ExecutionParameters") or [])))
        return start(data)

    return start_query_execution


def _set_state(execution: dict[str, Any], state: str, reason: str = "") -> None:
    """Sets the state and emits its event."""
    before, status = execution["Status"]["State"], execution["Status"]
    status |= {"State": state, "StateChangeReason": reason[:2000]}
    detail = {
        "versionId": "0",
        "currentState": state,
        "previousState": before,
        "statementType": execution["StatementType"],
        "queryExecutionId": execution["QueryExecutionId"],
        "workgroupName": execution["WorkGroup"],
        "sequenceNumber": "2" if state == "RUNNING" else "3",
    }
    if state != "RUNNING":
        status["CompletionDateTime"] = int(time.time())
    AccountEvents().emit(get_account_id(), get_region(), "aws.athena", "Athena Query State Change", [], detail)


def _execute(clock: VirtualClock) -> Any:
    async def execute_query(query_id: str, query: str, database: str, _ddl: Any, _catalog: Any = None) -> None:
        execution = athena._executions[query_id]
        caller, parameters = _asked.get()
        _set_state(execution, "RUNNING")
        host = CallerAccount(caller, database, clock.now())
        configuration = (athena._workgroups.get(execution["WorkGroup"]) or {}).get("Configuration") or {}
        most = configuration.get("BytesScannedCutoffPerQuery")
        try:
            result = await asyncio.to_thread(
                engine.run, query, parameters, host, int(most) if most is not None else None
            )
            bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
            host.write(bucket, key, engine.as_csv(result))
        except engine.ScanLimitExceeded as reason:
            _set_state(execution, "CANCELLED", str(reason))
        except Exception as reason:  # whatever it is, it is how the query ended
            athena.logger.warning("Athena query %s failed: %s", query_id, reason)
            _set_state(execution, "FAILED", str(reason))
        else:
            rows = [list(row) for row in result.rows]
            execution["_results"] = {"columns": result.columns, "rows": rows}
            execution["Statistics"]["DataScannedInBytes"] = result.scanned
            _set_state(execution, "SUCCEEDED")

    return execute_query


def _create_named(_logical_id: str, properties: dict[str, Any], _stack: str) -> tuple[str, dict[str, Any]]:
    _status, _headers, body = athena._create_named_query(properties)
    ident = str(json.loads(body)["NamedQueryId"])
    return ident, {"NamedQueryId": ident}


def _update_named(ident: str, _old: Any, new: dict[str, Any], _stack: str) -> tuple[str, dict[str, Any]]:
    """On AWS, changes to other properties than name, description and text replace it; here every change updates it."""
    athena._named_queries[ident] |= {name: value for name, value in new.items() if name in athena._named_queries[ident]}
    return ident, {"NamedQueryId": ident}


def _delete_named(ident: str, _properties: Any) -> None:
    athena._delete_named_query({"NamedQueryId": ident})


def install(clock: VirtualClock) -> None:
    """Replaces how queries start and run, and how reads of them are authorized."""
    resource_of = iam_actions.extract_resource_arn

    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *request: Any) -> str:
        if service == "athena":
            ident = iam_actions._safe_json_field(body, "QueryExecutionId")
            if ident and (execution := athena._executions.get(ident)):
                return str(athena._arn_workgroup(execution["WorkGroup"]))
        return resource_of(service, method, path, headers, body, *request)  # type: ignore[no-any-return]  # no types

    iam_actions.extract_resource_arn = extract_resource_arn
    athena._start_query_execution = _start(athena._start_query_execution)
    athena._execute_query = _execute(clock)
    provisioners._RESOURCE_HANDLERS[NAMED_QUERY] = {
        "create": _create_named,
        "update": _update_named,
        "delete": _delete_named,
    }
