"""On which side of the verdict a logged prompt stands, said when it is asked.

A job that reads invocation logs itself chooses by metadata alone, so what it must never see has to be marked before it
is logged. The mark derives from what is asked, so that the same prompt is always on the same side, and prompts that
differ in letter case or white space alone are too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lambdas.shared.conversation import Prompt

ONE_IN = 5
"""Prompts held back for a verdict: the share is one for all recipes, since a call knows none."""


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
