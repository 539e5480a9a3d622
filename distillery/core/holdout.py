"""Marks each logged request as training data or held out, when it is made.

A job that reads invocation logs selects requests by metadata only, so a request that it must not see has to be marked
before it is logged. The mark derives from the prompt. The same prompt always gets the same mark, and so do prompts that
differ only in letter case or white space.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from distillery.core.conversation import Prompt
from distillery.core.names import METADATA_SIDE

if TYPE_CHECKING:
    from distillery.core.logs import LogSource  # slow to import, and the function that marks requests reads no logs

ONE_IN = 5
"""One prompt in this many is held out. All recipes have the same share, because a request does not name a recipe."""

DEVIATIONS = 3
"""How many standard deviations below the expected number are tolerated: about 1 in 700 samples has fewer."""


class Side(StrEnum):
    TRAIN = "train"
    HELDOUT = "heldout"


def side_of(prompt: Prompt) -> Side:
    return Side.HELDOUT if int(prompt.folded_digest[:8], 16) % ONE_IN == 0 else Side.TRAIN


def side_of_conversation(conversation: Mapping[str, Any]) -> Side:
    """The side of `messages` and `system` as Converse takes them, one text each."""
    system = conversation.get("system")
    messages = tuple((turn["role"], turn["content"][0]["text"]) for turn in conversation["messages"])
    return side_of(Prompt(system=system[0]["text"] if system else None, messages=messages, reference=None))


def of_side(source: "LogSource", side: Side) -> "LogSource":
    """The same source restricted to one side, by one more pair under the same operator."""
    match: Mapping[str, str] = {**source.match, METADATA_SIDE: side.value}
    return replace(source, match=match)


def least_held_out(different: int, *, share: float, most: int) -> int:
    """The least number of distinct held-out prompts for a verdict.

    It is the recipe's share, up to its maximum. Where the marks give fewer, it is as many as chance leaves of one in
    five.
    """
    marked = different / ONE_IN
    by_chance = marked - DEVIATIONS * math.sqrt(marked * (1 - 1 / ONE_IN))
    return max(1, min(most, round(share * different), math.ceil(by_chance)))
