"""From JSON to what a line asks: the schema `bedrock-conversation-2024`, every departure from it with its path.

Source: UG distillation-data-prep-option-1, and AWS's own validator (aws-samples/amazon-bedrock-samples,
custom-models/model_distillation/dataset-validation), which is as strict: one text each, no other fields.
"""

import re
from collections.abc import Iterator
from typing import Any

from distillery.core.limits import SCHEMA_VERSION
from distillery.datasets.validation.problem import Problem
from distillery.datasets.validation.rules_table import shape as kinds
from distillery.datasets.validation.rules_table import syntax
from distillery.datasets.validation.syntax import Twice

MISPRINT = "bedrock-conversion-2024"
ROLES = ("user", "assistant")
OTHER_BLOCKS = {"image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint", "json"}
_NAME = re.compile(r"[A-Za-z_$][\w.$-]{0,40}", re.ASCII)


def problems(record: Any) -> Iterator[Problem]:
    """Everything in which the value of a line departs from the schema."""
    yield from _twice(record, "$")
    yield from _object(record, "$", required=("schemaVersion", "messages"), optional=("system",))
    if not isinstance(record, dict):
        return
    if "schemaVersion" in record:
        yield from _version(record["schemaVersion"])
    if "system" in record:
        yield from _block(record["system"], "$.system")
    if "messages" in record:
        yield from _messages(record["messages"])


def _twice(value: Any, path: str) -> Iterator[Problem]:
    """Objects that named a key twice, wherever they stand."""
    if isinstance(value, Twice):
        for key in value.keys_twice:
            yield Problem(syntax.DUPLICATE_KEY, path, f"{_named(key)} stands there twice")
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _twice(child, f"{path}.{key if _NAME.fullmatch(key) else '*'}")
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from _twice(child, f"{path}[{place}]")


def _object(value: Any, path: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Problem]:
    if not isinstance(value, dict):
        kind = syntax.JSON_ARRAY if path == "$" and isinstance(value, list) else kinds.NOT_AN_OBJECT
        yield Problem(kind, path, f"it is {_type(value)} and no object")
        return
    for name in required:
        if name not in value:
            yield Problem(kinds.MISSING_FIELD, path, f"{name!r} is missing")
    for key in value:
        if key not in required and key not in optional:
            allowed = ", ".join((*required, *optional))
            yield Problem(kinds.UNKNOWN_FIELD, path, f"{_named(key)} is not in the schema; allowed here: {allowed}")


def _version(value: Any) -> Iterator[Problem]:
    if value == MISPRINT:
        yield Problem(kinds.SCHEMA_VERSION_MISPRINT, "$.schemaVersion", f"it is {MISPRINT!r}")
    elif value != SCHEMA_VERSION:
        told = repr(value) if isinstance(value, str) and _NAME.fullmatch(value) else _type(value)
        yield Problem(kinds.OTHER_SCHEMA_VERSION, "$.schemaVersion", f"it is {told}")


def _messages(messages: Any) -> Iterator[Problem]:
    path, in_turns = "$.messages", True
    if not isinstance(messages, list):
        yield Problem(kinds.WRONG_TYPE, path, f"it is {_type(messages)}, not a list")
    elif not messages:
        yield Problem(kinds.EMPTY_LIST, path, "it has no message")
    else:
        for place, message in enumerate(messages):
            yield from _object(message, f"{path}[{place}]", required=("role", "content"))
            if not isinstance(message, dict):
                continue
            if "role" in message and in_turns and (problem := _role(message["role"], place, f"{path}[{place}].role")):
                in_turns = False  # the rest would only say it again
                yield problem
            if "content" in message:
                yield from _block(message["content"], f"{path}[{place}].content")


def _role(role: Any, place: int, path: str) -> Problem | None:
    if role == ROLES[place % 2]:
        return None
    if not isinstance(role, str):
        return Problem(kinds.WRONG_TYPE, path, f"it is {_type(role)}, not a text")
    if role == "system":
        return Problem(kinds.SYSTEM_MESSAGE, path, "it is 'system'")
    if role not in ROLES:
        return Problem(kinds.UNKNOWN_ROLE, path, f"it is {_named(role)}")
    if place == 0:
        return Problem(kinds.ASSISTANT_FIRST, path, "it is 'assistant'")
    return Problem(kinds.ROLE_ORDER, path, f"it is {role!r}, as the message before")


def _block(blocks: Any, path: str) -> Iterator[Problem]:
    """`[{"text": "…"}]`."""
    if isinstance(blocks, str):
        yield Problem(kinds.TEXT_WITHOUT_BLOCK, path, "it is a text, not a list of one text block")
    elif not isinstance(blocks, list):
        yield Problem(kinds.WRONG_TYPE, path, f"it is {_type(blocks)}, not a list of one text block")
    elif not blocks:
        yield Problem(kinds.EMPTY_LIST, path, "it has no block")
    elif len(blocks) > 1:
        yield Problem(kinds.SEVERAL_BLOCKS, path, f"it has {len(blocks)} blocks")
    for place, block in enumerate(blocks if isinstance(blocks, list) else ()):
        yield from _one_block(block, f"{path}[{place}]")


def _one_block(block: Any, path: str) -> Iterator[Problem]:
    if isinstance(block, dict) and "text" not in block and (other := sorted(block.keys() & OTHER_BLOCKS)):
        yield Problem(kinds.NOT_TEXT, path, f"it is a block of {other[0]!r}")
        return
    yield from _object(block, path, required=("text",), optional=("type",))
    if not isinstance(block, dict):
        return
    if "type" in block and block["type"] != "text":
        yield Problem(kinds.NOT_TEXT, f"{path}.type", f"it is {_named(block['type'])}")
    if "text" in block:
        yield from _text(block["text"], f"{path}.text")


def _text(text: Any, path: str) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield Problem(kinds.WRONG_TYPE, path, f"it is {_type(text)}, not a text")
        return
    if not text.strip():
        yield Problem(kinds.EMPTY_TEXT, path, "it is empty" if not text else "it is white space")
    if half := re.search("[\ud800-\udfff]", text):
        yield Problem(kinds.LONE_SURROGATE, path, f"character {half.start() + 1} is half of a surrogate pair")
    if "\0" in text:
        yield Problem(kinds.NUL_CHARACTER, path, f"character {text.index(chr(0)) + 1} is U+0000")


def _named(value: Any) -> str:
    """A name that somebody wrote, if it looks like one: what else stands there may be a prompt's text."""
    return repr(value) if isinstance(value, str) and _NAME.fullmatch(value) else f"{_type(value)} that is no name"


def _type(value: Any) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a text", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")
