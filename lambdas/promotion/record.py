"""Records a promotion: its start and end in the ledger, and the alias.

Once the alias is written, callers use the target's model, and the old model is kept as `previous`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from distillery.core import clock
from distillery.core.aws import AWS_ERRORS
from distillery.core.boundary import get_logger
from distillery.core.errors import EndpointFailed, Unfinished
from distillery.core.hosting import State
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.borrowed_models import is_borrowed
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Alias, Endpoint, Stage
from distillery.core.signed_record import SignedRecord
from distillery.core.standings import Standings, StandingState
from lambdas.promotion.live import LiveEndpoint
from lambdas.promotion.system_prompts import SystemPromptStore
from lambdas.promotion.target import PromotionTarget

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorder:
    live: LiveEndpoint
    ledger: Ledger
    prompts: SystemPromptStore
    history: AliasHistory
    changes: HoursChanges
    writes: AliasWrites
    borrow: Callable[[str, str], None] = lambda _model, _run: None
    """Takes or renews the lease of another environment's model, for a run."""
    publish: Callable[[SignedRecord], None] = lambda _signed: None
    """Publishes a signed record."""
    standings: Standings | None = None
    """Where the environment signs: what says whether it stands by a student."""

    def promote(self, target: PromotionTarget) -> Endpoint:
        """The live endpoint, updating to the target's model. A roll-back is no stage of a run.

        A lease of another environment's model is taken, and the system prompt stored, first: where that fails, the old
        model stays live. Raises RunStopped for a run that
        a person has stopped, and EndpointChanging while business hours change the endpoint.
        """
        if target.is_stage:
            if target.mover == target.run:
                self.ledger.stops.claim_promotion(target.run)
            self.ledger.begin(target.run, Stage.PROMOTION)
        self.changes.wait_for(target.recipe.name)  # read after the claim, which keeps later changes away
        if is_borrowed(self.ledger.run(target.run)):
            self.borrow(target.model_arn, target.run)
        self.prompts.keep(target.system, target.learned)
        return self.live.promote(target)

    def record(self, target: PromotionTarget, signed: SignedRecord | None = None) -> Alias:
        """Writes the alias of the target, which ends a canary. A repeated call changes nothing.

        signed: The record of the student, if the environment signs. It is published just before: no student is live
        without one.
        """
        with self.writes.of(target.recipe.name, target.mover):
            old, alias = self._write(target, signed if target.is_stage else None)
        if target.is_stage:
            self.history.record_live(alias, by=target.mover)
        else:
            self.history.keep(alias, by=target.mover)
        if old and _slot(old.endpoint) != _slot(alias.endpoint):
            self._delete(old.endpoint)
        return alias

    def _write(self, target: PromotionTarget, signed: SignedRecord | None) -> tuple[Alias | None, Alias]:
        """The alias as it was, and as it is."""
        parameter = self.live.names.alias(target.recipe.name)
        old = self.live.aliases.read(parameter)
        alias = old
        if old and old.paused and old.current == target.model_arn:
            alias = replace(old, endpoint=self._serving(target), paused=None)
            self._publish(signed)
            self.live.aliases.write(parameter, alias)
        elif old is None or old.current != target.model_arn:
            kept = self.history.stored(target.recipe.name)
            last = max(old.version if old else 0, kept[0].version if kept else 0)
            alias = _next(target, self._serving(target), old, version=last + 1)
            self._publish(signed)
            self._stand(old, target)
            self.live.aliases.write(parameter, alias)
        assert alias is not None
        return old, alias

    def _publish(self, signed: SignedRecord | None) -> None:
        if signed:
            self.publish(signed)

    def _stand(self, old: Alias | None, target: PromotionTarget) -> None:
        """Written before the alias: a repeated call finds the new one alone, which does not say who was rolled back."""
        if self.standings is None:
            return
        try:
            if old and not target.is_stage:
                self.standings.write(old.run, old.current, StandingState.ROLLED_BACK)
            self.standings.write(target.run, target.model_arn, StandingState.LIVE)
        except AWS_ERRORS:
            if target.is_stage:
                raise
            log.exception("the roll-back goes on without its standings; the ledger alone says that it was rolled back")

    def _serving(self, target: PromotionTarget) -> Endpoint:
        """The endpoint, described once more: an alias must not be ahead of its endpoint."""
        found = self.live.hosting[target.recipe.hosting].find(self.live.name(target))
        if found is None or found.state is not State.SERVING or found.model_arn != target.model_arn:
            state = f"{found.state} with {found.model_arn}" if found else "gone"
            raise EndpointFailed(f"live endpoint {self.live.name(target)!r} is {state}, not serving {target.model_arn}")
        return found.endpoint

    def _delete(self, endpoint: Endpoint) -> None:
        """Deletes the previous live endpoint, of another base model or hosting mode. If it is busy, it is left to
        the sweep."""
        try:
            self.live.hosting[endpoint.mode].delete(endpoint.name)
        except Unfinished as unfinished:
            log.warning("left to the sweep: %s", unfinished)


def _slot(endpoint: Endpoint) -> tuple[HostingMode, str]:
    """What an endpoint is deleted by. After a pause, the new one has the same name, and another ARN."""
    return endpoint.mode, endpoint.name


def _next(target: PromotionTarget, endpoint: Endpoint, old: Alias | None, *, version: int) -> Alias:
    return Alias(
        recipe=target.recipe.name,
        version=version,
        endpoint=endpoint,
        region=endpoint.arn.split(":")[3],
        base=target.recipe.student,
        current=target.model_arn,
        previous=old.current if old else None,
        run=target.run,
        changed=clock.stamp(),
        system=target.system,
        previous_system=old.system if old else None,
    )
