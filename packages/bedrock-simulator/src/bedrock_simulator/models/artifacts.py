"""The output of a customization job in S3 (User Guide, "Analyze the results of a model customization job").

Documented: the two metrics files, their names and columns. A distillation also writes samples of its synthetic dataset,
    and a report of the accepted and rejected prompts with reasons. Neither the names nor the formats of those objects
    are documented, so `synthetic_data/` and `prompt_insights/` are the simulator's. Curves are modelled: from chance
    (the log of the number of answers) to the measured loss.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bedrock_simulator.models import training_data
from bedrock_simulator.models.text import Example

TRAINING = "training_artifacts/step_wise_training_metrics.csv"
VALIDATION = "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"
VALIDATION_OBSERVED = "validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv"
"""Sources conflict: the guide has the first, AWS's own samples read the second from jobs that ran. Both are written."""
SYNTHETIC = "synthetic_data/sample_synthetic_data.jsonl"
INSIGHTS = "prompt_insights/prompt_insights.jsonl"
_STEPS, _SAMPLES = 10, 50


@dataclass(frozen=True, slots=True)
class Insight:
    """What happened to one prompt; `reason` is why it was rejected."""

    prompt: str
    reason: str | None = None


def curve(column: str, loss: float, answers: int, epochs: int) -> str:
    """Returns a metrics file."""
    chance = math.log(max(2, answers))
    rows = [f"step_number,epoch_number,{column},perplexity"]
    for step in range(_STEPS):
        value = loss + (chance - loss) * (1 - (step + 1) / _STEPS) ** 2
        rows.append(f"{step},{step * epochs // _STEPS},{value:.6f},{math.exp(value):.6f}")
    return "\n".join(rows) + "\n"


def samples(examples: Sequence[Example]) -> str:
    """Returns some of the prompts with the teacher's answers, as training records."""
    return _lines(_record(example) for example in examples[:_SAMPLES])


def _record(example: Example) -> dict[str, Any]:
    system = {"system": [{"text": example.prompt.system}]} if example.prompt.system else {}
    turns = (("user", example.prompt.text), ("assistant", example.answer or ""))
    messages = [{"role": role, "content": [{"text": text}]} for role, text in turns]
    return {"schemaVersion": training_data.SCHEMA, **system, "messages": messages}


def report(insights: Sequence[Insight]) -> str:
    """Returns one line for each prompt."""
    return _lines(
        {"prompt": each.prompt, "status": "REJECTED", "reason": each.reason}
        if each.reason
        else {"prompt": each.prompt, "status": "ACCEPTED"}
        for each in insights
    )


def _lines(rows: Iterator[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
