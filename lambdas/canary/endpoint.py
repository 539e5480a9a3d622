"""A canary's endpoint: created for it alone, let in callers while it takes its share, and deleted.

A lease by its name keeps it until some hours after the end. Only from `admit` on has it the tag of its route, which
lets callers in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from distillery.core import clock
from distillery.core.canary_start import AFTER, BEFORE
from distillery.core.hosting import Hosting
from distillery.core.ledger.canaries import CanaryRecord
from distillery.core.ledger.leases import Leases
from distillery.core.names import DISTILLED_PREFIX, TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN, Names, token
from distillery.core.pipeline import Endpoint, EndpointStatus
from distillery.core.recipe import Recipe


@dataclass(frozen=True, slots=True)
class CanaryEndpoint:
    """Every call may be repeated. `may_create` raises where an endpoint of that name may not be created; `borrow` takes
    or renews the lease of another environment's model, for a run."""

    names: Names
    hosting: Hosting
    leases: Leases
    may_create: Callable[[str, Recipe], None] = lambda _name, _recipe: None
    borrow: Callable[[str, str], None] = lambda _model, _run: None

    def name(self, record: CanaryRecord) -> str:
        return self.names.canary(record.holder)

    def check(self, record: CanaryRecord, recipe: Recipe) -> None:
        """Raises what `may_create` raises."""
        self.may_create(self.name(record), recipe)

    def create(self, record: CanaryRecord, recipe: Recipe) -> Endpoint:
        name = self.name(record)
        self._hold(record, BEFORE)
        tags = {TAG_ENVIRONMENT: self.names.environment, TAG_RECIPE: recipe.name, TAG_RUN: record.run}
        made_for = token(record.holder, "canary")
        return self.hosting.create(name=name, model_arn=record.model, tags=tags, token=made_for, recipe=recipe)

    def status(self, record: CanaryRecord) -> EndpointStatus:
        """Raises EndpointFailed where it failed or is gone."""
        return self.hosting.status(self.name(record))

    def let_in(self, record: CanaryRecord, endpoint: Endpoint, end: datetime) -> None:
        """Gives it the tags that callers' policies refer to, and keeps it until after the end. A request to tag it
        must name the environment."""
        self._hold(record, end - clock.now() + AFTER)
        route = DISTILLED_PREFIX + record.recipe
        self.hosting.tag(endpoint, {TAG_ENVIRONMENT: self.names.environment, TAG_ROUTE: route})

    def delete(self, record: CanaryRecord) -> bool:
        """False where there is none. Raises EndpointChanging while the service creates it."""
        deleted = self.hosting.delete(self.name(record))
        self.leases.release(self.name(record), owner=record.holder)
        return deleted

    def _hold(self, record: CanaryRecord, length: timedelta) -> None:
        self.leases.hold(self.name(record), owner=record.holder, purpose=f"canary of run {record.run}", length=length)
