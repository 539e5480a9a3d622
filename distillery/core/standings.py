"""Whether an environment stands by the student of a run: for people who may read its records, and not its ledger.

evaluations/<run>/standing.json = {"model": "arn:…", "state": "live", "at": "2026-11-23T09:00:00+00:00"}

Promotion writes it beside the run's record, in environments that sign, just before it writes the alias. The reason for
a roll-back stays in the ledger.
"""

import json
from dataclasses import dataclass
from enum import StrEnum

from distillery.core import clock
from distillery.core.aws import ObjectStore
from distillery.core.names import EVALUATIONS_PREFIX
from distillery.core.serialization import from_wire, to_wire

FILE = "standing.json"


class StandingState(StrEnum):
    LIVE = "live"
    """It went live, and nobody has rolled it back since. Another may have replaced it."""
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`model`: the student's ARN. `at`: when that was written, ISO 8601."""

    model: str
    state: StandingState
    at: str


@dataclass(frozen=True, slots=True)
class Standings:
    """`bucket`: the data bucket. Each write may be repeated."""

    store: ObjectStore
    bucket: str

    def write(self, run: str, model: str, state: StandingState) -> None:
        found = Standing(model=model, state=state, at=clock.now().isoformat(timespec="seconds"))
        self.store.write_json(standing_uri(self.bucket, run), to_wire(found))


def standing_uri(bucket: str, run: str) -> str:
    return f"s3://{bucket}/{EVALUATIONS_PREFIX}{run}/{FILE}"


def read_standing(text: bytes) -> Standing:
    """The standing in the object's bytes. Raises ValueError or BadRequest where they are something else."""
    return from_wire(Standing, json.loads(text))
