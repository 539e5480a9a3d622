"""The Lambda handler of canaries: the steps `begin`, `create`, `describe`, `admit`, `look`, `withdraw`, `delete` and
`close`. Its function exists only where a recipe has canaries, and has a role of its own."""

from typing import Any

from distillery.core.aliases import Aliases
from distillery.core.aws import client
from distillery.core.borrowing import Borrowing
from distillery.core.canary_start import CanaryStarter
from distillery.core.env_vars import Variable, read
from distillery.core.errors import BadRequest, OverBudget, RunActive
from distillery.core.executions import Executions
from distillery.core.hosting import hosting_by_mode
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.alias_writes import AliasWrites
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.history import AliasHistory
from distillery.core.ledger.hours_changes import HoursChanges
from distillery.core.ledger.leases import Leases
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.names import Names
from distillery.core.notices import Notices
from distillery.core.pipeline import Endpoint, EndpointStatus, Outcome, Run, Stage
from distillery.core.steps import Event, product, state_of, step_handler
from distillery.core.unit_ceiling import UnitCeiling
from lambdas.canary.canary import CanaryLook, RunningCanary
from lambdas.canary.close import CanaryCloser, ending_of
from lambdas.canary.endpoint import CanaryEndpoint
from lambdas.canary.metrics import CanaryMetrics


def _begin(event: Event, _context: Any) -> dict[str, str]:
    """Starts the canary of a run that has just passed, in an execution of its own. `machine`: the state machine's ARN.

    Where none can begin, the run waits for a person.
    """
    run, table = product(event, "run", Run), Table(read(Variable.LEDGER))
    alias = Aliases().read(Names(read(Variable.ENVIRONMENT)).alias(run.recipe.name))
    if alias is None:
        raise BadRequest(f"recipe {run.recipe.name!r} has no alias; where nothing is live, a student goes live at once")
    starter = CanaryStarter(Canaries(table), Executions(str(event["machine"])))
    try:
        begun = starter.start(Ledger(table).run(run.id), alias)
    except (RunActive, OverBudget) as error:
        return {"outcome": Outcome.AWAITING_ACCEPTANCE, "why": f"Its canary could not begin: {error}"}
    options = run.recipe.canary
    share = f"{options.share:.0%} of the calls for {options.minutes} minutes" if options else "a share of the calls"
    return {"outcome": Outcome.CANARY, "why": f"Its canary {begun.holder} takes {share}."}


def _create(event: Event, _context: Any) -> Endpoint:
    return _running(event).create()


def _describe(event: Event, _context: Any) -> dict[str, EndpointStatus]:
    return _running(event).describe()


def _admit(event: Event, _context: Any) -> dict[str, int]:
    return _running(event).admit(product(event, "candidate", Endpoint))


def _look(event: Event, _context: Any) -> CanaryLook:
    return _running(event).look()


def _withdraw(event: Event, _context: Any) -> dict[str, bool]:
    return _running(event).withdraw()


def _delete(event: Event, _context: Any) -> dict[str, bool]:
    return _running(event).delete()


def _close(event: Event, _context: Any) -> dict[str, str]:
    """Takes it out of the alias first, where `withdraw` could not: what callers may still call is not closed."""
    table, running = Table(read(Variable.LEDGER)), _running(event)
    running.withdraw()
    closer = CanaryCloser(
        Ledger(table), AliasHistory(table), Canaries(table), Acceptances(table), Notices(read(Variable.TOPIC))
    )
    live = running.live
    ending = ending_of(
        running.record, running.options, state_of(event), is_live=live is not None, mismatch=running.mismatch
    )
    return closer.close(running.record, ending, live)


def _running(event: Event) -> RunningCanary:
    table, names = Table(read(Variable.LEDGER)), Names(read(Variable.ENVIRONMENT))
    canaries, ledger = Canaries(table), Ledger(table)
    record = _record(event, canaries)
    recipe = ledger.run(record.run).run.recipe
    ceiling = UnitCeiling.of_environment(names)
    endpoint = CanaryEndpoint(
        names,
        hosting_by_mode()[recipe.hosting],
        Leases(table),
        may_create=lambda name, of: ceiling.check(name, of, client("bedrock")),
        borrow=lambda model, run: Borrowing.of_environment().borrow(model, run),
    )
    metrics = CanaryMetrics(names, client("cloudwatch"), client("cloudwatch", read(Variable.INFERENCE_REGION)))
    return RunningCanary(
        record=record,
        recipe=recipe,
        names=names,
        ledger=ledger,
        canaries=canaries,
        aliases=Aliases(),
        writes=AliasWrites(table),
        changes=HoursChanges(table),
        endpoint=endpoint,
        metrics=metrics.read,
    )


def _record(event: Event, canaries: Canaries) -> CanaryRecord:
    """The canary as the ledger has it: what starts an execution cannot invent one."""
    state = state_of(event)
    return canaries.find(str(state["recipe"]), str(state["holder"]))


step = step_handler(
    Stage.PROMOTION,
    {
        "begin": _begin,
        "create": _create,
        "describe": _describe,
        "admit": _admit,
        "look": _look,
        "withdraw": _withdraw,
        "delete": _delete,
        "close": _close,
    },
)
