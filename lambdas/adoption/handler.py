"""The Lambda handler of the step `adopt`."""

from typing import Any

from distillery.core.aws import client
from distillery.core.borrowing import Borrowing
from distillery.core.env_vars import Variable, read
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.pipeline import Run, Stage
from distillery.core.steps import Event, product, step_handler
from lambdas.adoption.adopter import Adopter, AdoptionResult
from lambdas.adoption.copies import ModelCopies


def _adopt(event: Event, _context: Any) -> AdoptionResult:
    table = Table(read(Variable.LEDGER))
    copies = ModelCopies(Names(read(Variable.ENVIRONMENT)), client("bedrock"), read(Variable.MODEL_KEY))
    adopter = Adopter(Ledger(table), Promotions(table), Borrowing.of_environment(), copies)
    return adopter.adopt(product(event, "run", Run))


step = step_handler(Stage.DISTILLATION, {"adopt": _adopt})
