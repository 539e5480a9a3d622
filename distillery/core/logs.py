"""Prompts from invocation logs: which requests a recipe uses, from when, and how they are read.

Bedrock logs the `requestMetadata` of a Converse request with it, and filters by it: "To filter the logs using multiple
request metadata, use a single Boolean operator AND, OR, or NOT. You cannot combine operations" (UG
distillation-data-prep-option-2). So a filter is one operator over all its pairs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from distillery.core.limits import METADATA_MAX
from distillery.core.principals import Principals

METADATA = re.compile(r"[a-zA-Z0-9\s._:/=+$@-]*")
"""Keys and values of `requestMetadata` and of its filters. API."""

METADATA_PAIRS = 16
"""The most pairs of one request, and of one filter. API, UG distillation-data-prep-option-2."""

DAMAGED_FILE = "damaged, and what follows the damage is lost"
"""Why calls of a log file are left out. The number is of files; that of calls is not known."""

DAMAGED_LINE = "not JSON, and so damaged"
"""Why a line of a log file is left out. The number is of lines."""


class LogReadMode(StrEnum):
    """How the logs are read."""

    READ = "read"
    """Record by record, for small logs."""
    ATHENA = "athena"
    """By an Athena query, for large logs."""
    DIRECT = "direct"
    """By the job itself. The Regions must be the same."""


class Operator(StrEnum):
    """How pairs are combined. A call without a key has no value for it."""

    AND = "and"
    """A call must have all of them."""
    OR = "or"
    """A call must have at least one."""
    NOT = "not"
    """A call must have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """Which logged calls a recipe collects prompts from."""

    match: Mapping[str, str]
    """Pairs of `requestMetadata` that a call must have."""
    operator: Operator = Operator.AND
    """How the pairs of `match` are combined."""
    how: LogReadMode = LogReadMode.READ
    """How the logs are read."""
    days: int = 30
    """How many days back calls are collected."""
    schedule: str | None = None
    """A `rate(…)` or `cron(…)` expression of EventBridge. Default: only `distillery collect` collects."""
    use_responses: bool = False
    """Whether the logged answers are trained on. The teacher must have given them."""
    principals: tuple[str, ...] = ()
    """Patterns of the principals whose calls are collected (`distillery.core.principals`). Default: everybody's. Any
    caller can send the metadata that `match` asks for, so a recipe with `schedule` must name some."""
    anybody_may_teach: date | None = None
    """With `how = "direct"`, where a job reads the logs and sees no principals: the day on which somebody checked that
    every caller may teach the student."""

    def teachers(self, account: str) -> Principals | None:
        """The principals whose calls are used; None for everybody. `account` is for patterns without an account."""
        return Principals.of(self.principals, account=account) if self.principals else None

    def matches(self, metadata: Mapping[str, str]) -> bool:
        """Whether a call with this metadata matches."""
        least, most = self.bounds
        return least <= sum(metadata.get(key) == value for key, value in self.match.items()) <= most

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest number of matching pairs."""
        everything = len(self.match)
        return {Operator.AND: (everything, everything), Operator.OR: (1, everything), Operator.NOT: (0, 0)}[
            self.operator
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationLogs:
    """Logs that a job reads itself: all calls under `uri` whose metadata holds every pair of `match`."""

    uri: str
    match: Mapping[str, str]
    use_responses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectLogs:
    """What replaces prompts where a job reads logs: the logs, their counts, and held-out lines that the job does not
    see.

    Attributes:
        different: Distinct prompts among the calls, ignoring letter case and white space.
        tokens: Estimated tokens of calls and held-out prompts together.
    """

    logs: InvocationLogs
    calls: int
    different: int
    tokens: int
    heldout: tuple[str, ...]


def metadata_filters(match: Mapping[str, str], operator: Operator) -> dict[str, Any]:
    """The `requestMetadataFilters` of a job: one pair is a member of the union by itself, several are a list.

    Raises KeyError without pairs: the API has no filter that matches everything.
    """
    base = "notEquals" if operator is Operator.NOT else "equals"
    pairs = [{base: {key: value}} for key, value in match.items()]
    if len(pairs) == 1:
        return pairs[0]
    if not pairs:
        raise KeyError("a filter needs at least one pair")
    return {"orAll" if operator is Operator.OR else "andAll": pairs}


def fits(text: str) -> bool:
    """Whether Bedrock accepts the text as a key or value of metadata."""
    return 0 < len(text) <= METADATA_MAX and METADATA.fullmatch(text) is not None
