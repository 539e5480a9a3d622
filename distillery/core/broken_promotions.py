"""What a promotion, an acceptance or a roll-back that broke has left.

Its execution may have ended between two writes. Where the alias has the model already, only the ledger lacks that, and
gets it here. Where the live endpoint serves the model, and the alias still names another, callers get the model under
the other's name: people are told, and another try mends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, code
from distillery.core.boundary import get_logger
from distillery.core.hosting import Hosting, State
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.holders import HolderKind, kind_of
from distillery.core.ledger.items import RunRecord, model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.names import Names
from distillery.core.pipeline import Alias

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRemains:
    """What is left. `live`: the alias, if it names the model. `sentence`: for people, where somebody has to mend it."""

    live: Alias | None = None
    sentence: str = ""

    def after(self, why: str) -> str:
        """The reason why it broke, and what it has left."""
        if self.live is not None:
            now = f"alias version {self.live.version} serves {self.live.current}"
            return f"{now}; the execution broke after that: {why}"
        return f"{why.rstrip('.')}. {self.sentence}" if self.sentence else why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What a holder was to make live. `made_by`: the run that made the model."""

    model: str
    made_by: RunRecord
    again: str
    is_stage: bool = True


@dataclass(frozen=True, slots=True)
class BrokenPromotions:
    names: Names
    hosting: Mapping[HostingMode, Hosting]
    aliases: Aliases
    ledger: Ledger
    history: AliasHistory
    acceptances: Acceptances
    rollbacks: Rollbacks

    def examine(self, recipe: str, holder: str) -> PromotionRemains:
        """What the holder of a recipe's lock has left. Records in the ledger what is live.

        A service that does not answer and an alias that cannot be read are no reason to keep the recipe locked, so
        people are told that instead.
        """
        if (change := self._change(recipe, holder)) is None:
            return PromotionRemains()
        try:
            alias = self.aliases.read(self.names.alias(recipe))
            if alias is None:
                return PromotionRemains()  # an endpoint without an alias is deleted
            if alias.current != change.model:
                return PromotionRemains(sentence=self._mismatch(change, alias))
        except Exception as error:
            log.exception("what %s has left is unknown", holder)
            why = code(error) if isinstance(error, ClientError) else type(error).__name__
            return PromotionRemains(sentence=f"Whether the live endpoint serves {change.model} is unknown: {why}")
        if change.is_stage:
            self.history.record_live(alias, by=holder)
        else:
            self.history.keep(alias, by=holder)
        return PromotionRemains(live=alias)

    def _change(self, recipe: str, holder: str) -> _Change | None:
        """None where nothing was to go live yet. A run may be promoted again, by a later execution."""
        match kind_of(holder):
            case None:
                record = self.ledger.run(holder)
                model = model_of(record)
                has_begun = record.is_going_live or record.promotion_execution == record.latest_execution
                if model is None or not has_begun:
                    return None
                return _Change(model=model, made_by=record, again=f"Resume run {holder}")
            case HolderKind.ACCEPTANCE:
                acceptance = next((each for each in self.acceptances.of(recipe) if each.holder == holder), None)
                if acceptance is None:
                    return None
                made_by, again = self.ledger.run(acceptance.run), f"Accept run {acceptance.run} again"
                return _Change(model=acceptance.to, made_by=made_by, again=again)
            case HolderKind.ROLLBACK:
                return self._rollback(recipe, holder)
        return None

    def _rollback(self, recipe: str, holder: str) -> _Change | None:
        found = self.rollbacks.find(recipe, holder)
        made = [each for each in self.ledger.runs(recipe) if found and found.to and model_of(each) == found.to]
        if found is None or not made:
            return None
        return _Change(model=found.to, made_by=made[0], again="Roll back again", is_stage=False)

    def _mismatch(self, change: _Change, alias: Alias) -> str:
        """Empty where the live endpoint does not serve the model."""
        of = change.made_by.run.recipe
        name = self.names.live(of.name, of.student)
        found = self.hosting[of.hosting].find(name)
        updates = found is not None and found.state is State.UPDATING and found.wanted_arn == change.model
        if found is None or (found.model_arn != change.model and not updates):
            return ""
        serves = "is being updated to" if updates else "serves"
        return (
            f"The live endpoint {name!r} {serves} {change.model}, and the alias still names {alias.current}. "
            f"{change.again}, so that both are the same"
        )
