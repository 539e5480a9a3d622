"""What a customization job wrote about its training, for the report: the loss curve, and which prompts it accepted.

The names and columns of the metrics files are documented (UG, "Analyze the results of a model customization job"). The
prompt insights of a distillation are documented without name and format, so they are searched for, and whatever does
not fit is left out: nothing here decides anything.
"""

import contextlib
import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from distillery.evaluation.report.lineage import LossPoint, Training

TRAINING_METRICS = "step_wise_training_metrics.csv"
VALIDATION_METRICS = "validation_metrics.csv"
MOST_STEPS = 2000
"""The maximum number of points of a curve. Of a longer one, every second, third, … point is shown."""
MOST_REASONS = 20


def is_wanted(name: str) -> bool:
    """Whether an object of a job's output is read."""
    return PurePosixPath(name).name in (TRAINING_METRICS, VALIDATION_METRICS) or _has_insights(name)


def read_job_output(files: Mapping[str, bytes]) -> Training | None:
    """The training as the job describes it; None if no file says anything.

    Args:
        files: The content of the wanted objects by name.
    """
    curves: dict[str, dict[int, float]] = {"training_loss": {}, "validation_loss": {}}
    statuses: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for name, content in sorted(files.items()):
        text = content.decode("utf-8", "replace")
        if _has_insights(name):
            for status, reason in _insights(text):
                statuses[status] += 1
                reasons[reason] += status == "REJECTED"
        else:
            for column, curve in curves.items():
                curve |= _curve(text, column)
    steps = sorted({step for curve in curves.values() for step in curve})
    if not steps and not statuses:
        return None
    training, validation = curves["training_loss"], curves["validation_loss"]
    shown = steps[:: math.ceil(len(steps) / MOST_STEPS) or 1]
    return Training(
        accepted=statuses["ACCEPTED"] if statuses else None,
        rejected=statuses["REJECTED"] if statuses else None,
        reasons={reason: count for reason, count in reasons.most_common(MOST_REASONS) if count},
        loss=tuple(
            LossPoint(step=step, training=training.get(step), validation=validation.get(step)) for step in shown
        ),
    )


def _has_insights(name: str) -> bool:
    return "insight" in name and name.endswith(".jsonl")


def _curve(text: str, column: str) -> dict[int, float]:
    found: dict[int, float] = {}
    with contextlib.suppress(csv.Error):  # what was read before stays
        for row in csv.DictReader(text.splitlines()):
            try:
                step, value = int(row["step_number"]), float(row[column])
            except (KeyError, TypeError, ValueError):
                continue
            if math.isfinite(value):
                found[step] = value
    return found


def _insights(text: str) -> Iterator[tuple[str, str]]:
    """The status and the reason of each line. The prompt itself is not read: the report has its own texts."""
    for line in text.split("\n"):
        try:
            row = json.loads(line)
            status = str(row["status"]).upper()
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        yield status, str(row.get("reason") or "no reason given")
