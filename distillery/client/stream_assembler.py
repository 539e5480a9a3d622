"""The events of ConverseStream put together in the shape of Converse's response."""

import json
from collections.abc import Mapping
from typing import Any

METADATA = ("usage", "metrics", "trace", "performanceConfig", "serviceTier")


class Assembly:
    """Takes events in their order."""

    def __init__(self) -> None:
        self.stopped = False
        self._role = "assistant"
        self._blocks: dict[int, dict[str, Any]] = {}
        self._stop: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"contentBlockDelta": delta}:
                self._delta(delta["contentBlockIndex"], delta["delta"])
            case {"contentBlockStart": start}:
                self._blocks[start["contentBlockIndex"]] = {name: dict(one) for name, one in start["start"].items()}
            case {"messageStart": start}:
                self._role = start["role"]
            case {"messageStop": stop}:
                self._stop, self.stopped = dict(stop), True
            case {"metadata": metadata}:
                self._metadata = {name: metadata[name] for name in METADATA if name in metadata}

    @property
    def text(self) -> str:
        return "".join(self._blocks[index].get("text", "") for index in sorted(self._blocks))

    @property
    def response(self) -> dict[str, Any]:
        content = [_finished(self._blocks[index]) for index in sorted(self._blocks)]
        return {"output": {"message": {"role": self._role, "content": content}}, **self._stop, **self._metadata}

    def _delta(self, index: int, delta: Mapping[str, Any]) -> None:
        block = self._blocks.setdefault(index, {})
        for kind, added in delta.items():
            if kind == "text":
                block["text"] = block.get("text", "") + added
            elif kind == "toolUse":
                tool = block.setdefault("toolUse", {})
                tool["input"] = tool.get("input", "") + added["input"]
            elif kind == "reasoningContent":
                _reason(block.setdefault("reasoningContent", {}), added)
            else:
                block.setdefault(kind, []).append(added)


def _reason(reasoning: dict[str, Any], added: Mapping[str, Any]) -> None:
    for name, piece in added.items():
        if name == "redactedContent":
            reasoning[name] = reasoning.get(name, b"") + piece
        else:
            told = reasoning.setdefault("reasoningText", {})
            told[name] = told.get(name, "") + piece


def _finished(block: dict[str, Any]) -> dict[str, Any]:
    """With the input of a tool as the value that its text spells."""
    if "toolUse" not in block or not isinstance(block["toolUse"].get("input"), str):
        return block
    try:
        said = json.loads(block["toolUse"]["input"] or "{}")
    except ValueError:
        return block
    return {**block, "toolUse": {**block["toolUse"], "input": said}}
