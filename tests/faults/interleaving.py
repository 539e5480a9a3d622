"""Two runs of a recipe, operators, schedules and deployments at the same time, in the account of the fault sweep.

Every function of the product works between the calls of the others, in the order of a seed. Whatever the order,
`run_together` returns what does not hold in the end: the invariants of the sweep, and that new prompts go live.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from botocore.client import BaseClient

from distillery.core.hosting_mode import HostingMode
from lambdas.evaluation.request import evaluate
from lambdas.operations.deletion_handler import retire
from lambdas.operations.handler import operate
from lambdas.promotion.handler import accept, rollback
from tests.fakes.callers import event as signed
from tests.faults.cloud import SCHEDULE, Cloud
from tests.faults.deployment import deployed, forget_clients
from tests.faults.functions import SCHEDULED
from tests.faults.invariants import (
    NAMES,
    RECIPE,
    alias_of,
    hosted_without_reason,
    ledger_left,
    live_without_record,
    promoted_without_reason,
    runs_left,
)
from tests.faults.machine import Json, StateFailed
from tests.faults.services import Execution
from tests.faults.sweep import definition, deliver, recipe, settle_everything
from tests.faults.turns import Turns

HOURS = 14
"""How long actions happen. A run takes about five virtual hours."""
ACTIONS = (
    "upload",
    "stop",
    "resume",
    "evaluate",
    "accept",
    "decline",
    "rollback",
    "retire",
    "sweep",
    "settle",
    "deploy",
)


class Action(NamedTuple):
    """What happens, how many minutes after the beginning, and which of the runs, versions or settings it is about."""

    what: str
    minute: int
    which: int = 0


class SharedCloud(Cloud):
    """The account, in which executions, functions and requests take turns."""

    turns: Turns

    def answer(self, client: BaseClient, operation: str, sent: Mapping[str, Any]) -> Any:
        self.turns.call()
        return self._done(client, operation, sent)

    def wait(self, seconds: float) -> None:
        if self.turns.sleep(self.now() + seconds):
            self.leave_if_aborted()
        else:
            super().wait(seconds)

    def current_execution(self) -> Execution | None:
        """That of this thread."""
        task = self.turns.current
        return self.executions.get(task.name) if task else None

    def request(self, name: str, handler: Callable[[Any, Any], Any], body: Json, path: str = "/") -> None:
        """An operator's request, whose refusal is no error."""
        try:
            answer = self._call(name, handler, {**signed(body), "rawPath": path})
            self.errors.append(f"{name}: {answer['statusCode']} {answer['body']}")
        except StateFailed as failed:
            self.errors.append(f"{name}: {failed}")

    def run_all(self, until: float) -> None:
        """Lets tasks work, executions begin and time pass until then, and until no task is left."""
        known: set[str] = set()
        while True:
            for name, execution in list(self.executions.items()):
                if execution.status == "RUNNING" and name not in known:
                    known.add(name)
                    self.turns.add(name, self.now(), partial(self.execute, execution))
            if self.turns.take_one(self.now()):
                continue
            if not self.turns.tasks and self.now() >= until:
                return
            self._pass_time(until)

    def _pass_time(self, until: float) -> None:
        """To when a task wakes up, or the schedule runs."""
        to = min([*(task.wakes_at for task in self.turns.tasks), self.scheduled, *([until] * (until > self.now()))])
        self.world.clock.at += timedelta(seconds=max(to - self.now(), 0.001))
        self.world.bedrock.tick()
        if self.now() >= self.scheduled:
            self.scheduled = self.now() + SCHEDULE
            for name in SCHEDULED:
                self.turns.add(name, self.now(), partial(self.scheduled_pass, name))


def run_together(actions: Sequence[Action], seed: int) -> list[str]:
    """What does not hold after these actions, a line each."""
    cloud = SharedCloud(recipe(HostingMode.ON_DEMAND), definition())
    cloud.turns = Turns(seed)
    forget_clients()
    with deployed(cloud):
        begun = cloud.now()
        for action in (Action("upload", 0), *actions):
            cloud.turns.add(str(action), begun + 60 * action.minute, partial(_do, cloud, action))
        cloud.run_all(begun + 3600 * HOURS)
        settle_everything(cloud)
        broken = [*_violations(cloud), *_cannot_continue(cloud)]
    forget_clients()
    return broken


def _do(cloud: SharedCloud, action: Action) -> None:
    runs, which = cloud.ledger.runs(RECIPE), action.which
    run = runs[which % len(runs)].run.id if runs else ""
    alias = alias_of(cloud)
    match action.what:
        case "upload":
            deliver(cloud, which)
        case name if name in SCHEDULED:
            cloud.scheduled_pass(name)
        case "deploy":
            _deploy(cloud, which)
        case "stop" | "resume" as verb if run:
            cloud.request(verb, operate, {"run": run, "reason": "an operator"}, f"/{verb}")
        case "evaluate" if run:
            cloud.request("evaluate", evaluate, {"run": run, "reason": "an operator"})
        case "accept" | "decline" as verb if run:
            seen = runs[which % len(runs)].acceptance
            asked = {"run": run, "accept": verb == "accept", "reason": "an approver", "seen": seen}
            cloud.request(verb, accept, asked)
        case "rollback" if alias:
            to = {} if which == 0 else {"to": max(1, alias.version - which)}
            body = {"recipe": RECIPE, "version": alias.version, "reason": "an operator", **to}
            cloud.request("rollback", rollback, body)
        case "retire":
            version = alias.version if alias else 0
            body = {"recipe": RECIPE, "version": version, "reason": "an operator", "students": which % 2 == 1}
            cloud.request("retire", retire, body)


def _deploy(cloud: SharedCloud, which: int) -> None:
    """New settings: other thresholds, which a student passes or misses, and the other hosting mode."""
    modes = (HostingMode.ON_DEMAND, HostingMode.PROVISIONED)
    deployed_recipe = recipe(modes[which % 2])
    cloud.recipe = replace(deployed_recipe, min_score=1.0 if which >= len(modes) else 0.0)
    cloud.publish_settings()
    forget_clients()


# What must hold


def _violations(cloud: Cloud) -> Iterator[str]:
    runs, alias = cloud.ledger.runs(RECIPE), alias_of(cloud)
    yield from hosted_without_reason(cloud, alias)
    yield from promoted_without_reason(runs, alias)
    yield from live_without_record(cloud)
    yield from runs_left(runs)
    yield from ledger_left(cloud, runs)
    jobs = cloud.world.bedrock.inventory("111111111111")["jobs"]
    for name, many in Counter(job["name"] for job in jobs).items():
        if many > 1:
            yield f"{many} jobs of the name {name} were paid for"
    for record in runs:
        done = [job for job in jobs if job["name"] in record.job_names(NAMES) and job["status"] == "Completed"]
        if len(done) > 1:
            yield f"run {record.run.id} has trained {len(done)} students"


def _cannot_continue(cloud: SharedCloud) -> Iterator[str]:
    """Whatever happened, the prompts of a later day go live."""
    cloud.recipe = recipe(HostingMode.ON_DEMAND)
    cloud.publish_settings()
    before = alias_of(cloud)
    deliver(cloud, 3)
    cloud.run_all(cloud.now())
    after = alias_of(cloud)
    if after is None or after == before:
        runs = [f"{record.run.id} {record.outcome}: {record.reason}" for record in cloud.ledger.runs(RECIPE)]
        yield f"new prompts do not go live: {runs or 'no run'}; {cloud.errors[-3:]}"
