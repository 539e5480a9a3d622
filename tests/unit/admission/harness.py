"""The admission function of staging, which keeps its data, with fake services; a real key signs the records of dev."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.function_url import Caller
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.records import statement
from distillery.records.record import PromotionRecord, TrainingInputs, job_request
from distillery.records.rules import AdmissionRules
from distillery.records.statement import HELDOUT, TRAINING, Statement
from lambdas.admission.handler import admit
from tests.fakes.callers import ANA, HERE, event, response
from tests.fakes.pipeline import recipe
from tests.fakes.records import NOW, Signer, record
from tests.fakes.services import FakeSns, FakeSsm
from tests.fakes.table import MemoryTable

SIGNER, STRANGER_KEY = Signer(7), Signer(8)
SUBJECTS = {TRAINING: "1" * 64, HELDOUT: "2" * 64, "report": "3" * 64, "job-request": "4" * 64}
ALIAS = "/distillery/staging/alias/support"


class FakeHomeSsm(FakeSsm):
    """SSM whose client names its Region."""

    meta = SimpleNamespace(region_name="us-east-1")


def signed(of: PromotionRecord | None = None, signer: Signer = SIGNER, subjects: Mapping[str, str] = SUBJECTS) -> bytes:
    """The file of a record."""
    made = Statement(record=of or record(), subjects=subjects)
    return signer.sign(statement.write(made))


def of_recipe(of: Recipe, **more: Any) -> PromotionRecord:
    """A record of a recipe."""
    training = TrainingInputs(dataset_digest="e" * 64, prompts=500, job_request=job_request(of))
    return record(recipe=of.name, training=training, training_digest=training.digest, **more)


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, table: MemoryTable | None = None) -> None:
        self.ssm, self.sns, self.table = FakeHomeSsm(), FakeSns(), table or MemoryTable()
        self.ledger, self.promotions = Ledger(self.table), Promotions(self.table)
        self.now = NOW
        self.recipes = {"support": recipe()}
        self.rules = AdmissionRules(through=("dev",), public_keys=(SIGNER.public.pem,), admits_overruled=False)
        monkeypatch.setattr("distillery.core.clock.now", lambda: self.now)
        services = {"ssm": self.ssm, "sns": self.sns}
        monkeypatch.setattr(aws, "_client", lambda service, region: services[service])
        monkeypatch.setattr("lambdas.admission.handler.Table", lambda name: self.table)
        monkeypatch.setattr("distillery.records.rules.load", lambda: self.rules)
        monkeypatch.setattr("distillery.core.recipe.load_all", lambda: self.recipes)
        monkeypatch.setattr("distillery.core.env_vars.read_settings", self._settings)
        told = {"ENVIRONMENT": "staging", "LEDGER": "ledger", "TOPIC": "arn:topic", "FOUR_EYES": "true"}
        for variable, value in told.items():
            monkeypatch.setenv(Variable[variable], value)

    def _settings(self, _name: str) -> dict[str, Any]:
        return {name: to_wire(one) for name, one in self.recipes.items()}

    def allow(self, **rules: Any) -> None:
        self.rules = replace(self.rules, **rules)

    def send(self, body: Any, by: Caller = ANA) -> tuple[int, Any]:
        return response(admit(event(body, by), HERE))

    def promote(self, file: bytes | None = None, by: Caller = ANA, **more: Any) -> tuple[int, Any]:
        """Sends a record."""
        sent = base64.b64encode(file if file is not None else signed()).decode()
        return self.send({"record": sent, **more}, by)
