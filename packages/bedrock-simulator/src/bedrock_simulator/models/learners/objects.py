"""JSON answers as paths and values: `{"a": {"b": 1}, "c": [2, 3]}` has `a.b` once and `c[]` twice.

Arrays inside arrays are one value: a learner takes them as a whole.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

ELEMENT = "[]"
ABSENT = object()
"""The value of a field that an object does not have."""

Path = tuple[str, ...]
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", re.S)


def parse(answer: str) -> dict[str, Any] | None:
    """Returns the object that an answer is, in a code fence or not; None if it is none."""
    fenced = _FENCE.fullmatch(answer)
    try:
        found = json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@dataclass(slots=True)
class Node:
    """The shape of one place in the answers: the members of objects, the shape of elements, and how often each kind
    occurs there.

    Attributes:
        members: The shapes of an object's members, in the order of their first appearance.
        element: The shape of an array's elements.
        counts: How many answers have an `object`, `array` or `value` here, `null`, or nothing (`absent`).
    """

    members: dict[str, "Node"] = field(default_factory=dict)
    element: "Node | None" = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def kind(self) -> str:
        """What is here in most answers that have something."""
        found = {kind: self.counts[kind] for kind in ("object", "array", "value")}
        return max(found, key=lambda kind: found[kind])

    @property
    def nothing(self) -> Any:
        """What answers have where there is no value: nothing or null, whichever is more common."""
        return ABSENT if self.counts["absent"] > self.counts["null"] else None

    def add(self, value: Any) -> None:
        """Counts one more value."""
        if value is None:
            self.counts["null"] += 1
        elif isinstance(value, dict):
            self.counts["object"] += 1
            for name, member in value.items():
                self.members.setdefault(name, Node()).add(member)
        elif isinstance(value, list):
            self.counts["array"] += 1
            self.element = self.element or Node()
            for each in value:
                self.element.add(each)
        else:
            self.counts["value"] += 1


def shape_of(answers: Iterable[dict[str, Any]]) -> Node:
    """Returns the shape that the answers share."""
    root = Node()
    for answer in answers:
        root.add(answer)
    _count_absent(root)
    return root


def _count_absent(node: Node) -> None:
    for member in node.members.values():
        member.counts["absent"] = max(0, node.counts["object"] - sum(member.counts.values()))
        _count_absent(member)
    if node.element:
        _count_absent(node.element)


def leaves(node: Node, path: Path = ()) -> Iterable[Path]:
    """Returns the paths of the values of a shape; what is inside an array of arrays is none."""
    if node.kind == "object":
        for name, member in node.members.items():
            yield from leaves(member, (*path, name))
    elif node.kind == "array" and ELEMENT not in path and node.element:
        yield from leaves(node.element, (*path, ELEMENT))
    else:
        yield path


def values_at(value: Any, path: Path) -> list[Any]:
    """Returns the values of a path: one for each element of an array on the way, `ABSENT` where there is none."""
    if not path:
        return [value]
    first, rest = path[0], path[1:]
    if first == ELEMENT:
        return [each for element in value for each in values_at(element, rest)] if isinstance(value, list) else []
    return values_at(value[first], rest) if isinstance(value, dict) and first in value else [ABSENT]


@dataclass(frozen=True, slots=True)
class Style:
    """How answers are written: in one line or indented, with or without spaces, in a code fence or not."""

    indent: int | None
    separators: tuple[str, str]
    fenced: bool

    def write(self, value: dict[str, Any]) -> str:
        """Writes an answer."""
        written = json.dumps(value, ensure_ascii=False, indent=self.indent, separators=self.separators)
        return f"```json\n{written}\n```" if self.fenced else written


def style_of(answers: Sequence[str]) -> Style:
    """Returns the style of most answers."""
    return Counter(map(_style, answers)).most_common(1)[0][0]


def _style(answer: str) -> Style:
    fenced = _FENCE.fullmatch(answer)
    written = fenced[1] if fenced else answer
    spaced = '": ' in written
    indented = re.match(r"\{\s*?\n( +)", written)
    comma = "," if indented or not spaced else ", "
    return Style(len(indented[1]) if indented else None, (comma, ": " if spaced else ":"), bool(fenced))
