"""Reading a job's training file, with the limits that Bedrock puts on it.

Quotas: AWS General Reference, "Amazon Bedrock endpoints and quotas" (100 to 15,000 prompts, 2 GB, 16 KB a line).
Format: User Guide, "Prepare your training datasets for distillation" (bedrock-conversation-2024; Anthropic and
Meta single-turn only, Nova multi-turn). That an invalid line fails the whole job is this simulator's choice: the
guide does not say whether it is dropped.
"""

import json
from typing import Any

from bedrock_simulator.models.storage import Rejected
from bedrock_simulator.models.teacher import Example
from bedrock_simulator.models.text import Prompt

SCHEMA = "bedrock-conversation-2024"
LEAST_PROMPTS, MOST_PROMPTS = 100, 15_000
MOST_BYTES = 2 * 1024**3
MOST_LINE_BYTES = 16 * 1024


def read(body: bytes, *, multi_turn: bool) -> tuple[Example, ...]:
    """The file's prompts in order; `Rejected` names the first line at fault and why."""
    examples = parse(body, multi_turn=multi_turn)
    if not LEAST_PROMPTS <= len(examples) <= MOST_PROMPTS:
        raise Rejected(
            f"The training file has {len(examples)} prompts; a distillation job takes {LEAST_PROMPTS} to "
            f"{MOST_PROMPTS}."
        )
    return examples


def parse(body: bytes, *, multi_turn: bool, what: str = "training") -> tuple[Example, ...]:
    """The same however few they are."""
    if len(body) > MOST_BYTES:
        raise Rejected(f"The {what} file has {len(body)} bytes; at most {MOST_BYTES} are allowed.")
    lines = [line for line in body.split(b"\n") if line.strip()]
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_example(line, multi_turn))
        except Rejected as why:
            raise Rejected(f"Line {number} of the {what} file is invalid: {why}") from None
    return tuple(found)


def _example(line: bytes, multi_turn: bool) -> Example:
    if len(line) > MOST_LINE_BYTES:
        raise Rejected(f"it has {len(line)} bytes, at most {MOST_LINE_BYTES} are allowed.")
    try:
        record = json.loads(line)
    except ValueError:
        raise Rejected("it is not JSON.") from None
    if not isinstance(record, dict) or record.get("schemaVersion") != SCHEMA:
        raise Rejected(f"schemaVersion must be {SCHEMA}.")
    system = " ".join(texts(record.get("system", []), "system"))
    turns = read_turns(record.get("messages"))
    golden = turns.pop()[1] if turns[-1][0] == "assistant" else None
    if len(turns) > 1 and not multi_turn:
        raise Rejected("this student takes single-turn conversations only.")
    return Example(Prompt(system, "\n".join(said for _, said in turns)), golden)


def read_turns(messages: Any) -> list[tuple[str, str]]:
    """The (role, text) of every turn, which alternate from the user on; Rejected otherwise."""
    if not isinstance(messages, list) or not messages:
        raise Rejected("messages must be a list with at least one user message.")
    turns = []
    for place, message in enumerate(messages):
        expected = ("user", "assistant")[place % 2]
        if not isinstance(message, dict) or message.get("role") != expected:
            raise Rejected(f"message {place + 1} must have the role {expected}.")
        turns.append((expected, "\n".join(texts(message.get("content"), "content"))))
    return turns


def texts(blocks: Any, where: str) -> list[str]:
    """The texts of blocks that must all be text."""
    wanted = where == "content"
    if not isinstance(blocks, list) or (wanted and not blocks):
        raise Rejected(f"{where} must be a list of text blocks.")
    if not all(isinstance(b, dict) and isinstance(b.get("text"), str) for b in blocks):
        raise Rejected(f"{where} may hold text blocks only.")
    if wanted and not any(block["text"].strip() for block in blocks):
        raise Rejected("its text is empty.")
    return [block["text"] for block in blocks]
