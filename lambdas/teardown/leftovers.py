"""Lists what an environment has outside of its templates, what each costs, and why it may have to stay."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from distillery.core import names as product_names
from distillery.core.inventory import CustomModel, HostedModel, JobKind, RunningJob
from distillery.core.ledger import evaluations
from distillery.core.ledger.borrowed_models import BorrowedModel
from distillery.core.ledger.holders import HolderKind, kind_of
from distillery.core.ledger.items import WAITING_OUTCOMES, RunRecord, model_of
from distillery.core.ledger.leases import Lease
from distillery.core.model_leases import lease_on
from distillery.core.models import recipe_of
from distillery.core.pipeline import Outcome
from distillery.core.prices import HOURS_PER_MONTH
from lambdas.teardown.remaining import REASON, Environment, Remaining, command, cost, release, storage


class LeftoverKind(StrEnum):
    """What is left, in the order of deletion."""

    RUN = "run"
    ALIAS = "alias"
    JOB = "job"
    ENDPOINT = "endpoint"
    MODEL = "model"
    LEASE = "lease"
    MODEL_LEASE = "model-lease"
    """Of a model of another environment."""
    PARAMETER = "parameter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Something that is left.

    Attributes:
        arn: Its ARN; for what has none, its name.
        recipe: Empty where it belongs to none.
        costs: What it bills, in words.
        usd_per_hour, usd_per_month: What it bills; None where that is not known, or does not depend on time.
        kept: Why `clean` does not delete it; empty if it does.
        command: What removes the reason, as somebody types it; empty if only time does.
    """

    kind: LeftoverKind
    name: str
    arn: str
    recipe: str
    costs: str
    usd_per_hour: Decimal | None = Decimal(0)
    usd_per_month: Decimal | None = Decimal(0)
    kept: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Reads what is left of an environment at a time.

    Attributes:
        retire: Whether aliases, leases and waiting decisions keep nothing.
        may_stop_judges: Whether the function may stop evaluation jobs: only where a recipe has a judge.
    """

    environment: Environment
    now: datetime
    retire: bool = False
    may_stop_judges: bool = True

    def list(self) -> tuple[Leftover, ...]:
        """Everything that is left, in the order of deletion. Locks and executions are read before what they make."""
        active, remaining = self.environment.ledger.active(), self.environment.remaining()
        leases = self.environment.ledger.leases.all()
        records = self._records(remaining)
        staying = self._staying(remaining)
        endpoints = [_stays(self._endpoint(each, leases), staying) for each in remaining.inventory.endpoints]
        kept = {each.arn: each for each in endpoints if each.kept}
        found = [
            *self._runs(active, remaining),
            *(self._alias(recipe, arn) for recipe, arn in remaining.aliases.items()),
            *(self._job(each) for each in remaining.inventory.jobs),
            *endpoints,
            *(self._model(each, self._host(each.arn, remaining, kept), records) for each in remaining.inventory.models),
            *self._leases(leases, active, remaining),
            *(
                self._borrowed(each, self._host(each.arn, remaining, kept))
                for each in self.environment.ledger.borrowed.all()
            ),
        ]
        judged = tuple(_stays(each, staying) for each in found)
        if any(each.kept for each in judged):
            return judged  # the environment goes on, and with it what was found out for it
        return (*judged, *map(_parameter, self.environment.parameters.find()))

    def _host(self, model: str, remaining: Remaining, kept: Mapping[str, Leftover]) -> Leftover | None:
        """An endpoint that serves the model and stays."""
        return next((kept[each.arn] for each in remaining.inventory.hosts_of(model) if each.arn in kept), None)

    def _records(self, remaining: Remaining) -> dict[str, RunRecord]:
        """The runs that made models, by the model."""
        recipes = sorted({recipe_of(each) for each in remaining.inventory.models} - {""})
        runs = [record for recipe in recipes for record in self.environment.ledger.runs(recipe)]
        return {made: record for record in runs if (made := model_of(record))}

    def _staying(self, remaining: Remaining) -> dict[str, tuple[str, str]]:
        """The recipes of which everything stays, with the reason and the command that removes it: those that serve,
        because whoever retires a recipe decides about the rest too, and those that serve under a commitment."""
        staying = {}
        for recipe, arn in remaining.aliases.items():
            retire = command(self.environment.names, "retire", recipe, *REASON)
            if not self.retire:
                staying[recipe] = (f"recipe {recipe} serves: its alias names {arn}", retire)
        for endpoint in remaining.committed(self.now):
            if endpoint.recipe in remaining.aliases:
                staying[endpoint.recipe] = (f"recipe {endpoint.recipe} serves from {_bound(endpoint)}", "")
        return staying

    def _runs(self, active: Mapping[str, str], remaining: Remaining) -> Iterator[Leftover]:
        """What has a recipe's lock, and executions beside: each may yet start a job or create an endpoint."""
        works = set(active.values())
        for recipe, holder in sorted(active.items()):
            if kind_of(holder):
                yield _run(holder, recipe, "")
                continue
            works.add(self.environment.ledger.run(holder).latest_execution)
            stop = command(self.environment.names, "stop", holder, *REASON)
            yield _run(holder, recipe, stop)
        yield from (_run(each, recipe_of_execution(each), "") for each in remaining.runs if each not in works)

    def _alias(self, recipe: str, arn: str) -> Leftover:
        name = self.environment.names.alias(recipe)
        return Leftover(kind=LeftoverKind.ALIAS, name=name, arn=name, recipe=recipe, costs=f"names {arn}")

    def _job(self, job: RunningJob) -> Leftover:
        recipe = job.recipe or (product_names.recipe_of(job.run) if job.run else "")
        bills = f"{job.kind} job in progress: bills until it is stopped"
        found = Leftover(
            kind=LeftoverKind.JOB,
            name=job.name,
            arn=job.arn,
            recipe=recipe,
            costs=bills,
            usd_per_hour=None,
            usd_per_month=None,
        )
        if job.kind is JobKind.CUSTOMIZATION or self.may_stop_judges:
            return found
        return replace(
            found, kept="no recipe of the settings has a judge, so no function may stop it; it ends by itself"
        )

    def _endpoint(self, endpoint: HostedModel, leases: tuple[Lease, ...]) -> Leftover:
        hourly = self.environment.price(endpoint)
        found = Leftover(
            kind=LeftoverKind.ENDPOINT,
            name=endpoint.name,
            arn=endpoint.arn,
            recipe=endpoint.recipe,
            costs=cost(endpoint, hourly),
            usd_per_hour=hourly,
            usd_per_month=None if hourly is None else hourly * HOURS_PER_MONTH,
        )
        if endpoint.is_committed(self.now):
            return replace(found, kept=_bound(endpoint))
        naming = (each for each in leases if each.names(endpoint.name, endpoint.run))
        lease = next((each for each in naming if not each.has_expired), None)
        if lease is None or lease.run or self.retire:  # a run's own ends with the run
            return found
        kept = f"a lease of {lease.owner} keeps it until {lease.until}: {lease.purpose}"
        return replace(found, kept=kept, command=self._all())

    def _all(self) -> str:
        return command(self.environment.names, "clean", "--retire", *REASON)

    def _model(self, model: CustomModel, host: Leftover | None, records: Mapping[str, RunRecord]) -> Leftover:
        monthly = storage(model)
        found = Leftover(
            kind=LeftoverKind.MODEL,
            name=model.name,
            arn=model.arn,
            recipe=recipe_of(model),
            costs=f"${monthly} of storage a month",
            usd_per_hour=Decimal(0),
            usd_per_month=monthly,
        )
        if host is not None:
            return replace(found, kept=f"{host.name} serves it: {host.kept}", command=host.command)
        if lease := lease_on(model.tags, self.now):  # of another environment, which `--retire` does not speak for
            return replace(found, kept=lease.sentence, command=release(lease.environment, model))
        return self._unless_waiting(found, records.get(model.arn))

    def _unless_waiting(self, found: Leftover, record: RunRecord | None) -> Leftover:
        """A model, or a lease of one: it stays while the model's run waits for a decision."""
        if record is None or record.outcome not in WAITING_OUTCOMES or self.retire:
            return found
        verb = ("stop", *REASON) if record.outcome is Outcome.CANARY else ("reject",)
        remedy = command(self.environment.names, verb[0], record.run.id, *verb[1:])
        return replace(found, kept=f"its run {record.run.id} is {record.outcome}", command=remedy)

    def _borrowed(self, model: BorrowedModel, host: Leftover | None) -> Leftover:
        """A lease of another environment's model. One of a run that the ledger does not have serves nobody."""
        recipe = product_names.recipe_of(model.run)
        costs = f"a lease of another environment's model for run {model.run}, until {model.until}"
        found = Leftover(kind=LeftoverKind.MODEL_LEASE, name=model.arn, arn=model.arn, recipe=recipe, costs=costs)
        if host is not None:
            return replace(found, kept=f"{host.name} serves it: {host.kept}", command=host.command)
        runs = self.environment.ledger.runs(recipe)
        return self._unless_waiting(found, next((each for each in runs if each.run.id == model.run), None))

    def _leases(self, leases: tuple[Lease, ...], active: Mapping[str, str], remaining: Remaining) -> Iterator[Leftover]:
        """The leases that name nothing, and that no active run is about to use."""
        for each in leases:
            names_something = any(each.names(held.name, held.run) for held in remaining.inventory.endpoints)
            if not names_something and each.run not in active.values():
                yield self._lease(each)

    def _lease(self, lease: Lease) -> Leftover:
        """The name of a resource is held before the resource is made, so one that has not expired may be needed."""
        name, of = lease.run or lease.resource, product_names.recipe_of(lease.run) if lease.run else ""
        costs = f"a lease of {lease.owner} that names nothing: {lease.purpose}"
        found = Leftover(kind=LeftoverKind.LEASE, name=name, arn=name, recipe=of, costs=costs)
        if lease.run or lease.has_expired or self.retire:
            return found
        return replace(found, kept=f"it holds the name until {lease.until}", command=self._all())


def _bound(endpoint: HostedModel) -> str:
    return f"{endpoint.name}, committed until {endpoint.committed_until:%Y-%m-%d}: AWS deletes it on no earlier day"


def _stays(each: Leftover, staying: Mapping[str, tuple[str, str]]) -> Leftover:
    if each.kept or each.recipe not in staying:
        return each
    kept, remedy = staying[each.recipe]
    return replace(each, kept=kept, command=remedy)


def recipe_of_execution(name: str) -> str:
    """The recipe of an execution: of a run, or with a prefix and a time of an evaluation or a recipe's other holder."""
    prefix = next((each for each in (*HolderKind, evaluations.PREFIX) if name.startswith(each)), "")
    if prefix and "T" in name.rpartition("-")[2]:
        return name.removeprefix(prefix).rpartition("-")[0]
    return product_names.recipe_of(name)


def _run(name: str, recipe: str, stop: str) -> Leftover:
    costs = "works on the recipe, and may start what bills"
    return Leftover(kind=LeftoverKind.RUN, name=name, arn=name, recipe=recipe, costs=costs, command=stop)


def _parameter(name: str) -> Leftover:
    return Leftover(
        kind=LeftoverKind.PARAMETER, name=name, arn=name, recipe="", costs="a parameter, which costs nothing"
    )
