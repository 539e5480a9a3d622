"""Texts, roles and conversations, which all chat formats have."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from distillery.core.conversation import ROLES, Prompt
from distillery.core.escaping import one_line, quoted

JOINT = "\n\n"
MAX_FIELDS, OTHER_FIELDS = 100, "other fields"
TOOL_KEYS = ("tool_calls", "function_call", "tools", "functions", "tool_use")


class NotConvertible(Exception):
    """A record cannot be converted. The text says why, and never quotes a prompt."""


@dataclass(slots=True)
class Reading:
    """The options of a conversion, and what it counts.

    join: whether several texts of one message, and several messages in a row by one role, are joined with a blank line.
    left_out: fields of records that are not part of a prompt, by name.
    """

    join: bool = False
    left_out: Counter[str] = field(default_factory=Counter)

    def note(self, value: Mapping[str, Any], used: Iterable[str], where: str = "") -> None:
        """Counts the fields of an object that are left out."""
        for name in value.keys() - set(used):
            if value[name] not in (None, "", [], {}):
                field = f"{where}{one_line(name, 40)}"
                known = field in self.left_out or len(self.left_out) < MAX_FIELDS
                self.left_out[field if known else OTHER_FIELDS] += 1


def refuse_tools(value: Mapping[str, Any], where: str) -> None:
    for name in TOOL_KEYS:
        if value.get(name):
            raise NotConvertible(f"{where} has {name}, and distillation is text to text")


def as_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise NotConvertible(f"{where} is {'missing' if value is None else 'not a text'}")
    return value


def as_object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotConvertible(f"{where} is not an object")
    return value


def as_list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotConvertible(f"{where} is {'missing' if value is None else 'not a list'}")
    return value


def text_of(content: Any, where: str, reading: Reading) -> str:
    """Returns a content that is a text or a list of blocks of text."""
    if isinstance(content, str):
        return content
    if content is None:
        raise NotConvertible(f"{where} has no content")
    texts = [
        _block(block, f"block {number} of {where}", reading)
        for number, block in enumerate(as_list(content, f"the content of {where}"), 1)
    ]
    if not texts:
        raise NotConvertible(f"{where} has no content")
    if len(texts) > 1 and not reading.join:
        raise NotConvertible(f"{where} has {len(texts)} texts; --join joins them")
    return JOINT.join(texts)


def _block(block: Any, where: str, reading: Reading) -> str:
    if isinstance(block, str):
        return block
    kind = as_object(block, where).get("type", "text")
    if kind not in ("text", "input_text", "output_text"):
        raise NotConvertible(f"{where} is no text ({quoted(kind, 40)})")
    reading.note(block, ("type", "text"), "content.")
    return as_text(block.get("text"), f"the text of {where}")


def conversation(systems: list[str], turns: list[tuple[str, str]], reading: Reading) -> Prompt:
    """Returns the prompt of a conversation; the answer is its last turn, if the assistant speaks last."""
    systems = [text for text in systems if text.strip()]
    if len(systems) > 1 and not reading.join:
        raise NotConvertible(f"it has {len(systems)} system prompts; --join joins them")
    merged: list[tuple[str, str]] = []
    for number, (role, text) in enumerate(turns, 1):
        if not text.strip():
            raise NotConvertible(f"message {number} is empty")
        if merged and merged[-1][0] == role:
            if not reading.join:
                raise NotConvertible(f"messages {number - 1} and {number} are both by the {role}; --join joins them")
            merged[-1] = (role, merged[-1][1] + JOINT + text)
        else:
            merged.append((role, text))
    if not merged:
        raise NotConvertible("it has no message by the user")
    if merged[0][0] != ROLES[0]:
        raise NotConvertible("its first message is by the assistant")
    reference = merged.pop()[1] if merged[-1][0] == ROLES[1] else None
    return Prompt(system=JOINT.join(systems) or None, messages=tuple(merged), reference=reference)
