"""Reads the prompts of a distillation, with or without responses, from invocation logs in S3.

User Guide, "Option 2: Use invocation logs for data preparation" and "Monitor model invocation": gzipped JSON records
under `AWSLogs/ACCOUNT/BedrockModelInvocationLogs/REGION/YYYY/MM/DD/HH/`; a body above 100 KB is an object of its own
under `data/`, which the record names (`inputBodyS3Path`, as observed); 100 to 15,000 prompts; `usePromptResponse`
uses the logged responses, of the teacher only; one operator filters request metadata.

Not documented, so the simulator's choice: a record that cannot be used is skipped and reported in the prompt insights;
large bodies are read under the same role; a call through a profile counts as a call of the profile's model.

Dialogues are skipped, whatever the student: "Multi-turn prompts are not supported for invocation logs" (AWS's
validation, amazon-bedrock-samples, model_distillation/dataset-validation).

Bodies are those of Converse, of Amazon Nova (the same), of Claude's messages and of Llama's prompts, whole or as the
events of a stream. A log has what was sent, so a body is only checked for being readable.
"""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bedrock_simulator import json_text
from bedrock_simulator.catalog import supported_models
from bedrock_simulator.models import text, training_data
from bedrock_simulator.models.artifacts import Insight
from bedrock_simulator.models.storage import Bucket, JobInputError
from bedrock_simulator.models.text import Example, Prompt

SCHEMA = "ModelInvocationLog"
_OPERATIONS = frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"})
_UNKNOWN = "it cannot be read."
_SKIPPED = "The record was skipped: "


@dataclass(frozen=True, slots=True)
class LogSelection:
    """The log records that a job uses: those under a prefix that pass the filters.

    Attributes:
        teacher: The teacher whose prompt-response pairs are used, None to use the prompts of all models.
    """

    prefix: str
    filters: Mapping[str, Any] | None
    teacher: str | None


def read_logs(bucket: Bucket, selection: LogSelection) -> tuple[tuple[Example, ...], list[Insight]]:
    """Returns the examples, with responses if pairs are wanted, and why other records were skipped."""
    examples, skipped = [], []
    for uri in bucket.list(selection.prefix):
        for record in _records(bucket, uri):
            if not matches_filters(selection.filters, record.get("requestMetadata") or {}):
                continue
            try:
                examples.append(_example(bucket, record, selection))
            except JobInputError as why:
                skipped.append(Insight(str(record.get("requestId", uri)), f"{_SKIPPED}{why}"))
    least, most = training_data.MIN_PROMPTS, training_data.MAX_PROMPTS
    if not least <= len(examples) <= most:
        what = f"prompt-response pairs of {selection.teacher}" if selection.teacher else "prompts"
        raise JobInputError(
            f"The invocation logs under {selection.prefix} have {len(examples)} {what} to use; a distillation job "
            f"takes {least} to {most}.{_skipped_note(skipped)}"
        )
    return tuple(examples), skipped


def _skipped_note(skipped: list[Insight]) -> str:
    return (
        f" {len(skipped)} record(s) were skipped, the first because {(skipped[0].reason or '').removeprefix(_SKIPPED)}"
        if skipped
        else ""
    )


def _records(bucket: Bucket, uri: str) -> Iterator[dict[str, Any]]:
    if uri.split("/")[-2] == "data" or not uri.endswith((".json.gz", ".json")):
        return
    for line in _unpacked(bucket.read(uri)).splitlines():
        try:
            record = json_text.parse(line)
        except ValueError:
            continue  # not a log record: another object under the same prefix
        if isinstance(record, dict) and record.get("schemaType") == SCHEMA:
            yield record


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def _example(bucket: Bucket, record: dict[str, Any], selection: LogSelection) -> Example:
    if record.get("operation") not in _OPERATIONS or "errorCode" in record:
        raise JobInputError("the call was not one that a model answered.")
    if selection.teacher is not None and (model := called_model(str(record.get("modelId")))) != selection.teacher:
        raise JobInputError(f"the model {model} is not the teacher {selection.teacher}.")
    prompt, users = prompt_of(_body(bucket, record, "input"))
    if users > 1:
        raise JobInputError("multi-turn prompts are not supported in invocation logs.")
    if not prompt.text.strip():
        raise JobInputError("its prompt is empty.")
    return Example(prompt, response_of(_body(bucket, record, "output")) if selection.teacher else None)


def _body(bucket: Bucket, record: dict[str, Any], side: str) -> Any:
    text_blocks = record.get(side) or {}
    if f"{side}BodyJson" in text_blocks:
        return text_blocks[f"{side}BodyJson"]
    path = text_blocks.get(f"{side}BodyS3Path")
    if not isinstance(path, str):
        raise JobInputError(f"it has no {side} body.")
    try:
        return json_text.parse(_unpacked(bucket.read(path)))
    except ValueError:
        raise JobInputError(_UNKNOWN) from None


def called_model(logged: str) -> str:
    """Returns the ID of the model that was called, directly or through a profile."""
    profile = supported_models.PROFILES.get(logged.rsplit("inference-profile/", 1)[-1])
    model = profile[1] if profile else supported_models.model_of(logged)
    return model.id if model else logged


def matches_filters(filters: Mapping[str, Any] | None, metadata: Mapping[str, str]) -> bool:
    """Whether request metadata passes the job's filter, a tagged union of four operators."""
    if not filters:
        return True
    operator, operand = next(iter(filters.items()))
    if operator == "equals":
        return all(metadata.get(key) == value for key, value in operand.items())
    if operator == "notEquals":
        return all(metadata.get(key) != value for key, value in operand.items())
    return (all if operator == "andAll" else any)(matches_filters(each, metadata) for each in operand)


def prompt_of(body: Any) -> tuple[Prompt, int]:
    """Returns the prompt of an input body and its number of user messages. Raises JobInputError without text."""
    if not isinstance(body, dict):
        raise JobInputError("its input is not a JSON object.")
    if isinstance(body.get("prompt"), str):
        return text.parse_llama_prompt(body["prompt"]), 1
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise JobInputError("its input has neither messages nor a prompt.")
    if messages[-1].get("role") != "user":
        raise JobInputError("its last message is not the user's.")
    turns = [_content_text(message.get("content")) for message in messages]
    users = sum(message.get("role") == "user" for message in messages)
    return Prompt(_content_text(body.get("system", ""), " "), "\n".join(turns)), users


def response_of(body: Any) -> str:
    """Returns the text of an output body. Raises JobInputError if there is none."""
    found = "".join(_delta(event) for event in body) if isinstance(body, list) else _answer(body)
    if not found.strip():
        raise JobInputError("its output has no text.")
    return found


def _answer(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    for name in ("generation", "completion"):
        if isinstance(body.get(name), str):
            return str(body[name])
    message = (body.get("output") or {}).get("message") or body
    return _content_text(message.get("content", ""))


def _delta(event: Any) -> str:
    if not isinstance(event, dict):
        return ""
    delta = event.get("contentBlockDelta", event).get("delta") or {}
    return str(delta.get("text") or event.get("generation") or "")


def _content_text(content: Any, between: str = "\n") -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    if any(isinstance(block, dict) and {"image", "document", "video", "toolResult"} & set(block) for block in blocks):
        raise JobInputError("it has content other than text.")
    texts = [block.get("text") for block in blocks if isinstance(block, dict)]
    return between.join(each for each in texts if isinstance(each, str))
