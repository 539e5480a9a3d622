"""The Lambda handler that shares the model of a run with another account, called by its function URL, which identifies
the caller (`distillery/core/decisions.py`):

{"run": "support-k3x9a-p0q2m7ab-1", "account": "222222222222", "end": false}
→ {"run": …, "account": …, "model": "arn:…", "until": "2026-11-24T09:00:00+00:00"}

With `end`, a share ends before its time: once the copy is there, nobody needs it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from distillery.core import names
from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.decisions import handle_decision
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest
from distillery.core.function_url import Caller
from distillery.core.ledger.items import model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.model_shares import ModelShares
from distillery.core.names import Names
from distillery.core.pipeline import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRequest:
    """A request. `account`: 12 digits. `end`: whether the share is to end."""

    run: str
    account: str
    end: bool = False

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)


@dataclass(frozen=True, slots=True)
class ModelSharing:
    """`accounts`: those that the settings share with."""

    accounts: tuple[str, ...]
    ledger: Ledger
    shares: ModelShares

    def decide(self, request: ShareRequest, by: Caller) -> dict[str, Any]:
        """Shares the model of a run, or ends that.

        Raises:
            BadRequest: The run did not go live, the settings do not share with the account, or AWS does not.
        """
        run, account = request.run, request.account
        record = self.ledger.run(run)
        model, told = model_of(record), {"run": run, "account": account}
        if request.end:
            self.shares.unshare(run, account)
            return {**told, "model": model, "until": None}
        if account not in self.accounts:
            raise BadRequest(
                f"the account is {account!r}, and the settings share models with {', '.join(self.accounts)}; add it to "
                "`share_with` in [promotion], and deploy"
            )
        if record.outcome is not Outcome.PROMOTED or not model:
            raise BadRequest(
                f"run {run!r} is {record.outcome}; only the model of a run that went live is shared: promote such a run"
            )
        share = self.shares.share(model, run, account, by=by.arn)
        return {**told, "model": model, "until": share.until.isoformat() if share.until else None}


@boundary()
def share(event: Mapping[str, Any], context: object) -> Any:
    """Handles a `ShareRequest` by the URL (see the module)."""

    def decide(request: ShareRequest, by: Caller) -> Mapping[str, Any]:
        sharing = ModelSharing(
            tuple(json.loads(read(Variable.SHARE_WITH))),
            Ledger(Table(read(Variable.LEDGER))),
            ModelShares(Names(read(Variable.ENVIRONMENT)), client("ram")),
        )
        return sharing.decide(request, by)

    return handle_decision(event, context, ShareRequest, decide)
