"""What an environment has that bills or serves, and that no template contains; in sentences for who removes it."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from distillery.core import catalog, clock
from distillery.core.aws import client
from distillery.core.billing import FAILED, unit_price
from distillery.core.borrowing import Borrowing
from distillery.core.env_vars import Variable, is_set, read
from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import CustomModel, HostedModel, Inventory, RunningJob, take_inventory
from distillery.core.ledger.borrowed_models import BorrowedModel
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.model_leases import lease_on
from distillery.core.model_shares import ModelShares
from distillery.core.models import recipe_of
from distillery.core.names import Names
from distillery.core.prices import HOURS_PER_MONTH
from lambdas.teardown.parameters import WrittenParameters

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

DETAILS_MAX = 3000
"""Characters of the details in a reason: a response to CloudFormation holds 4096 bytes, with its other fields."""

REASON = ("--reason", "WHY")
"""What `stop` and `retire` need besides."""

Price = Callable[[HostedModel], Decimal | None]
"""endpoint → US dollars an hour; None where that is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left.

    Attributes:
        aliases: recipe → ARN of the endpoint that its alias names.
        runs: Names of the pipeline's executions that are running: each may yet start a job or create an endpoint.
    """

    inventory: Inventory = field(default_factory=Inventory)
    aliases: Mapping[str, str] = field(default_factory=dict)
    runs: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.inventory.is_empty and not self.aliases and not self.runs

    def committed(self, now: datetime) -> tuple[HostedModel, ...]:
        """The endpoints that nobody can delete yet."""
        return tuple(each for each in self.inventory.endpoints if each.is_committed(now))

    def leased(self, now: datetime) -> tuple[CustomModel, ...]:
        """The models that other environments use."""
        return tuple(each for each in self.inventory.models if lease_on(each.tags, now))

    def of(self, recipes: Collection[str]) -> Self:
        """What the recipes host or what their aliases name. Their models and jobs may outlive them: `clean` and the
        guard find them by their tags."""
        return type(self)(
            inventory=Inventory(endpoints=tuple(each for each in self.inventory.endpoints if each.recipe in recipes)),
            aliases={recipe: arn for recipe, arn in self.aliases.items() if recipe in recipes},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Reads what is left of an environment.

    Attributes:
        machine: The ARN of the pipeline's state machine.
        inference: The Parameter Store of the inference Region.
    """

    names: Names
    bedrock: "BedrockClient"
    ssm: "SSMClient"
    inference: "SSMClient"
    executions: "SFNClient"
    ledger: Ledger
    canaries: Canaries
    machine: str

    @classmethod
    def of_function(cls) -> Self:
        """The environment that the function's environment variables name."""
        table = Table(read(Variable.LEDGER))
        return cls(
            names=Names(read(Variable.ENVIRONMENT)),
            bedrock=client("bedrock"),
            ssm=client("ssm"),
            inference=client("ssm", read(Variable.INFERENCE_REGION)),
            executions=client("stepfunctions"),
            ledger=Ledger(table),
            canaries=Canaries(table),
            machine=read(Variable.STATE_MACHINE),
        )

    def remaining(self) -> Remaining:
        """Executions are listed first, then what they make, then aliases, which name what was made."""
        runs = tuple(sorted(each.rpartition(":")[2] for each in self.running()))
        return Remaining(runs=runs, inventory=take_inventory(self.names, self.bedrock), aliases=self.aliases())

    @property
    def parameters(self) -> WrittenParameters:
        return WrittenParameters(self.names, self.ssm, self.inference)

    def end_leases(self) -> None:
        """Ends the leases of other environments' models, once nothing here serves one."""
        if is_set(Variable.BORROWS):
            for model in self.ledger.borrowed.all():
                self.end_lease(model)

    def end_lease(self, model: BorrowedModel) -> None:
        """Ends the lease of a model. Where the settings no longer let its tag be removed, it expires."""
        if is_set(Variable.BORROWS):
            Borrowing(self.names.environment, self.bedrock, self.ledger.borrowed).end(model)
        else:
            self.ledger.borrowed.remove(model)

    def end_shares(self) -> None:
        """Ends the shares of models, before these are deleted."""
        if is_set(Variable.SHARES):
            shares = ModelShares(self.names, client("ram"))
            for share in shares.all():
                shares.end(share)

    def running(self) -> list[str]:
        """The ARNs of the pipeline's executions that are running."""
        pages = self.executions.get_paginator("list_executions").paginate(
            stateMachineArn=self.machine, statusFilter="RUNNING"
        )
        return [each["executionArn"] for page in pages for each in page["executions"]]

    def aliases(self) -> dict[str, str]:
        folder = self.names.alias("").rstrip("/")
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=folder)
        found = {each["Name"]: each["Value"] for page in pages for each in page["Parameters"]}
        return {name.rpartition("/")[2]: _endpoint_of(value) for name, value in sorted(found.items())}

    def price(self, endpoint: HostedModel) -> Decimal | None:
        """What it costs an hour; None where no run has the price of a model unit."""
        records = self.ledger.runs(endpoint.recipe) if endpoint.recipe else []
        return endpoint.usd_per_hour(unit_price(records, endpoint))

    def describe(self, remaining: Remaining) -> str:
        """Every remaining thing with what it costs and the command that removes it, as far as there is room."""
        details = list(_details(self.names, remaining, self.price, clock.now()))
        shown = list(_first(details, DETAILS_MAX))
        more = len(details) - len(shown)
        numbered = " ".join(f"({number}) {detail}." for number, detail in enumerate(shown, 1))
        return f"{numbered} And {more} more: `{command(self.names, 'clean')}` lists them." if more else numbered


def _endpoint_of(alias: str) -> str:
    """The ARN in the value of an alias; also of one that an older or a newer version wrote."""
    try:
        return str(json.loads(alias)["endpoint"]["arn"])
    except (ValueError, KeyError, TypeError):
        return "an unknown endpoint"


def _first(details: list[str], room: int) -> Iterator[str]:
    for detail in details:
        room -= len(detail)
        if room < 0:
            return
        yield detail


def _details(names: Names, remaining: Remaining, price: Price, now: datetime) -> Iterator[str]:
    """What bills by the hour comes first, because the rest may be cut."""
    held = remaining.inventory
    committed = {each.arn for each in remaining.committed(now)}
    for endpoint in sorted(held.endpoints, key=lambda each: each.mode is HostingMode.ON_DEMAND):
        yield _endpoint(names, endpoint, price, remaining.runs, is_committed=endpoint.arn in committed)
    hosted = {endpoint.arn for endpoint in held.endpoints}
    for recipe, arn in remaining.aliases.items():
        if arn not in hosted:
            parameter = names.alias(recipe)
            yield f"alias {parameter} names {arn}, which is gone: `{command(names, 'retire', recipe, *REASON)}`"
    yield from (f"execution {run} is running: {_until_ended(names, run)}" for run in remaining.runs)
    yield from (_job(names, job) for job in held.jobs)
    yield from (_model(names, model, now) for model in held.models)


def _until_ended(names: Names, execution: str) -> str:
    """An execution that began a run has the run's name, which ends in the number of the attempt."""
    is_run = execution.rpartition("-")[2].isdigit()
    return f"`{command(names, 'stop', execution, *REASON)}`" if is_run else "wait until it has ended"


def _endpoint(names: Names, endpoint: HostedModel, price: Price, runs: Collection[str], *, is_committed: bool) -> str:
    what = f"{endpoint.arn} ({endpoint.name}) {cost(endpoint, price(endpoint))}"
    if is_committed and endpoint.committed_until is not None:
        until = f"{endpoint.committed_until:%Y-%m-%d}"
        return f"{what}, committed until {until}: AWS deletes it on no earlier day, so keep the stacks until then"
    if not endpoint.run:
        return f"{what}: `{command(names, 'retire', endpoint.recipe, *REASON)}`"
    remedy = ("stop", endpoint.run, *REASON) if endpoint.run in runs else ("clean",)
    return f"{what}: `{command(names, *remedy)}`"


def cost(endpoint: HostedModel, hourly: Decimal | None) -> str:
    """What an endpoint costs. `hourly`: US dollars an hour, None where unknown."""
    if endpoint.mode is HostingMode.ON_DEMAND:
        return "bills by the token"
    units = f"{endpoint.units} model unit{'' if endpoint.units == 1 else 's'}"
    if hourly is None:
        return f"bills {units} by the hour at a price that no run has"
    return f"bills ${hourly:,.2f} an hour, ${hourly * HOURS_PER_MONTH:,.2f} a month, for {units}"


def _job(names: Names, job: RunningJob) -> str:
    remedy = ("stop", job.run, *REASON) if job.run else ("clean",)
    return f"{job.kind} job {job.arn} ({job.name}) is running: `{command(names, *remedy)}`"


def _model(names: Names, model: CustomModel, now: datetime) -> str:
    what = f"custom model {model.arn} ({model.name}) is stored for ${storage(model)} a month"
    if lease := lease_on(model.tags, now):
        return f"{what}, and {lease.sentence}: `{release(lease.environment, model)}`"
    return f"{what}: `{command(names, 'clean')}`"


def release(environment: str, model: CustomModel) -> str:
    """The command that ends the environment's need of a model."""
    return command(Names(environment), "retire", recipe_of(model), *REASON)


def storage(model: CustomModel) -> Decimal:
    """US dollars a month for the storage of a model."""
    return Decimal(0) if model.status == FAILED else catalog.storage_price().per_model_month


def command(names: Names, *words: str) -> str:
    return " ".join(("distillery --env", names.environment, *words))
