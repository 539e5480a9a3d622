"""The formats that people have. Each turns a record into a prompt, or raises NotConvertible."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from distillery.cli.conversion.turns import (
    JOINT,
    NotConvertible,
    Reading,
    as_list,
    as_object,
    as_text,
    conversation,
    refuse_tools,
    text_of,
)
from distillery.core.conversation import Prompt
from distillery.core.escaping import quoted


class PromptFormat(StrEnum):
    OPENAI = "openai"
    ANTHROPIC = "anthropic-messages"
    SHAREGPT = "sharegpt"
    ALPACA = "alpaca"
    PROMPT_COMPLETION = "prompt-completion"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the fields of a table: of a CSV file, or of flat JSON objects."""

    prompt: str = "prompt"
    answer: str | None = None
    system: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.prompt, self.answer, self.system) if name is not None)


ROLES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("user", "human"), "user"),
        **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "ai"), "assistant"),
        **dict.fromkeys(("system", "developer"), "system"),
    }
)
"""Roles by the names that formats give them. Tools and functions are none: distillation is text to text."""


def read_openai(record: Any, reading: Reading) -> Prompt:
    """OpenAI's chats: for fine-tuning (`messages`), or the requests of a batch (`body`)."""
    body = _unwrapped(as_object(record, "the record"), "body", reading)
    refuse_tools(body, "it")
    reading.note(body, ("messages",))
    return _chat(body.get("messages"), reading, role="role", content="content")


def read_anthropic(record: Any, reading: Reading) -> Prompt:
    """Requests of Anthropic's Messages API, or of a batch (`params`). The system prompt is beside the messages."""
    body = _unwrapped(as_object(record, "the record"), "params", reading)
    refuse_tools(body, "it")
    reading.note(body, ("messages", "system"))
    system = text_of(body["system"], "the system prompt", reading) if body.get("system") else ""
    return _chat(body.get("messages"), reading, role="role", content="content", system=system)


def read_sharegpt(record: Any, reading: Reading) -> Prompt:
    body = as_object(record, "the record")
    refuse_tools(body, "it")
    turns = next((name for name in ("conversations", "conversation") if name in body), "conversations")
    reading.note(body, (turns, "system"))
    system = as_text(body.get("system") or "", "the system prompt")
    return _chat(body.get(turns), reading, role="from", content="value", system=system)


def read_alpaca(record: Any, reading: Reading) -> Prompt:
    """`instruction`, `input` and `output`; `system` and `history`, a list of pairs, are optional."""
    body = as_object(record, "the record")
    reading.note(body, ("instruction", "input", "output", "system", "history"))
    turns = []
    for number, pair in enumerate(as_list(body.get("history") or [], "history"), 1):
        asked, answered = _pair(pair, f"pair {number} of history")
        turns += [("user", asked), ("assistant", answered)]
    given = as_text(body.get("input") or "", "input")
    instruction = as_text(body.get("instruction"), "instruction")
    turns.append(("user", JOINT.join(part for part in (instruction, given) if part.strip())))
    return _with_answer(turns, body.get("output"), "output", as_text(body.get("system") or "", "system"), reading)


def read_prompt_completion(record: Any, reading: Reading) -> Prompt:
    """Hugging Face's pairs: both are texts, or both are lists of messages."""
    body = as_object(record, "the record")
    refuse_tools(body, "it")
    reading.note(body, ("prompt", "completion"))
    prompt, completion = body.get("prompt"), body.get("completion")
    if isinstance(prompt, list):
        messages = prompt if completion is None else prompt + as_list(completion, "completion")
        return _chat(messages, reading, role="role", content="content")
    return _with_answer([("user", as_text(prompt, "prompt"))], completion, "completion", "", reading)


def table_reader(columns: Columns) -> "Reader":
    """Returns a reader of flat records, whose fields are named by options."""

    def read(record: Any, reading: Reading) -> Prompt:
        row = as_object(record, "the record")
        reading.note(row, columns.names)
        answer = row.get(columns.answer) if columns.answer else None
        system = as_text(row.get(columns.system) or "", quoted(columns.system)) if columns.system else ""
        prompt = as_text(row.get(columns.prompt), quoted(columns.prompt))
        return _with_answer([("user", prompt)], answer, quoted(columns.answer), system, reading)

    return read


Reader = Callable[[Any, Reading], Prompt]
READERS: Mapping[PromptFormat, Reader] = MappingProxyType(
    {
        PromptFormat.OPENAI: read_openai,
        PromptFormat.ANTHROPIC: read_anthropic,
        PromptFormat.SHAREGPT: read_sharegpt,
        PromptFormat.ALPACA: read_alpaca,
        PromptFormat.PROMPT_COMPLETION: read_prompt_completion,
    }
)
"""The formats whose fields have fixed names."""


def guess(record: Any) -> PromptFormat | None:
    """Returns the format that a record looks like, if any. Bedrock's own is none."""
    if not isinstance(record, dict) or "schemaVersion" in record:
        return None
    body = next((record[name] for name in ("body", "params") if isinstance(record.get(name), dict)), record)
    if isinstance(body.get("messages"), list):
        is_anthropic = "system" in body or "params" in record or "anthropic_version" in body
        return PromptFormat.ANTHROPIC if is_anthropic else PromptFormat.OPENAI
    keys = {
        "conversations": PromptFormat.SHAREGPT,
        "conversation": PromptFormat.SHAREGPT,
        "instruction": PromptFormat.ALPACA,
        "completion": PromptFormat.PROMPT_COMPLETION,
    }
    if isinstance(record.get("prompt"), list):
        return PromptFormat.PROMPT_COMPLETION
    found = next((form for name, form in keys.items() if name in record), None)
    return PromptFormat.JSONL if found is None and record and all(isinstance(key, str) for key in record) else found


def _unwrapped(record: dict[str, Any], name: str, reading: Reading) -> dict[str, Any]:
    if "messages" in record or name not in record:
        return record
    reading.note(record, (name,))
    return as_object(record[name], name)


def _chat(messages: Any, reading: Reading, *, role: str, content: str, system: str = "") -> Prompt:
    systems, turns = [system], []
    for number, each in enumerate(as_list(messages, "its list of messages"), 1):
        where = f"message {number}"
        message = as_object(each, where)
        refuse_tools(message, where)
        who = message.get(role)
        known = ROLES.get(who) if isinstance(who, str) else None
        if known is None:
            raise NotConvertible(f"{where} is by {quoted(who, 40)}, which is neither a user nor an assistant")
        reading.note(message, (role, content), "messages.")
        text = text_of(message.get(content), where, reading)
        if known != "system":
            turns.append((known, text))
        elif turns:
            raise NotConvertible(f"{where} is a system prompt within the conversation")
        else:
            systems.append(text)
    return conversation(systems, turns, reading)


def _with_answer(turns: list[tuple[str, str]], answer: Any, name: str, system: str, reading: Reading) -> Prompt:
    """An empty answer is none, as tables have it for rows without a label."""
    text = "" if answer is None else as_text(answer, name)
    return conversation([system], [*turns, ("assistant", text)] if text.strip() else turns, reading)


def _pair(pair: Any, where: str) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise NotConvertible(f"{where} is not a list of two texts")
    return as_text(pair[0], where), as_text(pair[1], where)
