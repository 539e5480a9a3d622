"""Prompts for the benchmarks, and two passes over them: validation, and decoding only."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.json import Decoder

from distillery.datasets.validation.fast_path import ConversationRecord, LineLimits
from distillery.datasets.validation.reading import DatasetReader, InputFile, PromptIndex

WORDS = ("my", "card", "was", "charged", "twice", "and", "the", "parcel", "that", "I", "ordered", "is", "late")
decode = Decoder(ConversationRecord).decode


def lines(count: int, *, size: int = 140, answer: bool = True) -> Iterator[bytes]:
    """Yields distinct prompts with a text of about `size` characters each, in the layout of json.dumps."""
    for number in range(count):
        words = " ".join(WORDS[(number + place) % len(WORDS)] for place in range(size // 5))
        messages = [{"role": "user", "content": [{"text": f"{number}: {words}"[:size]}]}]
        if answer:
            messages.append({"role": "assistant", "content": [{"text": "billing.duplicate"}]})
        yield json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": messages}).encode() + b"\n"


def write_prompts(file: Path, count: int, *, size: int = 140, answer: bool = True, repeat: int = 0) -> Path:
    """Writes a file of prompts. With `repeat`, the first `repeat` prompts are repeated, which is faster."""
    made = lines(min(count, repeat or count), size=size, answer=answer)
    with file.open("wb") as out:
        if not repeat:
            out.writelines(made)
        else:
            block = b"".join(made)
            for _ in range(-(-count // repeat)):
                out.write(block)
    return file


def one_pass(body: bytes) -> DatasetReader:
    """Validates all lines."""
    reader = DatasetReader(LineLimits(), PromptIndex())
    reader.read([InputFile("a.jsonl", "a.jsonl", None, io.BytesIO(body))])
    assert reader.counts.prompts
    assert not reader.findings.errors
    return reader


def decode_all(body: Sequence[bytes]) -> list[ConversationRecord]:
    """Decodes all lines into typed records."""
    return [decode(line) for line in body]
