"""docs/pipeline.svg: the stages in their order, from logged calls to callers and back."""

from collections.abc import Sequence
from itertools import pairwise

from tests.pictures.drawing import Box, arrow, label, picture

WIDTH, HEIGHT = 1200, 308
STAGES: Sequence[tuple[str, Sequence[str], str, Sequence[str]]] = (
    ("collection", ("logged calls", "become prompts"), "grey", ("invocation logs,", "optional")),
    ("dataset", ("prompts checked,", "split, priced"), "blue", ("JSONL in S3",)),
    ("distillation", ("teacher answers,", "student learns"), "green", ("customization job",)),
    ("endpoint", ("a candidate,", "short-lived"), "amber", ("deployment or", "Provisioned", "Throughput")),
    ("evaluation", ("teacher, untrained,", "student compared"), "violet", ("Converse,", "judges if any")),
    ("promotion", ("live endpoint takes", "what passed"), "teal", ("SSM alias",)),
    ("serving", ("callers ask", "by route"), "grey", ("inference profiles",)),
)
SAFETY = (
    "Nothing is spent until the estimate is within the budget. A failed run leaves nothing that bills by the hour. "
    "The alias names only models that passed or that a person accepted."
)
RELEASED = (
    "neither passed nor accepted, or any failure: the candidate is released, the run is closed, "
    "the live endpoint stays as it was"
)


def draw() -> str:
    """Returns the picture."""
    boxes = [Box(24 + 167 * n, 108, 150, 82, name, lines, color) for n, (name, lines, color, _) in enumerate(STAGES)]
    at = {box.title: box for box in boxes}
    body = [
        label(24, 38, "One state machine, one pipeline", size=17, weight=700, anchor="start"),
        label(24, 60, SAFETY, "soft", size=13, anchor="start"),
    ]
    for box, (_, _, color, what) in zip(boxes, STAGES, strict=True):
        body += box.draw()
        body += [label(box.middle, box.bottom + 20 + 16 * n, line, f"say-{color}") for n, line in enumerate(what)]
    for before, after in pairwise(boxes):
        body.append(arrow((before.right + 2, before.center), (after.x - 2, after.center)))
    serving, collection, evaluation, endpoint = (
        at[name] for name in ("serving", "collection", "evaluation", "endpoint")
    )
    back = (
        (serving.middle, serving.y - 2),
        (serving.middle, 84),
        (collection.middle, 84),
        (collection.middle, collection.y - 2),
    )
    released = (
        (evaluation.x + 20, evaluation.bottom + 2),
        (evaluation.x + 20, 262),
        (endpoint.right - 20, 262),
        (endpoint.right - 20, endpoint.bottom + 2),
    )
    body += [
        arrow(*back),
        label(WIDTH / 2, 98, "calls, logged if the environment owns the logs", "soft"),
        arrow(*released, alarm=True),
        label((evaluation.middle + endpoint.middle) / 2, 286, RELEASED, "alarm"),
    ]
    return picture(WIDTH, HEIGHT, "The pipeline: " + ", ".join(at), body)
