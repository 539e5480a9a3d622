"""Reading a distillation's prompts, or prompts and responses, out of invocation logs in S3.

User Guide, "Option 2: Use invocation logs for data preparation" and "Monitor model invocation": gzipped JSON records
under `AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH/`; a body above 100 KB is an object of its own
under `data/`, which the record names (`inputBodyS3Path`, as observed); 100 to 15,000 prompts; `usePromptResponse`
takes the logged responses, and only those of the teacher; one operator filters request metadata.

Not documented, so this simulator's: a record that cannot be used is left out and told in the prompt insights; large
bodies are followed under the same role; a call through a profile counts as one of the profile's model.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.catalog import offers
from bedrock_simulator.models import bodies, dataset
from bedrock_simulator.models.artifacts import Insight
from bedrock_simulator.models.storage import Bucket, Rejected
from bedrock_simulator.models.teacher import Example

SCHEMA = "ModelInvocationLog"
_OPERATIONS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
_UNKNOWN = "it cannot be read."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job takes of its logs: under a prefix, what passes the filters; pairs of `teacher` or all prompts."""

    prefix: str
    filters: Mapping[str, Any] | None
    teacher: str | None
    multi_turn: bool


def read(bucket: Bucket, wanted: Wanted) -> tuple[tuple[Example, ...], list[Insight]]:
    """The examples (with the logged response when pairs are wanted), and why other records were left out."""
    examples, left = [], []
    for uri in bucket.list(wanted.prefix):
        for record in _records(bucket, uri):
            if not passes(wanted.filters, record.get("requestMetadata") or {}):
                continue
            try:
                examples.append(_example(bucket, record, wanted))
            except Rejected as why:
                left.append(Insight(str(record.get("requestId", uri)), f"The record was left out: {why}"))
    least, most = dataset.LEAST_PROMPTS, dataset.MOST_PROMPTS
    if not least <= len(examples) <= most:
        what = f"prompt-response pairs of {wanted.teacher}" if wanted.teacher else "prompts"
        raise Rejected(
            f"The invocation logs under {wanted.prefix} have {len(examples)} {what} to use; a distillation job takes "
            f"{least} to {most}.{_why(left)}"
        )
    return tuple(examples), left


def _why(left: list[Insight]) -> str:
    return f" {len(left)} record(s) were left out, the first because {(left[0].reason or '')[25:]}" if left else ""


def _records(bucket: Bucket, uri: str) -> Iterator[dict[str, Any]]:
    if uri.split("/")[-2] == "data" or not uri.endswith((".json.gz", ".json")):
        return
    for line in _unpacked(bucket.read(uri)).splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # not a record of ours: somebody else's object under the same prefix
        if isinstance(record, dict) and record.get("schemaType") == SCHEMA:
            yield record


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _example(bucket: Bucket, record: dict[str, Any], wanted: Wanted) -> Example:
    if record.get("operation") not in _OPERATIONS or "errorCode" in record:
        raise Rejected("the call was not one that a model answered.")
    if wanted.teacher is not None and (model := model_of(str(record.get("modelId")))) != wanted.teacher:
        raise Rejected(f"the model {model} is not the teacher {wanted.teacher}.")
    prompt, users = bodies.asked(_body(bucket, record, "input"))
    if users > 1 and not wanted.multi_turn:
        raise Rejected("this student takes single-turn conversations only.")
    if not prompt.text.strip():
        raise Rejected("its prompt is empty.")
    return Example(prompt, bodies.said(_body(bucket, record, "output")) if wanted.teacher else None)


def _body(bucket: Bucket, record: dict[str, Any], side: str) -> Any:
    kept = record.get(side) or {}
    if f"{side}BodyJson" in kept:
        return kept[f"{side}BodyJson"]
    path = kept.get(f"{side}BodyS3Path")
    if not isinstance(path, str):
        raise Rejected(f"it has no {side} body.")
    try:
        return json.loads(_unpacked(bucket.read(path)))
    except ValueError:
        raise Rejected(_UNKNOWN) from None


def model_of(logged: str) -> str:
    """The id of the model behind what was called: a model, or a profile of one."""
    profile = offers.PROFILES.get(logged.rsplit("inference-profile/", 1)[-1])
    model = profile[1] if profile else offers.model_of(logged)
    return model.id if model else logged


def passes(filters: Mapping[str, Any] | None, metadata: Mapping[str, str]) -> bool:
    """Whether a record's request metadata passes the job's filter: a tagged union of four operators."""
    if not filters:
        return True
    operator, operand = next(iter(filters.items()))
    if operator == "equals":
        return all(metadata.get(key) == value for key, value in operand.items())
    if operator == "notEquals":
        return all(metadata.get(key) != value for key, value in operand.items())
    return (all if operator == "andAll" else any)(passes(each, metadata) for each in operand)
