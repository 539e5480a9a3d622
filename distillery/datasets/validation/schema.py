"""Checks a JSON value against the schema `bedrock-conversation-2024`, and reports each violation with its JSON path.

Source: UG distillation-data-prep-option-1, and AWS's own validator (aws-samples/amazon-bedrock-samples,
custom-models/model_distillation/dataset-validation), which is as strict: one text block each, no additional fields.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from distillery.core.conversation import ROLES
from distillery.core.limits import SCHEMA_VERSION
from distillery.datasets.validation import line_rules as rules
from distillery.datasets.validation.decoding import ObjectWithDuplicateKeys, ParsedLine
from distillery.datasets.validation.finding import Problem

MISPRINT = "bedrock-conversion-2024"
OTHER_BLOCKS = {"image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint", "json"}
_NAME = re.compile(r"[A-Za-z_$][\w.$-]{0,40}", re.ASCII)


def schema_problems(line: ParsedLine) -> Iterator[Problem]:
    """Yields every violation of the schema in the value of a line."""
    record = line.value
    if line.has_duplicate_keys:
        yield from _duplicate_keys(record)
    yield from _object(record, "$", required=("schemaVersion", "messages"), optional=("system",))
    if not isinstance(record, dict):
        return
    if "schemaVersion" in record:
        yield from _version(record["schemaVersion"])
    if "system" in record:
        yield from _block(record["system"], "$.system")
    if "messages" in record:
        yield from _messages(record["messages"])


def _duplicate_keys(root: Any) -> Iterator[Problem]:
    """Yields objects at any depth that have a key twice."""
    waiting: list[tuple[Any, _Step]] = [(root, None)]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, ObjectWithDuplicateKeys):
            for key in value.duplicate_keys:
                yield Problem(rules.DUPLICATE_KEY, _path(at), f"{_format_name(key)} occurs twice")
        if isinstance(value, dict):
            waiting += [(child, (at, key)) for key, child in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(child, (at, index)) for index, child in reversed(list(enumerate(value)))]


_Step: TypeAlias = "tuple[_Step, str | int] | None"
"""The place of a value: that of its parent, and a key or an index. A path as text at each value would take time and
memory that grow with the square of the line."""


def _path(at: _Step) -> str:
    parts = []
    while at is not None:
        at, part = at
        parts.append(f"[{part}]" if isinstance(part, int) else f".{part if _NAME.fullmatch(part) else '*'}")
    return "$" + "".join(reversed(parts))


def _object(value: Any, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Problem]:
    if not isinstance(value, dict):
        rule = rules.JSON_ARRAY if path == "$" and isinstance(value, list) else rules.NOT_AN_OBJECT
        yield Problem(rule, path, f"it is {_type(value)} and not an object")
        return
    for name in required:
        if name not in value:
            yield Problem(rules.MISSING_FIELD, path, f"{name!r} is missing")
    for key in value:
        if key not in required and key not in optional:
            allowed = ", ".join((*required, *optional))
            yield Problem(
                rules.UNKNOWN_FIELD, path, f"{_format_name(key)} is not in the schema; allowed here: {allowed}"
            )


def _version(value: Any) -> Iterator[Problem]:
    if value == MISPRINT:
        yield Problem(rules.SCHEMA_VERSION_MISPRINT, "$.schemaVersion", f"it is {MISPRINT!r}")
    elif value != SCHEMA_VERSION:
        shown = repr(value) if isinstance(value, str) and _NAME.fullmatch(value) else _type(value)
        yield Problem(rules.OTHER_SCHEMA_VERSION, "$.schemaVersion", f"it is {shown}")


def _messages(messages: Any) -> Iterator[Problem]:
    path, alternating = "$.messages", True
    if not isinstance(messages, list):
        yield Problem(rules.WRONG_TYPE, path, f"it is {_type(messages)}, not a list")
    elif not messages:
        yield Problem(rules.EMPTY_LIST, path, "it has no message")
    else:
        for index, message in enumerate(messages):
            yield from _object(message, f"{path}[{index}]", required=("role", "content"))
            if not isinstance(message, dict):
                continue
            if (
                "role" in message
                and alternating
                and (problem := _role(message["role"], index, f"{path}[{index}].role"))
            ):
                alternating = False  # later roles would repeat the same problem
                yield problem
            if "content" in message:
                yield from _block(message["content"], f"{path}[{index}].content")


def _role(role: Any, index: int, path: str) -> Problem | None:
    if role == ROLES[index % 2]:
        return None
    if not isinstance(role, str):
        return Problem(rules.WRONG_TYPE, path, f"it is {_type(role)}, not a string")
    if role == "system":
        return Problem(rules.SYSTEM_MESSAGE, path, "it is 'system'")
    if role not in ROLES:
        return Problem(rules.UNKNOWN_ROLE, path, f"it is {_format_name(role)}")
    if index == 0:
        return Problem(rules.ASSISTANT_FIRST, path, "it is 'assistant'")
    return Problem(rules.ROLE_ORDER, path, f"it is {role!r}, like the message before")


def _block(blocks: Any, path: str) -> Iterator[Problem]:
    """Checks a value that must be `[{"text": "…"}]`."""
    if isinstance(blocks, str):
        yield Problem(rules.TEXT_WITHOUT_BLOCK, path, "it is a string, not a list of one text block")
    elif not isinstance(blocks, list):
        yield Problem(rules.WRONG_TYPE, path, f"it is {_type(blocks)}, not a list of one text block")
    elif not blocks:
        yield Problem(rules.EMPTY_LIST, path, "it has no block")
    elif len(blocks) > 1:
        yield Problem(rules.SEVERAL_BLOCKS, path, f"it has {len(blocks)} blocks")
    for index, block in enumerate(blocks if isinstance(blocks, list) else ()):
        yield from _one_block(block, f"{path}[{index}]")


def _one_block(block: Any, path: str) -> Iterator[Problem]:
    if isinstance(block, dict) and "text" not in block and (other := sorted(block.keys() & OTHER_BLOCKS)):
        yield Problem(rules.NOT_TEXT, path, f"it is a block of {other[0]!r}")
        return
    yield from _object(block, path, required=("text",), optional=("type",))
    if not isinstance(block, dict):
        return
    if "type" in block and block["type"] != "text":
        yield Problem(rules.NOT_TEXT, f"{path}.type", f"it is {_format_name(block['type'])}")
    if "text" in block:
        yield from _text(block["text"], f"{path}.text")


def _text(text: Any, path: str) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield Problem(rules.WRONG_TYPE, path, f"it is {_type(text)}, not a string")
        return
    if not text.strip():
        yield Problem(rules.EMPTY_TEXT, path, "it is empty" if not text else "it is white space")
    if half := re.search("[\ud800-\udfff]", text):
        yield Problem(rules.LONE_SURROGATE, path, f"character {half.start() + 1} is half of a surrogate pair")
    if "\0" in text:
        yield Problem(rules.NUL_CHARACTER, path, f"character {text.index(chr(0)) + 1} is U+0000")


def _format_name(value: Any) -> str:
    """Quotes a value only if it looks like an identifier, because anything else may be the text of a prompt."""
    return repr(value) if isinstance(value, str) and _NAME.fullmatch(value) else f"{_type(value)} that is not a name"


def _type(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")
