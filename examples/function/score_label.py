"""A team's own function that scores answers, for the grader `function` (docs/graders.md).

A label such as `delivery.late` names a queue and a reason. The right label is worth 1, another one of the same queue
0.5, since the message reaches the right people. The pipeline calls it once for each answer.
"""

from typing import Any

VERSION = 1
"""Of the shape of the event."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Returns the score of one answer. An exception leaves the answer unscored; it never counts as wrong."""
    if event["version"] != VERSION:
        raise ValueError(f"the event has version {event['version']}, and this function reads {VERSION}")
    expected, answer = event["reference"].strip(), event["answer"].strip()
    label, queue = answer == expected, answer.partition(".")[0] == expected.partition(".")[0]
    reason = "" if label else "another label of the same queue" if queue else "another queue"
    return {"score": (label + queue) / 2, "reason": reason, "parts": {"label": int(label), "queue": int(queue)}}
