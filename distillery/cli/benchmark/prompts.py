"""What is asked: texts of a known length about one subject after the other, or a file of one's own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any

from distillery.client.single_step import user_message
from distillery.core.errors import BadRequest

WORDS = 80
SUBJECTS = ("rivers", "clocks", "bread", "maps", "glass", "salt", "bridges", "paper", "tea", "ships")


@dataclass(frozen=True, slots=True)
class Prompt:
    """conversation: `messages`, and `system` if there is one, as Converse takes them."""

    conversation: Mapping[str, Any]

    @property
    def characters(self) -> int:
        return len(json.dumps(self.conversation, ensure_ascii=False))


def own() -> Iterator[Prompt]:
    """Without end, and no two alike: an answer that a cache has would be no measurement."""
    for number, subject in zip(count(1), cycle(SUBJECTS), strict=False):
        yield _asking(f"Question {number}. Write about {WORDS} words on the history of {subject}.")


def of(file: Path) -> Iterator[Prompt]:
    """The file's prompts over and over. `.jsonl`: conversations as they are distilled from, whose last answer is left
    out; otherwise one prompt a line. Raises BadRequest."""
    read = _conversation if file.suffix == ".jsonl" else _asking
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise BadRequest(f"{file} has no prompts")
    return cycle([read(line) for line in lines])


def _asking(text: str) -> Prompt:
    return Prompt(user_message(text))


def _conversation(line: str) -> Prompt:
    try:
        said = json.loads(line)
        messages = said["messages"][:-1] if said["messages"][-1]["role"] == "assistant" else said["messages"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadRequest(f"no conversation, see distillery check: {line[:60]}") from error
    system = {"system": said["system"]} if said.get("system") else {}
    return Prompt({"messages": messages, **system})
