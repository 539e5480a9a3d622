"""The Lambda handler that signs the record of a run whose student goes live: the step `sign`.

The only function that may sign with the environment's key, so it has a role and code of its own.
"""

from typing import Any

from distillery.core.aws import ObjectStore, client
from distillery.core.canary_start import CANARY
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Run, Stage
from distillery.core.signed_record import SignedRecord
from distillery.core.steps import Event, evaluation_of, product, state_of, step_handler
from lambdas.signing.evidence import Evidence
from lambdas.signing.signer import RecordSigner, SigningKey


def _sign(event: Event, _context: Any) -> SignedRecord:
    """The record of the run of a verdict, of an acceptance, or of a canary. A repeated call finds the record of the
    first."""
    table, state = Table(read(Variable.LEDGER)), state_of(event)
    recipe, holder = str(state.get("recipe", "")), str(state.get("holder", ""))
    mover = holder
    if "run" in state:
        run, acceptance = product(event, "run", Run).id, None
        mover = evaluation_of(event) or run
    elif state.get("action") == CANARY:
        canary = Canaries(table).find(recipe, holder)
        run, acceptance = canary.run, None
        if canary.acceptance:
            acceptance = Acceptances(table).find(recipe, canary.acceptance)
    else:
        acceptance = Acceptances(table).find(recipe, holder)
        run = acceptance.run
    store = ObjectStore()
    region = client("s3").meta.region_name
    evidence = Evidence(store, read(Variable.ENVIRONMENT), region, keeps_data=is_set(Variable.FOUR_EYES))
    key = SigningKey(client("kms"), read(Variable.SIGNING_KEY))
    signer = RecordSigner(store, evidence, Promotions(table), key, days=int(read(Variable.RECORD_DAYS)))
    return signer.sign(Ledger(table).run(run), acceptance, mover=mover)


step = step_handler(Stage.PROMOTION, {"sign": _sign})
