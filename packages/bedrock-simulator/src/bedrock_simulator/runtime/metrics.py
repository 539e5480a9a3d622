"""The metrics of the runtime in CloudWatch: calls, errors, latency and tokens, by what the caller named as `modelId`.

User Guide, monitoring-runtime-metrics. It does not say which `ModelId` the calls of a deployment have; here it is the
value of `modelId`, which for a deployment is its ARN.
"""

from collections.abc import Mapping

from bedrock_simulator.errors import ServiceError
from bedrock_simulator.runtime.call import Outcome

COUNTED_OPERATIONS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
THROTTLED = "ThrottlingException"


def of_answer(outcome: Outcome) -> Mapping[str, float]:
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


def of_error(error: ServiceError) -> Mapping[str, float]:
    """Throttled calls count neither as invocations nor as errors."""
    if error.code == THROTTLED:
        return {"InvocationThrottles": 1}
    return {"InvocationServerErrors" if error.status >= 500 else "InvocationClientErrors": 1}
