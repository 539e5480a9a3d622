"""The operations of the runtime. They run without the engine's lock, get a request ID, are counted in CloudWatch's
metrics, and logged if configured.

Metrics: User Guide, monitoring-runtime-metrics. It does not say which `ModelId` the calls of a deployment have; here it
is the value of `modelId`, which for a deployment is its ARN.
"""

import itertools
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.faults import FaultInjector
from bedrock_simulator.ports import Logs, Metrics, Objects, Request, Response
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import INFERENCE_OPERATIONS, Operation
from bedrock_simulator.runtime import converse, invoke
from bedrock_simulator.runtime.burndown import Burndown
from bedrock_simulator.runtime.call import Outcome, RuntimeCall
from bedrock_simulator.runtime.invocation_logs import Invocation, InvocationLogs
from bedrock_simulator.runtime.prompt_cache import PromptCache

SIMULATED_HEADER = {"x-simulated-model": "true"}
THROTTLED = "ThrottlingException"

RUNTIME: dict[str, Callable[[RuntimeCall], Outcome]] = {
    "Converse": converse.converse,
    "ConverseStream": converse.stream,
    "InvokeModel": invoke.invoke,
    "InvokeModelWithResponseStream": invoke.stream,
    "CountTokens": invoke.count_tokens,
}


class RuntimeDispatcher:
    """Runs runtime operations, with their token quotas and invocation logs. Thread-safe."""

    def __init__(self, objects: Objects, logs: Logs, metrics: Metrics) -> None:
        self._metrics = metrics
        self._logs, self.burndown, self.cache = InvocationLogs(objects, logs), Burndown(), PromptCache()
        self._calls = itertools.count()

    def run(
        self,
        operation: Operation,
        request: Request,
        call: RuntimeCall,
        logging: Mapping[str, Any] | None,
        injector: FaultInjector,
    ) -> Response:
        """Runs an operation.

        Args:
            operation: The operation, as botocore models it.
            request: The HTTP request, for the invocation log.
            call: The checked parameters with the model that was resolved for them.
            logging: The account's logging configuration in the Region, None if it has none.
            injector: The faults that may break off a stream, or let a content filter end the answer.

        Raises:
            ServiceError: The error to answer with.
        """
        invocation = Invocation(self._request_id(call), operation.name, request, call, logging or {})
        logged = logging is not None and operation.name in INFERENCE_OPERATIONS
        if (filtered := injector.filtered_text()) is not None:
            call = replace(call, filtered=filtered)
        try:
            outcome = RUNTIME[operation.name](call)
        except errors.ServiceError as error:
            if logged:
                self._logs.add(invocation, invocation.error_record(error.code))
            self._count(invocation, _metrics_of_error(error))
            raise
        self._count(invocation, _metrics_of_answer(outcome))
        if logged:
            self._logs.add(invocation, invocation.response_record(outcome))
        headers = {**SIMULATED_HEADER, "x-amzn-requestid": invocation.id, **outcome.headers}
        return service_model.respond(operation, injector.alter_stream(outcome.members), headers, outcome.delay)

    def _count(self, invocation: Invocation, values: Mapping[str, float]) -> None:
        """Calls of jobs are none of the account's (an ASSUMPTION, as of quotas)."""
        call = invocation.call
        if invocation.operation in INFERENCE_OPERATIONS and not call.of_job:
            self._metrics.record(call.account, call.region, str(call.params["modelId"]), values, call.now)

    def _request_id(self, call: RuntimeCall) -> str:
        name = f"{call.account}/{call.region}/{call.now.isoformat()}/{next(self._calls)}"
        return str(uuid.uuid5(uuid.NAMESPACE_OID, name))

    def deliver(self, now: datetime) -> None:
        """Delivers the invocation logs that wait."""
        self._logs.deliver(now)

    def clear(self) -> None:
        """Discards undelivered logs, the use of token quotas, and cached prompts."""
        self._logs.clear()
        self.burndown.clear()
        self.cache.clear()


def _metrics_of_answer(outcome: Outcome) -> Mapping[str, float]:
    """The metrics of a call that was answered. A stream that the model rejected has no logged output."""
    if outcome.logged is None:
        return {"InvocationClientErrors": 1}
    tokens_in, tokens_out = outcome.used
    return {
        "Invocations": 1,
        "InvocationLatency": outcome.latency_ms,
        "InputTokenCount": tokens_in,
        "OutputTokenCount": tokens_out,
    }


def _metrics_of_error(error: errors.ServiceError) -> Mapping[str, float]:
    """Throttled calls count neither as invocations nor as errors."""
    if error.code == THROTTLED:
        return {"InvocationThrottles": 1}
    return {"InvocationServerErrors" if error.status >= 500 else "InvocationClientErrors": 1}
