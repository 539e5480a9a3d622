"""Reads training and validation files, within Bedrock's limits.

Distillation. Quotas: AWS General Reference, "Amazon Bedrock endpoints and quotas" (100 to 15,000 prompts, 2 GB, 16 KB a
line). Format: User Guide, "Prepare your training datasets for distillation" (bedrock-conversation-2024; Anthropic and
Meta single-turn only, Nova multi-turn). That an invalid line fails the whole job is the simulator's choice: the guide
does not say whether it is skipped.

Fine-tuning. User Guide, "Prepare data for fine-tuning your models" (three formats, one for each family) and Nova User
Guide, "Preparing data" (`schemaVersion` may be anything, reserved words fail the job). A token is four characters here.
That an invalid line fails the whole job is the simulator's choice, except for reserved words, where it is documented.
"""

from collections.abc import Callable
from typing import Any

from bedrock_simulator import json_text
from bedrock_simulator.catalog import fine_tuning
from bedrock_simulator.catalog.fine_tuning import FineTuning, TrainingFormat
from bedrock_simulator.models import text
from bedrock_simulator.models.storage import JobInputError
from bedrock_simulator.models.text import Example, Prompt

SCHEMA = "bedrock-conversation-2024"
MIN_PROMPTS, MAX_PROMPTS = 100, 15_000
MAX_BYTES = 2 * 1024**3
MAX_LINE_BYTES = 16 * 1024


def read_distillation(body: bytes, *, multi_turn: bool) -> tuple[Example, ...]:
    """Returns the file's prompts in order. Raises JobInputError for the first invalid line."""
    examples = parse_conversations(body, multi_turn=multi_turn)
    if not MIN_PROMPTS <= len(examples) <= MAX_PROMPTS:
        raise JobInputError(
            f"The training file has {len(examples)} prompts; a distillation job takes {MIN_PROMPTS} to {MAX_PROMPTS}."
        )
    return examples


def parse_conversations(body: bytes, *, multi_turn: bool, what: str = "training") -> tuple[Example, ...]:
    """As `read_distillation`, with any number of prompts."""
    if len(body) > MAX_BYTES:
        raise JobInputError(f"The {what} file has {len(body)} bytes; at most {MAX_BYTES} are allowed.")
    lines = [line for line in body.split(b"\n") if line.strip()]
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_conversation_example(line, multi_turn))
        except JobInputError as why:
            raise JobInputError(f"Line {number} of the {what} file is invalid: {why}") from None
    return tuple(found)


def _conversation_example(line: bytes, multi_turn: bool) -> Example:
    if len(line) > MAX_LINE_BYTES:
        raise JobInputError(f"it has {len(line)} bytes, at most {MAX_LINE_BYTES} are allowed.")
    try:
        record = json_text.parse(line)
    except ValueError:
        raise JobInputError("it is not JSON.") from None
    if not isinstance(record, dict) or record.get("schemaVersion") != SCHEMA:
        raise JobInputError(f"schemaVersion must be {SCHEMA}.")
    system = " ".join(texts(record.get("system", []), "system"))
    turns = read_turns(record.get("messages"))
    golden = turns.pop()[1] if turns[-1][0] == "assistant" else None
    if len(turns) > 1 and not multi_turn:
        raise JobInputError("this student takes single-turn conversations only.")
    return Example(Prompt(system, "\n".join(content for _, content in turns)), golden)


def read_turns(messages: Any) -> list[tuple[str, str]]:
    """Returns the (role, text) of turns that alternate from the user on. Raises JobInputError."""
    if not isinstance(messages, list) or not messages:
        raise JobInputError("messages must be a list with at least one user message.")
    turns = []
    for index, message in enumerate(messages):
        expected = ("user", "assistant")[index % 2]
        if not isinstance(message, dict) or message.get("role") != expected:
            raise JobInputError(f"message {index + 1} must have the role {expected}.")
        turns.append((expected, "\n".join(texts(message.get("content"), "content"))))
    return turns


def texts(blocks: Any, field: str) -> list[str]:
    """Returns the texts of blocks that must all be text."""
    required = field == "content"
    if not isinstance(blocks, list) or (required and not blocks):
        raise JobInputError(f"{field} must be a list of text blocks.")
    if not all(isinstance(b, dict) and isinstance(b.get("text"), str) for b in blocks):
        raise JobInputError(f"{field} may hold text blocks only.")
    if required and not any(block["text"].strip() for block in blocks):
        raise JobInputError("its text is empty.")
    return [block["text"] for block in blocks]


MAX_FINE_TUNING_BYTES = 10 * 1024**3  # Claude 3 Haiku's; the pages give none for other models


def read_fine_tuning(body: bytes, rules: FineTuning, *, nova: bool, what: str = "training") -> tuple[Example, ...]:
    """Returns the file's examples in order. Raises JobInputError for the first invalid line."""
    if len(body) > MAX_FINE_TUNING_BYTES:
        raise JobInputError(f"The {what} file has {len(body)} bytes; at most {MAX_FINE_TUNING_BYTES} are allowed.")
    found = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            found.append(_fine_tuning_example(line, rules, nova=nova))
        except JobInputError as why:
            raise JobInputError(f"Line {number} of the {what} file is invalid: {why}") from None
    return tuple(found)


def check_record_count(training: int, validation: int, rules: FineTuning) -> None:
    """Raises JobInputError if there are too few or too many records."""
    records = training + validation if rules.counts_validation else training
    if not rules.min_records <= records <= rules.max_records:
        which = "training and validation files have" if rules.counts_validation else "training file has"
        raise JobInputError(
            f"The {which} {records} records; a fine-tuning takes {rules.min_records} to {rules.max_records}."
        )
    if rules.max_validation_records is not None and validation > rules.max_validation_records:
        raise JobInputError(
            f"The validation file has {validation} records; at most {rules.max_validation_records} are allowed."
        )


def _fine_tuning_example(line: bytes, rules: FineTuning, *, nova: bool) -> Example:
    try:
        record = json_text.parse(line)
    except ValueError:
        raise JobInputError("it is not JSON.") from None
    if not isinstance(record, dict):
        raise JobInputError("it is not a JSON object.")
    example = _READERS[rules.format](record, nova)
    used = text.tokens(example.prompt.system) + text.tokens(example.prompt.text) + text.tokens(example.answer or "")
    if used > rules.max_tokens:
        raise JobInputError(f"it has {used} tokens, at most {rules.max_tokens} are allowed.")
    return example


def _conversation(record: dict[str, Any], nova: bool) -> Example:
    if record.get("schemaVersion") != SCHEMA and not (nova and isinstance(record.get("schemaVersion"), str)):
        raise JobInputError(f"schemaVersion must be {SCHEMA}.")
    system = " ".join(texts(record.get("system", []), "system"))
    example = _example_with_answer(system, read_turns(record.get("messages")))
    reserved = [word for word in fine_tuning.RESERVED_KEYWORDS if word in f"{system}\n{example.prompt.text}"]
    if nova and reserved:
        raise JobInputError(f"its prompt has the reserved keyword {reserved[0]}")
    return example


def _completion(record: dict[str, Any], _nova: bool) -> Example:
    prompt, completion = record.get("prompt"), record.get("completion")
    if not (isinstance(prompt, str) and prompt.strip() and isinstance(completion, str) and completion.strip()):
        raise JobInputError("it must have a prompt and a completion, both strings.")
    return Example(Prompt("", prompt), completion)


def _messages(record: dict[str, Any], _nova: bool) -> Example:
    system, messages = record.get("system", ""), record.get("messages")
    if not isinstance(system, str) or not isinstance(messages, list):
        raise JobInputError("system must be a string and messages a list.")
    blocks = [
        {**message, "content": [{"text": message.get("content")}]} if isinstance(message, dict) else message
        for message in messages
    ]
    return _example_with_answer(system, read_turns(blocks))


def _example_with_answer(system: str, turns: list[tuple[str, str]]) -> Example:
    if turns[-1][0] != "assistant":
        raise JobInputError("the last message must be the assistant's.")
    *questions, (_, answer) = turns
    return Example(Prompt(system, "\n".join(content for _, content in questions)), answer)


_READERS: dict[TrainingFormat, Callable[[dict[str, Any], bool], Example]] = {
    TrainingFormat.CONVERSATION: _conversation,
    TrainingFormat.COMPLETION: _completion,
    TrainingFormat.MESSAGES: _messages,
}
