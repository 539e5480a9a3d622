"""Ten thousand mutated files: no crash, no file accepted that the simulated Bedrock refuses, no valid line lost.

The gate runs a fifth of them, and `make thorough` all.
"""

import gzip
import random
from collections.abc import Callable

import pytest

from bedrock_simulator.models import training_data
from distillery.datasets.validation.fast_path import PromptTexts, accept_lines
from simulator_support.thoroughness import cases
from tests.unit.dataset.fakes import line
from tests.unit.datasets.validation.generated import TOKENS
from tests.unit.datasets.validation.students import STUDENTS, read

pytestmark = pytest.mark.slow
BATCH = 500
BATCHES = cases(10_000) // BATCH
LIMITS = STUDENTS["nova"]
DIALOGUE = line("hello").replace(b'"}]}]}', b'"}]},{"role":"user","content":[{"text":"and %d?"}]}]}')
LINES = [
    *(line(f"prompt {n}: where is my parcel?") for n in range(40)),
    *(line(f"frage {n}: wo bleibt es? \N{GRINNING FACE} é", answer=None) for n in range(40)),
    *(line(f"prompt {n}", "a", system=[{"text": 'Classify: \\ " it.'}]) for n in range(40, 60)),
    *(DIALOGUE % n for n in range(10)),
]
Mutation = Callable[[bytearray, random.Random], None]


def flip(body: bytearray, by: random.Random) -> None:
    body[by.randrange(len(body))] ^= 1 << by.randrange(8)


def cut_out(body: bytearray, by: random.Random) -> None:
    at = by.randrange(len(body))
    del body[at : at + by.choice((1, 2, 20, 300))]


def put_in(body: bytearray, by: random.Random) -> None:
    at = by.randrange(len(body))
    body[at:at] = by.choice([*TOKENS, b"\n", b"\r\n", b"\n\n", bytes([by.randrange(256)])])


def double(body: bytearray, by: random.Random) -> None:
    at = by.randrange(len(body))
    body[at:at] = body[at : at + by.choice((1, 5, 40, 400))]


def cut_off(body: bytearray, by: random.Random) -> None:
    del body[by.randrange(len(body) * 3 // 4, len(body)) :]


def swap_words(body: bytearray, by: random.Random) -> None:
    """Returns a line that is still JSON, but another record."""
    one, other = by.choice(
        [(b"user", b"assistant"), (b"text", b"type"), (b"2024", b"2025"), (b'"messages"', b'"system"')]
    )
    at = body.find(one, by.randrange(len(body)))
    if at >= 0:
        body[at : at + len(one)] = other


MUTATIONS: tuple[Mutation, ...] = (flip, cut_out, put_in, double, cut_off, swap_words)


def prompt(one: bytes) -> PromptTexts:
    found = accept_lines(one, [one], LIMITS)
    assert found
    return found.prompts[0]


PROMPTS = {one: prompt(one) for one in LINES}


def mutated(by: random.Random) -> bytes:
    lines = by.sample(LINES, by.randrange(100, len(LINES) + 1))
    body = bytearray(b"\n".join(lines) + by.choice((b"\n", b"")))
    for _ in range(by.choice((1, 1, 1, 2, 5))):
        by.choice(MUTATIONS)(body, by)
    return bytes(body)


@pytest.mark.parametrize("seed", range(BATCHES))
def test_mutated_files(seed: int) -> None:
    by, accepted = random.Random(seed), 0
    for _ in range(BATCH):
        body = mutated(by)
        packed = by.random() < 0.1
        name = "a.jsonl.gz" if packed else "a.jsonl"
        reader = read(gzip.compress(body, 1) if packed else body, name=name, capacity=1000)
        if reader.complete:
            assert {PROMPTS[one] for one in body.split(b"\n") if one in PROMPTS} <= reader.prompts.answers.keys()
        if not reader.findings.errors:
            accepted += 1
            assert len(training_data.read_distillation(body, multi_turn=True)) == reader.counts.prompts
    assert accepted > 10


@pytest.mark.parametrize("seed", range(5))
def test_mutated_gzip_files(seed: int) -> None:
    """gzip's own checksum detects damage to the packed bytes, or the damage does not affect the content."""
    by, body = random.Random(seed), b"\n".join(LINES) + b"\n"
    for _ in range(40):
        packed = bytearray(gzip.compress(body, 1, mtime=0))
        by.choice(MUTATIONS[:5])(packed, by)
        reader = read(bytes(packed), name="a.jsonl.gz", capacity=1000)
        if not reader.findings.errors:
            assert reader.prompts.answers.keys() == set(PROMPTS.values())
