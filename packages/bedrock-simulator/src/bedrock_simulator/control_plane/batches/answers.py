"""A batch inference job's records answered by the runtime's own models: no quota, no waiting, no log."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.control_plane.batches import files
from bedrock_simulator.control_plane.batches.files import File, Record
from bedrock_simulator.control_plane.job_context import Means
from bedrock_simulator.protocol import service_model, shapes
from bedrock_simulator.records import BatchJob
from bedrock_simulator.runtime import converse, invoke
from bedrock_simulator.runtime.call import Call

Params = dict[str, Any]
Answer = Callable[[Call, Params], tuple[Params, tuple[int, int]]]


def of(given: Sequence[File], batch: BatchJob, means: Means) -> tuple[dict[str, str], int]:
    """The bodies of the output by their names, the manifest among them, and how many records were refused."""
    answer = _ANSWERS[batch.request.get("modelInvocationType", "InvokeModel")]
    call = means.call(batch.request["modelId"])
    output, used, refused = {}, [0, 0], 0
    for file in given:
        rows = []
        for record in file.records:
            row, tokens = _row(record, call, answer)
            refused += "error" in row
            used = [sum(pair) for pair in zip(used, tokens, strict=True)]
            rows.append(row)
        output[file.name] = files.lines(rows)
    output["manifest.json"] = _manifest(sum(len(file.records) for file in given), refused, used)
    return output, refused


def _manifest(total: int, refused: int, used: Sequence[int]) -> str:
    counts = {"totalRecordCount": total, "processedRecordCount": total, "successRecordCount": total - refused}
    return json.dumps({**counts, "errorRecordCount": refused, "inputTokenCount": used[0], "outputTokenCount": used[1]})


def _row(record: Record, call: Call, answer: Answer) -> tuple[Params, tuple[int, int]]:
    kept = {"recordId": record.id, "modelInput": record.input}
    try:
        said, used = answer(call, record.input)
    except errors.ServiceError as refusal:
        return {**kept, "error": {"errorCode": refusal.status, "errorMessage": refusal.message}}, (0, 0)
    return {**kept, "modelOutput": said}, used


def _converse(call: Call, body: Params) -> tuple[Params, tuple[int, int]]:
    shape = service_model.operation("bedrock-runtime", "Converse").model.input_shape
    params = {"modelId": call.params["modelId"], **body}
    if found := shapes.problems(params, shape):
        raise errors.validation(f"{len(found)} validation error(s) detected: {'; '.join(found)}")
    outcome = converse.converse(replace(call, params=params))
    return outcome.members, outcome.used


def _invoke(call: Call, body: Params) -> tuple[Params, tuple[int, int]]:
    params = {"modelId": call.params["modelId"], "body": json.dumps(body).encode()}
    outcome = invoke.invoke(replace(call, params=params))
    return json.loads(outcome.members["body"]), outcome.used


_ANSWERS: dict[str, Answer] = {"Converse": _converse, "InvokeModel": _invoke}
