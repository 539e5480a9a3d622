"""Reading the training or validation file of a fine-tuning: every prompt with the answer to learn.

User Guide, "Prepare data for fine-tuning your models" (three formats, one for each family) and Nova User Guide,
"Preparing data" (`schemaVersion` may be anything, reserved words fail the job). Tokens are characters divided by four
here. That one invalid line fails the whole job is this simulator's choice, but for reserved words, where it is
documented.
"""

import json
from collections.abc import Callable
from typing import Any

from bedrock_simulator.catalog import tuning
from bedrock_simulator.catalog.tuning import Format, Tuning
from bedrock_simulator.models import dataset, text
from bedrock_simulator.models.storage import Rejected
from bedrock_simulator.models.teacher import Example
from bedrock_simulator.models.text import Prompt

MOST_BYTES = 10 * 1024**3  # Claude 3 Haiku's; the pages give none for the others


def read(body: bytes, rules: Tuning, *, nova: bool, what: str = "training") -> tuple[Example, ...]:
    """The file's examples in order; `Rejected` names the first line at fault and why."""
    if len(body) > MOST_BYTES:
        raise Rejected(f"The {what} file has {len(body)} bytes; at most {MOST_BYTES} are allowed.")
    found = []
    for number, line in enumerate((line for line in body.split(b"\n") if line.strip()), start=1):
        try:
            found.append(_example(line, rules, nova=nova))
        except Rejected as why:
            raise Rejected(f"Line {number} of the {what} file is invalid: {why}") from None
    return tuple(found)


def count(training: int, validation: int, rules: Tuning) -> None:
    """Rejected when there are too few or too many records."""
    records = training + validation if rules.together else training
    if not rules.least <= records <= rules.most:
        which = "training and validation files have" if rules.together else "training file has"
        raise Rejected(f"The {which} {records} records; a fine-tuning takes {rules.least} to {rules.most}.")
    if rules.validated is not None and validation > rules.validated:
        raise Rejected(f"The validation file has {validation} records; at most {rules.validated} are allowed.")


def _example(line: bytes, rules: Tuning, *, nova: bool) -> Example:
    try:
        record = json.loads(line)
    except ValueError:
        raise Rejected("it is not JSON.") from None
    if not isinstance(record, dict):
        raise Rejected("it is not a JSON object.")
    example = _READERS[rules.format](record, nova)
    used = text.tokens(example.prompt.system) + text.tokens(example.prompt.text) + text.tokens(example.answer or "")
    if used > rules.tokens:
        raise Rejected(f"it has {used} tokens, at most {rules.tokens} are allowed.")
    return example


def _conversation(record: dict[str, Any], nova: bool) -> Example:
    if record.get("schemaVersion") != dataset.SCHEMA and not (nova and isinstance(record.get("schemaVersion"), str)):
        raise Rejected(f"schemaVersion must be {dataset.SCHEMA}.")
    system = " ".join(dataset.texts(record.get("system", []), "system"))
    example = _answered(system, dataset.read_turns(record.get("messages")))
    reserved = [word for word in tuning.RESERVED if word in f"{system}\n{example.prompt.text}"]
    if nova and reserved:
        raise Rejected(f"its prompt has the reserved keyword {reserved[0]}")
    return example


def _completion(record: dict[str, Any], _nova: bool) -> Example:
    prompt, completion = record.get("prompt"), record.get("completion")
    if not (isinstance(prompt, str) and prompt.strip() and isinstance(completion, str) and completion.strip()):
        raise Rejected("it must have a prompt and a completion, both texts.")
    return Example(Prompt("", prompt), completion)


def _messages(record: dict[str, Any], _nova: bool) -> Example:
    system, messages = record.get("system", ""), record.get("messages")
    if not isinstance(system, str) or not isinstance(messages, list):
        raise Rejected("system must be a text and messages a list.")
    blocks = [
        {**message, "content": [{"text": message.get("content")}]} if isinstance(message, dict) else message
        for message in messages
    ]
    return _answered(system, dataset.read_turns(blocks))


def _answered(system: str, turns: list[tuple[str, str]]) -> Example:
    if turns[-1][0] != "assistant":
        raise Rejected("the last message must be the assistant's.")
    *asked, (_, answer) = turns
    return Example(Prompt(system, "\n".join(said for _, said in asked)), answer)


_READERS: dict[Format, Callable[[dict[str, Any], bool], Example]] = {
    Format.CONVERSATION: _conversation,
    Format.COMPLETION: _completion,
    Format.MESSAGES: _messages,
}
