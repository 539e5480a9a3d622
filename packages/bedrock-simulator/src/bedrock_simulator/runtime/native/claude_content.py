"""The content of Claude's messages: blocks, tools, checkpoints of prompt caching."""

import json
from collections.abc import Iterator
from typing import Any

from bedrock_simulator import errors
from bedrock_simulator.runtime import output_format
from bedrock_simulator.runtime.call import Params
from bedrock_simulator.runtime.native.schema import Field, check
from bedrock_simulator.runtime.output_format import OutputFormat, Tool
from bedrock_simulator.runtime.prompt_cache import LIVES, Checkpoint

_CACHED = {"type": Field(("String",), required=True), "cache_control": Field(("JSONObject",))}
_BLOCKS = {
    "text": {**_CACHED, "text": Field(("String",), required=True), "citations": Field(("JSONArray", "Null"))},
    "thinking": {"type": Field(("String",)), "thinking": Field(("String",)), "signature": Field(("String",))},
    "redacted_thinking": {"type": Field(("String",)), "data": Field(("String",))},
    "tool_use": {
        **_CACHED,
        "id": Field(("String",), required=True),
        "name": Field(("String",), required=True),
        "input": Field(("JSONObject",), required=True),
        "caller": Field(("JSONObject",)),
    },
    "tool_result": {
        **_CACHED,
        "tool_use_id": Field(("String",), required=True),
        "content": Field(("String", "JSONArray")),
        "is_error": Field(("Boolean",)),
    },
}
_CHOICE = {
    "type": Field(("String",), required=True, values=("auto", "any", "tool", "none")),
    "name": Field(("String",)),
    "disable_parallel_tool_use": Field(("Boolean",)),
}


def read_text(content: Any, where: str, between: str) -> str:
    """Returns the text of content: a string, or blocks that are checked."""
    if isinstance(content, str):
        return content
    parts = [_block_text(block, f"{where}/{at}") for at, block in enumerate(content)]
    return between.join(part for part in parts if part is not None)


def _block_text(block: Any, where: str) -> str | None:
    kind = block.get("type") if isinstance(block, dict) else None
    if isinstance(kind, str) and kind not in _BLOCKS:
        raise errors.validation(f"The local Bedrock takes text only, not {kind}.")
    check(block, _BLOCKS[kind if isinstance(kind, str) else "text"], where)
    if kind == "text":
        return str(block["text"])
    if kind == "tool_result":
        return read_text(block.get("content", ""), f"{where}/content", "\n")
    return None


def read_tools(body: Params) -> list[Tool]:
    """Returns the tools of a body. Those that Anthropic defines have no schema of their own."""
    found = []
    for at, tool in enumerate(body.get("tools", [])):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise errors.validation(f"tools.{at}.name: Field required")
        custom = tool.get("type", "custom") in ("custom", None)
        schema = tool.get("input_schema") if custom else {"type": "object"}
        if not isinstance(schema, dict):
            raise errors.validation(f"tools.{at}.custom.input_schema: Field required")
        if schema.get("type") != "object":
            raise errors.validation(f"tools.{at}.custom.input_schema.type: Input should be 'object'")
        found.append(Tool(tool["name"], schema))
    return found


def forced_tools(body: Params) -> OutputFormat:
    """Returns the call of a tool that a body forces."""
    tools, choice = read_tools(body), body.get("tool_choice")
    if choice is None:
        return OutputFormat()
    check(choice, _CHOICE, "#/tool_choice")
    if not tools:
        raise errors.validation("tool_choice may only be specified while providing tools.")
    name = choice.get("name")
    if choice["type"] == "tool" and name not in [tool.name for tool in tools]:
        raise errors.validation(f"Tool '{name}' not found in provided tools")
    blocks = [block for _, content in _contents(body) for block in content if isinstance(block, dict)]
    called = frozenset(str(block.get("name")) for block in blocks if block.get("type") == "tool_use")
    return OutputFormat(output_format.forced(tools, choice["type"], name), called)


def tools_text(body: Params) -> str:
    """Returns the definitions of tools, as they are counted."""
    return "".join(_counted(tool) for tool in body.get("tools", []))


def checkpoints(body: Params) -> tuple[Checkpoint, ...]:
    """Returns the checkpoints of prompt caching; a `cache_control` of the body itself is one at its end."""
    found, prefix = [], ""
    for field, content in _contents(body):
        for block in content:
            prefix += _counted(block)
            control = block.get("cache_control") if isinstance(block, dict) else None
            if control is not None:
                found.append(Checkpoint(field, prefix, _life(control)))
    if (control := body.get("cache_control")) is not None:
        found.append(Checkpoint("messages", prefix, _life(control)))
    return tuple(found)


def _contents(body: Params) -> Iterator[tuple[str, list[Any]]]:
    yield "tools", body.get("tools", [])
    for field, content in [("system", body.get("system", [])), *[("messages", m["content"]) for m in body["messages"]]]:
        yield field, [{"type": "text", "text": content}] if isinstance(content, str) else content


def _life(control: Any) -> str:
    life = control.get("ttl", "5m") if isinstance(control, dict) else None
    if life not in LIVES:
        raise errors.validation("cache_control.ttl: Input should be '5m' or '1h'")
    return str(life)


def _counted(block: Any) -> str:
    if isinstance(block, dict) and isinstance(block.get("text"), str):
        return str(block["text"])
    return json.dumps({k: v for k, v in block.items() if k != "cache_control"} if isinstance(block, dict) else block)
