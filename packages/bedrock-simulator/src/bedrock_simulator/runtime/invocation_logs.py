"""Invocation log records and their delivery to S3 and CloudWatch Logs.

User Guide, "Monitor model invocation using CloudWatch Logs and Amazon S3". The guide omits the following, which records
that others published contain: `inferenceRegion` for a call through a profile, `performanceConfig`, and `errorCode` in
place of an output for a call that was refused after its model was found. A streamed response is logged as Converse
would return it, a streamed native body as the list of its chunks.

S3 has gzipped files of JSON lines, CloudWatch Logs an event per record:

    PREFIX/AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH/STAMP_HASH.json.gz
    …/HH/data/REQUEST_input.json.gz, …/HH/data/REQUEST_output.json.gz      bodies of more than 100 KB

The layout follows the User Guide as far as it is documented; file names and the place of `data/` follow listings by
others. A file has the records of one tick. A record that may not be written is lost, as a failed delivery is.
"""

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from bedrock_simulator import json_text
from bedrock_simulator.ports import Logs, ObjectDenied, ObjectMissing, Objects, Request
from bedrock_simulator.runtime import invoke
from bedrock_simulator.runtime.call import Outcome, Params, RuntimeCall

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call to be logged, with the logging configuration at that time."""

    id: str
    operation: str
    request: Request
    call: RuntimeCall
    config: Mapping[str, Any]

    def response_record(self, outcome: Outcome) -> Params:
        """Returns the record of a response, or of the error of a stream that the model rejected."""
        if outcome.logged is None:
            return self.error_record("ValidationException")
        input_tokens, output_tokens = outcome.used
        output = {
            "outputContentType": _JSON,
            **self._body("outputBodyJson", outcome.logged),
            "outputTokenCount": output_tokens,
        }
        return {**self._record(input_tokens), **self._metadata(), "output": output}

    def error_record(self, code: str) -> Params:
        """Returns the record of an error."""
        return {**self._record(0), "errorCode": code}

    def _record(self, input_tokens: int) -> Params:
        params, call = self.call.params, self.call
        mode = params.get("performanceConfig", {}).get("latency") or params.get("performanceConfigLatency")
        body = self._body("inputBodyJson", _parse_json(self.request.body))
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
            "input": {"inputContentType": _JSON, **body, "inputTokenCount": input_tokens},
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
        }

    def _metadata(self) -> Params:
        own = self.operation.startswith("Converse")
        found = self.call.params.get("requestMetadata") if own else invoke.metadata(self.call.params)
        return {"requestMetadata": found} if found else {}

    def _body(self, name: str, body: Any) -> Params:
        return {name: body} if self.config.get("textDataDeliveryEnabled", True) else {}


def _parse_json(body: bytes) -> Any:
    try:
        return json_text.parse(body)
    except ValueError:
        return None


LARGE = 100 * 1024  # bytes of a body's JSON
STREAM = "aws/bedrock/modelinvocations"
_Noted = tuple[Invocation, dict[str, Any]]


class InvocationLogs:
    """The records that wait for delivery. Thread-safe."""

    def __init__(self, objects: Objects, logs: Logs) -> None:
        self._objects, self._logs = objects, logs
        self._lock = threading.Lock()
        self._waiting: list[_Noted] = []

    def add(self, invocation: Invocation, record: dict[str, Any]) -> None:
        """Adds a record to the next delivery."""
        with self._lock:
            self._waiting.append((invocation, record))

    def clear(self) -> None:
        """Discards the records that wait."""
        with self._lock:
            self._waiting.clear()

    def deliver(self, now: datetime) -> None:
        """Writes all records that wait, one file for each destination."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for invocation, record in waiting:
            if watch := invocation.config.get("cloudWatchConfig"):
                self._tell(invocation, record, watch)
        stored = [(_folder(noted[0]), noted) for noted in waiting if "s3Config" in noted[0].config]
        stored.sort(key=lambda placed: placed[0])
        for (*_, bucket, folder), batch in groupby(stored, key=lambda placed: placed[0]):
            self._store(bucket, folder, [noted for _, noted in batch], now)

    def _store(self, bucket: str, folder: str, batch: list[_Noted], now: datetime) -> None:
        first = batch[0][0]
        lines = [json.dumps(self._without_large_bodies(each, record, bucket, folder)) for each, record in batch]
        stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z"
        name = hashlib.sha256(first.id.encode()).hexdigest()[:16]
        self._write(first, bucket, f"{folder}/{stamp}_{name}.json.gz", "\n".join(lines))

    def _without_large_bodies(
        self, each: Invocation, record: dict[str, Any], bucket: str, folder: str
    ) -> dict[str, Any]:
        """The record without its large bodies, which are written beside it."""
        light = dict(record)
        for side in ("input", "output"):
            body = record.get(side, {}).get(f"{side}BodyJson")
            text = json.dumps(body)
            if len(text.encode()) > LARGE:
                key = f"{folder}/data/{each.id}_{side}.json.gz"
                self._write(each, bucket, key, text)
                rest = {name: value for name, value in record[side].items() if name != f"{side}BodyJson"}
                light[side] = {**rest, f"{side}BodyS3Path": f"s3://{bucket}/{key}"}
        return light

    def _write(self, each: Invocation, bucket: str, key: str, text: str) -> None:
        account, region = each.call.account, each.call.region
        packed = gzip.compress(text.encode(), mtime=0)
        try:
            self._objects.deliver(account, region, source_arn(account, region), bucket, key, packed)
        except (ObjectDenied, ObjectMissing):
            return

    def _tell(self, each: Invocation, record: dict[str, Any], watch: dict[str, Any]) -> None:
        large = watch.get("largeDataDeliveryS3Config")
        message = (
            self._without_large_bodies(each, record, large["bucketName"], _under(each, large))
            if large
            else _without(record)
        )
        call = each.call
        self._logs.put(
            call.account, call.region, watch["roleArn"], watch["logGroupName"], STREAM, json.dumps(message), call.now
        )


def _folder(invocation: Invocation) -> tuple[str, str, str, str]:
    config = invocation.config["s3Config"]
    call = invocation.call
    return call.account, call.region, config["bucketName"], _under(invocation, config)


def _under(invocation: Invocation, config: dict[str, Any]) -> str:
    call = invocation.call
    return f"{log_root(call.account, config.get('keyPrefix'))}/{call.region}/{call.now:%Y/%m/%d/%H}"


def _without(record: dict[str, Any]) -> dict[str, Any]:
    """The record without its large bodies, where no bucket is configured for them."""
    return {name: dict(_small(value)) if name in ("input", "output") else value for name, value in record.items()}


def _small(side: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in side.items():
        if not name.endswith("BodyJson") or len(json.dumps(value).encode()) <= LARGE:
            yield name, value


def log_root(account: str, prefix: str | None) -> str:
    """Returns the prefix of all that Bedrock writes to a bucket for the account."""
    own = f"AWSLogs/{account}/BedrockModelInvocationLogs"
    return f"{prefix.strip('/')}/{own}" if prefix and prefix.strip("/") else own


def source_arn(account: str, region: str) -> str:
    """Returns the source ARN of deliveries; the guide's policies allow any of the Region and account."""
    return f"arn:aws:bedrock:{region}:{account}:model-invocation-logging"
