"""The Lambda handler of the steps `adopt` and `lease`."""

from typing import Any

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.aws import client
from distillery.core.borrowing import Borrowing
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Run, Stage
from distillery.core.steps import Event, product, step_handler
from lambdas.adoption.adopter import Adopter, AdoptionResult, LeaseResult
from lambdas.adoption.copies import ModelCopies


def _adopt(event: Event, _context: Any) -> AdoptionResult:
    return _adopter().adopt(product(event, "run", Run))


def _lease(event: Event, _context: Any) -> LeaseResult:
    return _adopter().lease(product(event, "run", Run))


def _adopter() -> Adopter:
    table = Table(read(Variable.LEDGER))
    copies = ModelCopies(Names(read(Variable.ENVIRONMENT)), client("bedrock"), read(Variable.MODEL_KEY))
    return Adopter(Ledger(table), Promotions(table), Borrowing.of_environment(), copies, AdmittedWays.of_function())


step = step_handler(Stage.DISTILLATION, {"adopt": _adopt, "lease": _lease})
