"""What an invocation log says of one call (User Guide, "Monitor model invocation using CloudWatch Logs and Amazon S3").

Not in the guide but in records that others show: `inferenceRegion` for a call through a profile, `performanceConfig`,
and `errorCode` in the place of an output for a call that was refused after its model was found. A streamed answer is
logged as Converse would have given it, a streamed native body as the list of its chunks.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.ports import Request
from bedrock_simulator.runtime import invoke
from bedrock_simulator.runtime.call import Call, Outcome, Params

LOGGED = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call that is to be logged, and the configuration it found."""

    id: str
    operation: str
    request: Request
    call: Call
    config: Mapping[str, Any]

    def answered(self, outcome: Outcome) -> Params:
        """The record of an answer; of a stream that the model itself refused, its error."""
        if outcome.logged is None:
            return self.refused("ValidationException")
        taken, given = outcome.used
        output = {"outputContentType": _JSON, **self._body("outputBodyJson", outcome.logged), "outputTokenCount": given}
        return {**self._record(taken), **self._metadata(), "output": output}

    def refused(self, code: str) -> Params:
        """The record of a refusal."""
        return {**self._record(0), "errorCode": code}

    def _record(self, taken: int) -> Params:
        params, call = self.call.params, self.call
        mode = params.get("performanceConfig", {}).get("latency") or params.get("performanceConfigLatency")
        body = self._body("inputBodyJson", _parsed(self.request.body))
        return {
            "timestamp": call.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "accountId": call.account,
            "identity": {"arn": self.request.identity},
            "region": call.region,
            "requestId": self.id,
            "operation": self.operation,
            "modelId": params["modelId"],
            **({"inferenceRegion": call.region} if call.target.through in ("system", "application") else {}),
            **({"performanceConfig": {"latency": mode}} if mode else {}),
            "input": {"inputContentType": _JSON, **body, "inputTokenCount": taken},
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
        }

    def _metadata(self) -> Params:
        own = self.operation.startswith("Converse")
        found = self.call.params.get("requestMetadata") if own else invoke.metadata(self.call.params)
        return {"requestMetadata": found} if found else {}

    def _body(self, name: str, body: Any) -> Params:
        return {name: body} if self.config.get("textDataDeliveryEnabled", True) else {}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
