"""Starts an evaluation that a person requests: it requests missing answers, or judges stored ones.

Called by its function URL, which identifies the caller (`distillery/core/decisions.py`):

{"run": "support-k3x9a-p0q2m7ab-1", "judge_only": false, "current_settings": false, "reason": "the last step failed"}
→ {"run": …, "execution": "evaluation-support-20261123T090807Z", "judge_only": false}
"""

from collections.abc import Mapping
from typing import Any

from distillery.core import recipe
from distillery.core.aws import ObjectStore, client
from distillery.core.boundary import boundary
from distillery.core.decisions import handle_decision
from distillery.core.env_vars import Variable, read
from distillery.core.function_url import Caller
from distillery.core.golden import GoldenSet
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.recipe import Recipe
from distillery.evaluation.restart import EvaluationRequest, EvaluationStarter


@boundary()
def evaluate(event: Mapping[str, Any], context: object) -> Any:
    """Handles the request (see the module)."""
    return handle_decision(event, context, EvaluationRequest, _start)


def _pinned(of: Recipe) -> GoldenSet | None:
    """The recipe's golden set of today. Raises Refused where it is missing, or breaks a rule."""
    if not of.golden_set:
        return None
    from distillery.datasets.examine import line_limits  # slow imports, for such recipes only
    from distillery.datasets.golden import pin
    from distillery.evaluation.preview import needing_references

    limits = line_limits(of.student, answer=of.max_answer_tokens)
    found = pin(of, read(Variable.PROMPTS_BUCKET), ObjectStore(), limits, needing=needing_references(of))
    return found.pinned if found else None


def _start(request: EvaluationRequest, by: Caller) -> dict[str, Any]:
    table = Table(read(Variable.LEDGER))
    starter = EvaluationStarter(
        Ledger(table),
        Evaluations(table),
        ObjectStore(),
        read(Variable.DATA_BUCKET),
        read(Variable.STATE_MACHINE),
        client("stepfunctions"),
        recipe.load,
        _pinned,
        client("stepfunctions").meta.region_name,
    )
    return starter.start(request, by)
