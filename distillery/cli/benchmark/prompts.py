"""The prompts of a benchmark: generated texts of a similar length, or a file of the user's own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any

from distillery.client.single_step import user_message
from distillery.core.errors import BadRequest
from distillery.core.tokens import estimate_tokens

WORDS = 80
SUBJECTS = ("rivers", "clocks", "bread", "maps", "glass", "salt", "bridges", "paper", "tea", "ships")


@dataclass(frozen=True, slots=True)
class BenchmarkPrompt:
    """conversation: `messages`, and `system` if there is one, as Converse takes them."""

    conversation: Mapping[str, Any]

    @property
    def tokens(self) -> int:
        """Estimated tokens of the conversation as JSON."""
        return estimate_tokens(json.dumps(self.conversation, ensure_ascii=False))


def generated() -> Iterator[BenchmarkPrompt]:
    """Yields prompts without end. All of them differ, so that no cache can answer."""
    for number, subject in zip(count(1), cycle(SUBJECTS), strict=False):
        yield _from_text(f"Question {number}. Write about {WORDS} words on the history of {subject}.")


def from_file(file: Path) -> Iterator[BenchmarkPrompt]:
    """Yields the prompts of a file over and over.

    A `.jsonl` file holds conversations as recipes learn from them, whose last answer is left out; any other file holds
    one prompt per line. Raises BadRequest for a file without prompts, or with a line that is not a conversation.
    """
    read = _from_conversation if file.suffix == ".jsonl" else _from_text
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise BadRequest(f"{file} has no prompts")
    return cycle([read(line) for line in lines])


def _from_text(text: str) -> BenchmarkPrompt:
    return BenchmarkPrompt(user_message(text))


def _from_conversation(line: str) -> BenchmarkPrompt:
    try:
        conversation = json.loads(line)
        messages = conversation["messages"]
        messages = messages[:-1] if messages[-1]["role"] == "assistant" else messages
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadRequest(f"not a conversation; `distillery check FILE` tells the reason: {line[:60]}") from error
    system = {"system": conversation["system"]} if conversation.get("system") else {}
    return BenchmarkPrompt({"messages": messages, **system})
