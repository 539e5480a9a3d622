"""The work of an evaluation job: read the prompts, have them answered, score the answers, lay out the output.

The layout is that of User Guide, model-evaluation-report-s3: one file a dataset, one line a prompt; definitions of
custom metrics beside them. Where answers were given, no model is called for them.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace

from bedrock_simulator.control_plane.call import Params
from bedrock_simulator.control_plane.evaluations import prompts, scores
from bedrock_simulator.control_plane.evaluations.prompts import Row
from bedrock_simulator.control_plane.evaluations.request import Asked
from bedrock_simulator.control_plane.evaluations.scores import Answer
from bedrock_simulator.control_plane.job_context import Means
from bedrock_simulator.models.storage import Bucket
from bedrock_simulator.models.text import Prompt
from bedrock_simulator.runtime import converse
from bedrock_simulator.runtime.call import Call


def output(asked: Asked, root: str, arn: str, bucket: Bucket, means: Means) -> dict[str, str]:
    """The bodies of the output by their URIs under `root`, the job's own folder."""
    folder, model = f"{root}/{uuid.uuid5(uuid.NAMESPACE_URL, arn)}", asked.model or asked.source or ""
    call = means.call(asked.model) if asked.model else None
    found = {}
    for config in asked.datasets:
        name = config["dataset"]["name"]
        rows = prompts.read(bucket.read(config["dataset"]["datasetLocation"]["s3Uri"]), name, asked.source)
        lines = [_line(row, config, model, asked, call, means) for row in rows]
        place = f"models/{model.rsplit('/', 1)[-1]}/taskTypes/{config['taskType']}/datasets/{name}"
        file = uuid.uuid5(uuid.NAMESPACE_URL, f"{arn}/{name}")
        found[f"{folder}/{place}/{file}_output.jsonl"] = "".join(json.dumps(line) + "\n" for line in lines)
    for name, definition in asked.custom.items():
        found[f"{folder}/custom_metrics/{name}.json"] = json.dumps({"customMetricDefinition": definition})
    return found


def _line(row: Row, config: Params, model: str, asked: Asked, call: Call | None, means: Means) -> Params:
    said = _said(call, row.prompt, asked) if call else row.response or ""
    answer = Answer(row.prompt, said, row.reference, means.teacher.answer(Prompt("", row.prompt)))
    if call and "Builtin.Robustness" in config["metricNames"]:
        answer = replace(answer, again=_said(call, row.prompt.lower(), asked))
    return {
        "automatedEvaluationResult": {"scores": list(_scores(answer, config, asked))},
        "inputRecord": row.record,
        "modelResponses": [{"modelIdentifier": model, "response": said}],
    }


def _scores(answer: Answer, config: Params, asked: Asked) -> Iterator[Params]:
    for name in config["metricNames"]:
        if name in asked.custom:
            yield scores.judged(name, answer, asked.custom_judge or "", asked.custom[name].get("ratingScale"))
        elif asked.judge:
            yield scores.judged(name, answer, asked.judge, None)
        else:
            yield scores.computed(name, answer, config["taskType"])


def _said(call: Call, prompt: str, asked: Asked) -> str:
    params = {
        **call.params,
        "messages": [{"role": "user", "content": [{"text": prompt}]}],
        **({"inferenceConfig": asked.parameters["inferenceConfig"]} if "inferenceConfig" in asked.parameters else {}),
        **({"performanceConfig": {"latency": asked.latency}} if asked.latency else {}),
    }
    outcome = converse.converse(replace(call, params=params))
    return "".join(block.get("text", "") for block in outcome.members["output"]["message"]["content"])


def models(asked: Asked) -> list[str]:
    """Every model that the job calls, each once."""
    return list(dict.fromkeys(each for each in (asked.model, asked.judge, asked.custom_judge) if each))
