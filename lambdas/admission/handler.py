"""The Lambda handler that admits students of other environments, called by its function URL, which identifies the
caller (`distillery/core/decisions.py`):

{"record": "<the envelope in base64>", "promotion": "", "reason": "the new labels"}
→ {"promotion": "promotion-support-…", "way": "re-distil", "prefix": "prompts/support/promotion-…/", "run": "",
   "first": true, "state": "admitted", "awaits_prompts": true, "has_student": false}

A refusal says its `reason`, and of a record that was used also by which `promotion`.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core import recipe
from distillery.core.aliases import Aliases
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.decisions import handle_late_decision
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.function_url import Caller, invoked_function
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.table import Table
from distillery.core.notices import Notices
from distillery.core.promotions import AdmissionRequest
from distillery.core.serialization import to_wire
from distillery.records import rules
from distillery.records.public_key import PublicKey
from distillery.records.ways import Place
from lambdas.admission.admission import AdmissionDecider, MayDecide


@boundary()
def admit(event: Mapping[str, Any], context: object) -> Any:
    """Handles an `AdmissionRequest` (see the module)."""

    def decide(request: AdmissionRequest, by: Caller, may_decide: MayDecide) -> Mapping[str, Any]:
        answer: dict[str, Any] = to_wire(_admission(context).decide(request, by, may_decide))
        return answer

    return handle_late_decision(event, context, AdmissionRequest, decide)


def _admission(context: object) -> AdmissionDecider:
    account, _ = invoked_function(context)
    ssm, table, admitted = client("ssm"), Table(read(Variable.LEDGER)), rules.load()
    return AdmissionDecider(
        place=Place(
            environment=read(Variable.ENVIRONMENT),
            account=account or None,
            region=ssm.meta.region_name,
            keeps_data=is_set(Variable.FOUR_EYES),
            copy_from=admitted.copy_from,
        ),
        rules=admitted,
        keys=[PublicKey.from_pem(text) for text in admitted.public_keys],
        recipes=recipe.load,
        ledger=Ledger(table),
        promotions=Promotions(table),
        aliases=Aliases(ssm),
        notices=Notices(read(Variable.TOPIC)),
    )
