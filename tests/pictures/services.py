"""docs/services.svg: the stacks of an environment, their AWS services, and what flows between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.pictures.drawing import Box, arrow, label, picture

WIDTH, HEIGHT = 1200, 862
BOX_WIDTH, BOX_HEIGHT, STEP = 125, 78, 136
ROWS = (104, 262, 420, 578)
HOME, THERE = 24, 619
NOTE = (
    "Each function has a role (IAM) and a log group (CloudWatch Logs). In one Region, both halves share "
    "foundation and telemetry. CloudTrail and a VPC endpoint are optional."
)


@dataclass(frozen=True, slots=True)
class StackFrame:
    """A stack: its services by column, and those that are only named below them."""

    name: str
    x: float
    row: int
    columns: int
    services: Mapping[int, tuple[str, Sequence[str], str]]
    more: str = ""
    more_at_end: bool = False  # where no arrow crosses the text

    def boxes(self) -> dict[str, Box]:
        return {
            title: Box(self.x + 12 + STEP * column, ROWS[self.row] + 26, BOX_WIDTH, BOX_HEIGHT, title, lines, color)
            for column, (title, lines, color) in self.services.items()
        }

    def draw(self) -> list[str]:
        width = STEP * self.columns + 13
        return [
            f'<rect x="{self.x:g}" y="{ROWS[self.row]}" width="{width}" height="140" rx="12" class="around"/>',
            label(self.x + width - 12, ROWS[self.row] + 18, f"stack {self.name}", "soft", weight=700, anchor="end"),
            *(line for box in self.boxes().values() for line in box.draw()),
            label(
                self.x + (width - 12 if self.more_at_end else 12),
                ROWS[self.row] + 125,
                self.more,
                "soft",
                size=11.5,
                anchor="end" if self.more_at_end else "start",
            ),
        ]


FRAMES = (
    StackFrame(
        "foundation",
        HOME,
        0,
        4,
        {
            0: ("S3", ("prompts, data,", "access logs"), "blue"),
            1: ("DynamoDB", ("the run ledger", ""), "green"),
            2: ("KMS", ("one key", ""), "grey"),
            3: ("SNS", ("notifications", ""), "grey"),
        },
        "Lambda and SQS record who uploaded what",
        more_at_end=True,
    ),
    StackFrame(
        "pipeline",
        HOME,
        1,
        4,
        {
            0: ("EventBridge", ("uploads, job", "events, schedules"), "violet"),
            1: ("Lambda", ("dataset, and a", "function per step"), "amber"),
            2: ("Step Functions", ("one state machine", "for every recipe"), "violet"),
            3: ("SSM", ("names, and the", "alias of a recipe"), "teal"),
        },
        "Lambda URLs for decisions, SQS for dead letters",
    ),
    StackFrame(
        "teardown",
        HOME,
        2,
        1,
        {0: ("Lambda", ("refuses to delete", "what still bills"), "amber")},
        "is deleted first",
    ),
    StackFrame(
        "telemetry",
        HOME,
        3,
        2,
        {
            0: ("CloudWatch", ("dashboard, alarms", "of the pipeline"), "grey"),
            1: ("Budgets", ("the budget of a", "month"), "grey"),
        },
    ),
    StackFrame(
        "foundation-inference",
        THERE,
        0,
        4,
        {
            0: ("S3", ("logged calls,", "access logs"), "blue"),
            1: ("KMS", ("one key", ""), "grey"),
            3: ("SNS", ("notifications", ""), "grey"),
        },
        "S3 only with [logging]",
        more_at_end=True,
    ),
    StackFrame(
        "collection",
        THERE,
        1,
        4,
        {
            0: ("Glue", ("the table over", "the logs"), "violet"),
            1: ("Athena", ("groups equal calls", "in SQL"), "violet"),
            2: ("Lambda", ("collects prompts,", "owns the logging"), "amber"),
            3: ("EventBridge", ("the schedule", ""), "violet"),
        },
        "SQS: dead letters. SSM: names. The whole stack is optional",
    ),
    StackFrame(
        "serving",
        THERE,
        2,
        3,
        {
            0: ("Bedrock", ("an inference", "profile per route"), "teal"),
            1: ("SSM", ("a map for each", "route"), "teal"),
            2: ("Lambda", ("invoke, with", "a URL"), "amber"),
        },
        "applications with the client call Bedrock themselves",
    ),
    StackFrame("telemetry-inference", THERE, 3, 2, {0: ("CloudWatch", ("alarms of routes", "and functions"), "grey")}),
)
"""The stacks in app.py; a test compares them and their services with the synthesized templates."""


def draw() -> str:
    """Returns the picture."""
    at = {(frame.name, title): box for frame in FRAMES for title, box in frame.boxes().items()}
    bedrock = Box(
        24, 746, 1152, 66, "Amazon Bedrock", ("customization jobs, custom models, endpoints, Converse",), "amber"
    )
    callers = Box(
        THERE + 440, ROWS[2] + 26, 112, BOX_HEIGHT, "your callers", ("ask by route,", "never by model"), "grey"
    )
    body = [
        label(24, 36, "An environment: stacks and AWS services", size=17, weight=700, anchor="start"),
        label(
            24,
            58,
            "One key in each Region encrypts what the stacks store there. An arrow is a flow of data or a call.",
            "soft",
            size=13,
            anchor="start",
        ),
        label(HOME + 4 * STEP + 13, 96, "home Region", weight=700, size=14, anchor="end"),
        label(THERE + 4 * STEP + 13, 96, "inference Region", weight=700, size=14, anchor="end"),
        *(line for frame in FRAMES for line in frame.draw()),
        *bedrock.draw(),
        *callers.draw(),
        *_arrows(at, bedrock, callers),
        label(24, 842, NOTE, "soft", size=12, anchor="start"),
    ]
    names = ", ".join(frame.name for frame in FRAMES)
    return picture(WIDTH, HEIGHT, f"The stacks {names}, their AWS services, and Amazon Bedrock", body)


def _arrows(at: Mapping[tuple[str, str], Box], bedrock: Box, callers: Box) -> list[str]:
    prompts, ledger = at["foundation", "S3"], at["foundation", "DynamoDB"]
    events, functions, machine, alias = (
        at["pipeline", name] for name in ("EventBridge", "Lambda", "Step Functions", "SSM")
    )
    calls = at["foundation-inference", "S3"]
    table, query, collect, schedule = (at["collection", name] for name in ("Glue", "Athena", "Lambda", "EventBridge"))
    maps, invoke = at["serving", "SSM"], at["serving", "Lambda"]
    gutter = (HOME + 4 * STEP + 13 + THERE) / 2
    collected = ((collect.middle, collect.y - 2), (collect.middle, 72), (prompts.middle, 72))
    return [
        arrow((prompts.middle, prompts.bottom + 2), (events.middle, events.y - 2)),
        arrow((functions.middle, functions.y - 2), (ledger.middle, ledger.bottom + 2)),
        *(_beside(one, other) for one, other in ((events, functions), (functions, machine), (machine, alias))),
        arrow((machine.middle, machine.bottom + 2), (machine.middle, bedrock.y - 2)),
        arrow((gutter, bedrock.y), (gutter, calls.center), (calls.x - 2, calls.center)),
        arrow((calls.middle, calls.bottom + 2), (table.middle, table.y - 2)),
        *(_beside(one, other) for one, other in ((table, query), (query, collect), (maps, invoke))),
        arrow((schedule.x - 2, schedule.center), (collect.right + 2, collect.center)),
        arrow(*collected, (prompts.middle, prompts.y - 2)),
        arrow((callers.x - 2, callers.center), (invoke.right + 2, invoke.center)),
        arrow((invoke.middle, invoke.bottom + 2), (invoke.middle, bedrock.y - 2)),
        arrow((callers.middle, callers.bottom + 2), (callers.middle, bedrock.y - 2)),
        label(machine.middle + 8, 640, "starts jobs,", "soft", anchor="start"),
        label(machine.middle + 8, 656, "compares models", "soft", anchor="start"),
        label(gutter - 6, 500, "logged calls", "soft", anchor="end"),
        label(760, 66, "collected prompts", "soft"),
        label(invoke.middle + 8, 640, "Converse", "soft", anchor="start"),
        label(callers.middle + 8, 640, "client", "soft", anchor="start"),
    ]


def _beside(one: Box, other: Box) -> str:
    return arrow((one.right + 2, one.center), (other.x - 2, other.center))
