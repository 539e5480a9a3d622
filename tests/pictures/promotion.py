"""docs/promotion.svg: what goes from one environment to the next, and who decides."""

from collections.abc import Sequence
from itertools import pairwise

from tests.pictures.drawing import Box, arrow, label, picture

WIDTH, HEIGHT = 1120, 500
COLUMNS = {"dev": 24.0, "staging": 405.0, "prod": 786.0}
WIDE, BOX = 310.0, 262.0
ACCOUNTS = {"dev": "account 111111111111", "staging": "account 222222222222", "prod": "account 333333333333"}
ADMISSION = ("admission", ("verifies the record by pinned keys,", "uses it once"), "violet")
RUN = ("run", ("trains on the same prompts,", "judged by its own thresholds"), "green")
ACCEPTED = ("acceptance", ("an approver lets the student go live,", "or declines it"), "amber")
FIRST = ("run", ("teacher answers, student learns,", "and passes"), "green")
LIVE = ("live", ("callers use the student's route;", "a rollback takes minutes"), "teal")
RECORD = ("signed record", ("verdict, model, SHA-256 of the prompts;", "names the records before it"), "violet")
PROMPTS = ("prompts", ("training and held-out file,", "unchanged"), "blue")
STAGES: dict[str, Sequence[tuple[str, Sequence[str], str]]] = {
    "dev": (RECORD, PROMPTS, FIRST, LIVE),
    "staging": (ADMISSION, RUN, ACCEPTED, LIVE),
    "prod": (ADMISSION, RUN, ACCEPTED, LIVE),
}
NOTE = (
    "Nothing is spent or uploaded before the target has admitted the record. "
    "The same command continues a promotion that was interrupted."
)


def draw() -> str:
    """Returns the picture."""
    body = [
        label(30, 36, "From one environment to the next", size=17, weight=700, anchor="start"),
        label(30, 58, NOTE, "soft", size=13, anchor="start"),
    ]
    boxes = {name: _column(x, name) for name, x in COLUMNS.items()}
    for name, column in boxes.items():
        x = COLUMNS[name]
        body += [
            f'<rect x="{x:g}" y="78" width="{WIDE:g}" height="404" rx="12" class="around"/>',
            label(x + 14, 102, name, size=15, weight=700, anchor="start"),
            label(x + WIDE - 14, 102, ACCOUNTS[name], "soft", anchor="end"),
        ]
        for box in column:
            body += box.draw()
    record, prompts, first, live = boxes["dev"]
    around = first.x - 14
    body += [
        arrow((prompts.middle, prompts.bottom + 2), (first.middle, first.y - 2)),
        arrow((first.middle, first.bottom + 2), (live.middle, live.y - 2)),
        arrow(
            (first.x - 2, first.center), (around, first.center), (around, record.center), (record.x - 2, record.center)
        ),
    ]
    for name in ("staging", "prod"):
        for before, after in pairwise(boxes[name]):
            body.append(arrow((before.middle, before.bottom + 2), (after.middle, after.y - 2)))
    body += [*_passed(record, boxes["staging"][0], "record"), *_passed(prompts, boxes["staging"][1], "prompts")]
    _, run, accepted, _ = boxes["staging"]
    body += [*_passed(accepted, boxes["prod"][0], "its record"), *_passed(run, boxes["prod"][1], "prompts")]
    return picture(WIDTH, HEIGHT, f"A promotion through {', '.join(COLUMNS)}", body)


def _column(x: float, name: str) -> list[Box]:
    inside = x + (WIDE - BOX) / 2
    return [Box(inside, 116 + 92 * n, BOX, 72, *stage) for n, stage in enumerate(STAGES[name])]


def _passed(left: Box, right: Box, what: str) -> list[str]:
    """An arrow to the next account, with what goes there above its tip."""
    start, end = (left.right + 2, left.center), (right.x - 2, right.center)
    turn = start[0] + 24
    bends = [] if left.center == right.center else [(turn, start[1]), (turn, end[1])]
    return [arrow(start, *bends, end), label(end[0] - 57, end[1] - 7, what, "soft")]
