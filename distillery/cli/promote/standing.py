"""Whether the source still stands by the student of a record: it went live there, and was not rolled back."""

from typing import TYPE_CHECKING

from distillery.cli.permissions import is_denied
from distillery.cli.record_documents import RefusalOutput
from distillery.cli.target import Target
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.core.pipeline import Alias, Outcome
from distillery.core.serialization import from_wire
from distillery.records.refusal import Refusal

if TYPE_CHECKING:
    from distillery.core.ledger.history import LiveVersion
    from distillery.records.record import PromotionRecord


_REASON_NEEDED = (
    "a student that was rolled back is promoted only with a reason: --allow-rolled-back --reason WHY, or promote "
    "another run"
)


def objection(on: Target, record: "PromotionRecord") -> RefusalOutput | None:
    """Why the source does not stand by the student; None where it does, or where its ledger does not have the run.

    Raises:
        ClientError: The credentials do not read its ledger or its alias.
    """
    try:
        on.ledger.run(record.run)
    except BadRequest:  # of a ledger that was replaced
        return None
    alias = on.account.alias(record.recipe)
    versions = on.history.of(record.recipe, from_wire(Alias, alias) if alias else None)
    live = [one for one in versions if one.model == record.model_arn]
    if not live:
        return RefusalOutput(
            reason=Refusal.NEVER_LIVE,
            sentence=f"the student of run {quoted(record.run)} never went live in {on.environment}; only a student "
            "that did can be promoted: promote another run",
        )
    return _rolled_back(on, record, live[0])


def _rolled_back(on: Target, record: "PromotionRecord", last: "LiveVersion") -> RefusalOutput | None:
    for one in on.rollbacks.of(record.recipe):
        left = one.left == record.model_arn and one.left_version in (None, last.version)
        if left and one.outcome is Outcome.ROLLED_BACK and (one.closed or one.opened) >= last.since:
            return RefusalOutput(
                reason=Refusal.ROLLED_BACK,
                sentence=f"{on.environment} rolled back the student of run {quoted(record.run)} at {one.opened}, "
                f"because {quoted(one.why or 'no reason given')}; {_REASON_NEEDED}",
            )
    return None


def objections(on: Target, record: "PromotionRecord") -> tuple[list[RefusalOutput], list[RefusalOutput]]:
    """The refusals, and what could not be checked.

    A data reader does not read the ledger. Then the standing beside the record says whether the student was rolled
    back; it went live, because a record is published only then.
    """
    from distillery.client import AWS_ERRORS

    try:
        found = objection(on, record)
    except AWS_ERRORS as error:
        if not is_denied(error):
            raise
        return _by_standing(on, record)
    return [found] if found else [], []


def _by_standing(on: Target, record: "PromotionRecord") -> tuple[list[RefusalOutput], list[RefusalOutput]]:
    from distillery.client.errors import NotReached
    from distillery.core.standings import StandingState, read_standing, standing_uri

    try:
        found = read_standing(on.account.read(standing_uri(on.account.pipeline["data_bucket"], record.run)))
    except (NotReached, BadRequest, ValueError):  # none, as an older version writes none, or no permission either
        found = None
    if found is None or found.model != record.model_arn:
        said = (
            f"whether {on.environment} has rolled the student back: these credentials do not read its ledger and "
            "alias, and there is no standing of the student beside the record"
        )
        return [], [RefusalOutput(reason=Refusal.ROLLED_BACK, sentence=said)]
    if found.state is StandingState.LIVE:
        return [], []
    said = (
        f"{on.environment} rolled back the student of run {quoted(record.run)} at {found.at}, for a reason that its "
        f"ledger has; {_REASON_NEEDED}"
    )
    return [RefusalOutput(reason=Refusal.ROLLED_BACK, sentence=said)], []
