"""A local policy engine: evaluates IAM requests with the local account's evaluator, in its own environment."""

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
    """An IAM request: an action on a resource with condition keys, and optionally the principal."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict, hash=False)
    principal: str = ""


def decide(cases: Iterable[tuple[Json, Sequence[Ask]]]) -> list[list[bool]]:
    """Returns for each policy document whether it allows each of its requests."""
    told = [{"document": document, "asks": [asdict(ask) for ask in asks]} for document, asks in cases]
    asked, answered = _evaluator()
    asked.write(json.dumps(told) + "\n")
    asked.flush()
    return [[decision == "Allow" for decision in each] for each in json.loads(answered.readline())]


@functools.cache
def _evaluator() -> tuple[IO[str], IO[str]]:
    """One evaluator per process: starting it takes longer than a thousand evaluations."""
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
