"""On which side of the verdict a logged prompt stands, said when it is asked.

A job that reads invocation logs itself chooses by metadata alone, so what it must never see has to be marked before it
is logged. The mark derives from what is asked, so that the same prompt is always on the same side, and prompts that
differ in letter case or white space alone are too.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.logs import LogSource
from distillery.core.names import METADATA_SIDE

ONE_IN = 5
"""Prompts held back for a verdict: the share is one for all recipes, since a call knows none."""

DEVIATIONS = 3
"""By how many standard deviations chance may leave fewer: it leaves still fewer once in some 700 times."""


class Side(StrEnum):
    TRAIN = "train"
    HELDOUT = "heldout"


def side_of(prompt: Prompt) -> Side:
    return Side.HELDOUT if int(prompt.folded_digest[:8], 16) % ONE_IN == 0 else Side.TRAIN


def side_of_conversation(conversation: Mapping[str, Any]) -> Side:
    """Of `messages` and `system` as Converse takes them, one text each."""
    system = conversation.get("system")
    messages = tuple((turn["role"], turn["content"][0]["text"]) for turn in conversation["messages"])
    return side_of(Prompt(system=system[0]["text"] if system else None, messages=messages, reference=None))


def of_side(source: LogSource, side: Side) -> LogSource:
    """The same calls, of one side alone: one pair more, under the same operator."""
    match: Mapping[str, str] = {**source.match, METADATA_SIDE: side.value}
    return replace(source, match=match)


def least_held_out(different: int, *, share: float, most: int) -> int:
    """So many of these different prompts judge a student, at least: the recipe's share, up to its most, and where the
    mark gives fewer than that share, as many as chance leaves of one in five."""
    marked = different / ONE_IN
    by_chance = marked - DEVIATIONS * math.sqrt(marked * (1 - 1 / ONE_IN))
    return max(1, min(most, round(share * different), math.ceil(by_chance)))
