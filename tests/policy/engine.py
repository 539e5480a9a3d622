"""A local policy engine: what IAM would answer, by the evaluator of the local account, in its own environment."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.policy.house import Json

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
    done = subprocess.run(
        [ROOT / ".venv-local" / "bin" / "python", "-m", "local.emulator.decide"],
        cwd=ROOT,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    return [[decision == "Allow" for decision in each] for each in json.loads(done.stdout)]
