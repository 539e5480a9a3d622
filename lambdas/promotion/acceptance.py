"""A person accepts a run's student, which an execution then promotes, or declines one that waits.

Called by its function URL, which identifies the caller (`distillery/core/decisions.py`):

{"run": "support-k3x9a-p0q2m7ab-1", "accept": true, "reason": "better on the new products"}
→ {"run": …, "outcome": "running", "holder": "acceptance-support-…", "by": "arn:…", "reason": …, "first": true}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from distillery.core import clock, names
from distillery.core import recipe as settings
from distillery.core.aliases import Aliases
from distillery.core.aws import ClientError, client
from distillery.core.canary import CanaryOutcome
from distillery.core.canary_start import CanaryStarter, canary_refusal, canary_usd, needs_canary
from distillery.core.custom_models import model_exists
from distillery.core.decisions import check_reason, check_second_person, require_reason
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.errors import BadRequest, NothingToAccept, OutsideWindow, Refused, RunActive
from distillery.core.executions import Executions
from distillery.core.function_url import Caller
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.items import OPEN_OUTCOMES, RunRecord, busy_message, model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.ledger.uploads import Uploads
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Alias, Outcome, Stage
from distillery.core.promotion_window import closed_now
from lambdas.promotion.target import PROMOTE

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceRequest:
    """A request.

    Attributes:
        run: The run whose student it is about.
        accept: False declines a student that waits.
        reason: Required to accept.
        seen: The latest acceptance of the run that the person knows of (`RunRecord.acceptance`). A request that is sent
            again, or by a second person, finds a later one and starts nothing.
        replace_newer: Whether to replace a model that went live after the verdict.
        canary_usd: What the person was told that the second endpoint of the student's canary bills at most.
        without_canary: Whether the student goes live at once, although its recipe has canaries.
    """

    run: str
    accept: bool
    reason: str = ""
    seen: str = ""
    replace_newer: bool = False
    canary_usd: Decimal = Decimal(0)
    without_canary: bool = False

    @property
    def recipe(self) -> str:
        return names.recipe_of(self.run)


@dataclass(frozen=True, slots=True)
class AcceptanceDecider:
    """Decides on students. `uploads`: set if the uploader of the prompts may not accept; anybody may decline."""

    names: Names
    ledger: Ledger
    acceptances: Acceptances
    canaries: Canaries
    aliases: Aliases
    executions: Executions
    bedrock: "BedrockClient"
    notices: Notices
    uploads: Uploads | None = None

    @classmethod
    def of_environment(cls) -> Self:
        """What the function's environment variables configure."""
        table = Table(read(Variable.LEDGER))
        return cls(
            Names(read(Variable.ENVIRONMENT)),
            Ledger(table),
            Acceptances(table),
            Canaries(table),
            Aliases(),
            Executions(read(Variable.STATE_MACHINE)),
            client("bedrock"),
            Notices(read(Variable.TOPIC)),
            Uploads(table) if is_set(Variable.FOUR_EYES) else None,
        )

    def decide(self, request: AcceptanceRequest, by: Caller) -> dict[str, Any]:
        """The decision: this one, or the earlier one that the person did not know of.

        Raises:
            BadRequest: The reason is missing or too long, the run cannot be declined, or the price of its canary was
                not confirmed.
            NothingToAccept: The run has no student that could go live, or it needs `replace_newer`.
            OverBudget: The month's budget has no room for the endpoint of its canary.
            NotAdmitted: The person uploaded the prompts, or sent the record of the promotion, and the environment
                requires a second one.
            OutsideWindow: The promotion window is closed.
            RunActive: Something else holds the recipe.
        """
        if not request.accept:
            check_reason(request.reason)
            record = self.acceptances.decline(request.run, request.reason, by=by.arn)
            self._notify(record, f"was declined by {record.closed_by}: {record.reason or 'no reason given'}.")
            return {"run": request.run, "outcome": record.outcome.value, "by": record.closed_by}
        require_reason(request.reason, f"the acceptance of run {request.run!r}")
        return self._accept(request, by)

    def _accept(self, request: AcceptanceRequest, by: Caller) -> dict[str, Any]:
        """Starts the execution that makes the student live, or its canary, which takes no lock of the recipe. That is
        locked before the alias is read, as for a roll-back."""
        record = self.ledger.run(request.run)
        if record.promoting or record.acceptance != request.seen:
            return _answer(record, first=False)
        _check_run(record)
        self._check_waits(record)
        if closed := closed_now(clock.now()):
            raise OutsideWindow(
                f"it is {closed}; students go live in the window: accept run {request.run!r} then. A roll-back is "
                "possible at any time"
            )
        if self.uploads is not None:
            check_second_person(self.uploads.of(request.run), by, self.uploads.senders(request.run))
        recipe, model = request.recipe, model_of(record) or ""
        holder = new_holder(HolderKind.ACCEPTANCE, recipe, clock.now())
        try:
            self.ledger.lock(recipe, holder)
        except RunActive:
            record = self.ledger.run(request.run)
            if record.promoting:  # somebody else was faster
                return _answer(record, first=False)
            raise
        try:
            alias = self._check_live(record, model, replace_newer=request.replace_newer)
            self._check_model(record, model)
            has_canary = alias is not None and self._check_canary(record, model, alias, request)
            left, skips = alias.current if alias else None, request.without_canary
            if not self.acceptances.begin(record, holder, by.arn, request.reason, left=left, without_canary=skips):
                raise RunActive(busy_message(recipe, "another decision about the run"))
            if alias is not None and has_canary:
                now = settings.load_all().get(recipe, record.run.recipe)
                starter = CanaryStarter(self.canaries, self.executions)
                starter.start(record, alias, acceptance=holder, cap_usd=now.monthly_cap_usd)
                self.ledger.unlock(recipe, holder)
            else:
                self.executions.start(holder, {"action": PROMOTE, "recipe": recipe, "holder": holder})
        except (ClientError, Refused) as error:
            self._not_started(recipe, holder, f"it did not start: {type(error).__name__}")
            raise
        record = self.ledger.run(request.run)
        without = " without a canary" if request.without_canary else ""
        what = "takes a share of the calls first" if has_canary else f"is going live{without}"
        self._notify(record, f"was accepted by {by.arn} and {what}: {record.accepted_reason}.")
        return _answer(record, first=True)

    def _not_started(self, recipe: str, holder: str, why: str) -> None:
        begun = self.canaries.current(recipe)
        if begun is not None and begun.acceptance == holder:
            self.canaries.end(begun, CanaryOutcome.FAILED, why)
        self.acceptances.end(recipe, holder, Outcome.FAILED, why)
        self.ledger.unlock(recipe, holder)

    def _check_waits(self, record: RunRecord) -> None:
        """Raises NothingToAccept while the run's canary decides about it."""
        run, found = record.run, self.canaries.current(record.run.recipe.name)
        if record.outcome is Outcome.CANARY and found is not None and found.run == run.id:
            raise NothingToAccept(
                f"run {run.id!r} is {record.outcome}: {found.holder} decides about its student; wait for it to end, or "
                f"end it now and accept the run then: distillery stop {run.id} --reason WHY"
            )

    def _check_canary(self, record: RunRecord, model: str, alias: Alias, request: AcceptanceRequest) -> bool:
        """Whether it has a canary first. Raises NothingToAccept, or BadRequest for another price."""
        if request.without_canary or not needs_canary(record.run, model, alias, self.canaries):
            return False
        if why := canary_refusal(alias, self.canaries):
            raise NothingToAccept(
                f"the student of run {record.run.id!r} cannot begin its canary now: {why}; or add --without-canary"
            )
        if (usd := canary_usd(record.run.recipe)) != request.canary_usd:
            raise BadRequest(
                f"the canary of run {record.run.id!r} needs a second endpoint, which bills up to ${usd}, and "
                f"${request.canary_usd} was confirmed; a current version of the command shows the price first"
            )
        return True

    def _check_live(self, record: RunRecord, model: str, *, replace_newer: bool) -> Alias | None:
        """What is live. Raises NothingToAccept where it is the run's own, or newer than the verdict."""
        run, alias = record.run, self.aliases.read(self.names.alias(record.run.recipe.name))
        if alias is None:
            return None
        if alias.current == model:
            who = f", as {record.accepted_by} decided" if record.accepted_by else ""
            raise NothingToAccept(
                f"the student of run {run.id!r} is already live, since {alias.changed}{who}; only a student that is "
                "not live can be accepted: `distillery status` shows what is live"
            )
        stage = record.stages[Stage.EVALUATION]
        judged = stage.ended or ""
        is_about = _live_model(stage.product) or alias.current  # old verdicts name none
        compared = alias.changed <= judged and is_about == alias.current
        if not compared and not replace_newer and _live_model(record.exploratory) != alias.current:
            raise NothingToAccept(
                f"run {run.id!r} was judged at {judged}, and the model of run {alias.run!r} went live at "
                f"{alias.changed}, and the verdict does not compare the two; a verdict that is older than the "
                "live model, or about another, needs --replace-newer: add it, or evaluate the run again"
            )
        return alias

    def _check_model(self, record: RunRecord, model: str) -> None:
        """Raises NothingToAccept where somebody deleted the model."""
        if not model_exists(self.bedrock, model):
            raise NothingToAccept(
                f"model {model} of run {record.run.id!r} does not exist any more; only an existing model can go live: "
                "run the recipe again with the prompts"
            )

    def _notify(self, record: RunRecord, what: str) -> None:
        self.notices.publish(
            f"Distillery: {record.run.recipe.name} {record.outcome}", f"The student of {record.run.id} {what}"
        )


def _check_run(record: RunRecord) -> None:
    """Raises NothingToAccept unless the run has ended with a student and a verdict."""
    run, outcome = record.run.id, record.outcome
    if outcome in OPEN_OUTCOMES:
        raise NothingToAccept(
            f"run {run!r} is {outcome}; only a run that has ended can be accepted: wait for its verdict "
            f"(distillery watch {run})"
        )
    if not record.has_student:
        raise NothingToAccept(
            f"run {run!r} is {outcome} and has no student; only a run whose job has made a model can be accepted: run "
            "the recipe again with the prompts"
        )
    if Stage.EVALUATION not in record.stages or not record.stages[Stage.EVALUATION].ended:
        raise NothingToAccept(
            f"run {run!r} is {outcome} and has no verdict; only a student that was evaluated can be accepted: evaluate "
            f"it first (distillery evaluate {run})"
        )


def _live_model(verdict: Mapping[str, Any]) -> str | None:
    """The live model that a stored verdict compares with."""
    live = verdict.get("live") or {}
    return live.get("model")


def _answer(record: RunRecord, *, first: bool) -> dict[str, Any]:
    return {
        "run": record.run.id,
        "outcome": "running" if record.promoting else record.outcome.value,
        "holder": record.acceptance,
        "by": record.accepted_by,
        "at": record.accepted,
        "reason": record.accepted_reason,
        "first": first,
    }
