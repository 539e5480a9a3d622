"""Hypothesis strategies for lines: valid ones in every layout, and typical damage."""

import json
import re
from typing import Any

from hypothesis import strategies as st

SCHEMA = "bedrock-conversation-2024"
texts = st.text(max_size=12) | st.sampled_from([":", '":"', "a: b", '{"text": "x"}', '"type"', " ", "\u2028", "\0"])
written = texts.filter(lambda text: bool(text.strip()))


@st.composite
def blocks(draw: st.DrawFn, text_values: st.SearchStrategy[str] = written) -> list[dict[str, str]]:
    typed = {"type": "text"} if draw(st.booleans()) else {}
    return [shuffled(draw, {"text": draw(text_values), **typed})]


def shuffled(draw: st.DrawFn, fields: dict[str, Any]) -> dict[str, Any]:
    return dict(draw(st.permutations(list(fields.items()))))


@st.composite
def records(draw: st.DrawFn, text_values: st.SearchStrategy[str] = written, turns: int = 4) -> dict[str, Any]:
    roles = ("user", "assistant") * turns
    count = draw(st.integers(1, turns))
    messages = [shuffled(draw, {"role": role, "content": draw(blocks(text_values))}) for role in roles[:count]]
    system = {"system": draw(blocks(text_values))} if draw(st.booleans()) else {}
    return shuffled(draw, {"schemaVersion": SCHEMA, "messages": messages, **system})


@st.composite
def lines(draw: st.DrawFn, text_values: st.SearchStrategy[str] = written) -> bytes:
    """A valid line in any JSON layout."""
    spaced, escaped = draw(st.booleans()), draw(st.booleans())
    separators = draw(st.sampled_from([(", ", ": "), (" , ", " : "), (",\t", ":  ")])) if spaced else (",", ":")
    line = json.dumps(draw(records(text_values)), ensure_ascii=escaped, separators=separators)
    return line.encode("utf-8", "surrogatepass")


TOKENS = [
    *(
        b'"role":"user"',
        b'"text":"a"',
        b'"text": "b"',
        b'"type":"text"',
        b'"schemaVersion":"bedrock-conversation-2024"',
    ),
    *(b",", b":", b'"', b"{", b"}", b"[", b"]", b"\\", b"\\u003a", b"\\u003A", b"\\ud83d", b"\0", b"\xff", b" ", b"\t"),
    *(b'"r\\u006fle":"user",', b'"system":[{"text":"s"}],', b"null", b"NaN", b"1", b"\xef\xbb\xbf", b"\r", b"//"),
]


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A line with pieces removed, duplicated or inserted; rarely still JSON."""
    line = bytearray(draw(lines(texts)))
    for _ in range(draw(st.integers(1, 3))):
        at, to = sorted((draw(st.integers(0, len(line))), draw(st.integers(0, len(line)))))
        piece = draw(st.sampled_from(TOKENS)) if draw(st.booleans()) else bytes(line[at:to]) * draw(st.integers(0, 2))
        line[at : to if draw(st.booleans()) else at] = piece
    return bytes(line).replace(b"\n", b" ")


SECOND_VALUES = {
    "schemaVersion": f'"{SCHEMA}"',
    "messages": '[{"role":"user","content":[{"text":"a"}]}]',
    "role": '"user"',
    "content": '[{"text":"a"}]',
    "text": '"a"',
}


@st.composite
def doubled(draw: st.DrawFn) -> bytes:
    """A line in which an object has a key twice, with values of the same type."""
    line = draw(lines()).decode("utf-8", "surrogatepass")
    found = [(one.start(), one[1]) for one in re.finditer(r'(?<!\\)"(\w+)"\s*:', line) if one[1] in SECOND_VALUES]
    at, key = draw(st.sampled_from(found))
    before, after = line[:at], line[at:]
    if draw(st.booleans()):  # a text with as many escaped colons as there are surplus keys
        after = re.sub(r'(?<!\\)("text"\s*:\s*")', lambda text: f"{text[1]}\\u003a", after, count=1)
    return f'{before}"{key}":{SECOND_VALUES[key]},{after}'.encode("utf-8", "surrogatepass")
