"""A local policy engine: what IAM would answer, by the evaluator of the local account, in its own environment."""

import atexit
import functools
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from tests.policy.templates import Json

ROOT = Path(__file__).parents[2]


Keys = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to IAM: an action on a resource, under the request's condition keys, by somebody if that matters."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict, hash=False)
    principal: str = ""


def decide(cases: Iterable[tuple[Json, Sequence[Ask]]]) -> list[list[bool]]:
    """Of each policy document with its questions: whether it allows each of them."""
    told = [{"document": document, "asks": [asdict(ask) for ask in asks]} for document, asks in cases]
    asked, answered = _evaluator()
    asked.write(json.dumps(told) + "\n")
    asked.flush()
    return [[decision == "Allow" for decision in each] for each in json.loads(answered.readline())]


@functools.cache
def _evaluator() -> tuple[IO[str], IO[str]]:
    """One for all questions of a process: starting it takes longer than a thousand answers."""
    python = ROOT / ".venv-local" / "bin" / "python"
    process = subprocess.Popen(
        [python, "-m", "local.emulator.policy_decisions"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.__exit__, None, None, None)
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout
