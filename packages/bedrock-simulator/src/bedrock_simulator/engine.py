"""The simulator itself: answers HTTP requests to both services, and advances virtual time."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane import deployments, model_copy_jobs, provisioned_throughput, scheduler
from bedrock_simulator.control_plane.call import ControlPlaneCall, Params, Services
from bedrock_simulator.control_plane.dispatch import dispatch
from bedrock_simulator.control_plane.job_runner import JobContext
from bedrock_simulator.faults import FaultInjector, Faults
from bedrock_simulator.models.teacher import Teacher, create_teacher
from bedrock_simulator.ports import (
    AnyKeys,
    Clock,
    Events,
    Keys,
    Logs,
    Metrics,
    NoLogs,
    NoMetrics,
    NoShares,
    Objects,
    Request,
    Response,
    Roles,
    Shares,
)
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import Operation
from bedrock_simulator.records import RegionResources, Throughput
from bedrock_simulator.runtime.call import RuntimeCall, check_access, resolve_target
from bedrock_simulator.runtime.dispatch import RUNTIME, RuntimeDispatcher
from bedrock_simulator.settings import Settings
from bedrock_simulator.state import SimulatorState

T = TypeVar("T")
_SETTINGS, _ANY_KEYS, _NO_LOGS, _NO_SHARES = Settings(), AnyKeys(), NoLogs(), NoShares()
_NO_METRICS = NoMetrics()


class Bedrock:
    """Both Bedrock services of all accounts and Regions. Thread-safe.

    `settings` may be replaced, and `faults` added or cleared, at any time; a teacher keeps the settings that it was
    created with. Call `tick` from a thread that may be busy for seconds: it trains models.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        objects: Objects,
        events: Events,
        roles: Roles,
        keys: Keys = _ANY_KEYS,
        logs: Logs = _NO_LOGS,
        metrics: Metrics = _NO_METRICS,
        shares: Shares = _NO_SHARES,
        settings: Settings = _SETTINGS,
        faults: Faults | None = None,
    ) -> None:
        self.settings, self.faults = settings, Faults() if faults is None else faults
        self._clock = clock
        self._services = Services(roles, objects, keys, shares, self._region)
        self._lock, self._ticking = threading.RLock(), threading.Lock()
        self._regions: dict[tuple[str, str], RegionResources] = {}
        self._teachers: dict[str, Teacher] = {}
        self._jobs = scheduler.JobScheduler(self._services, events)
        self._runtime = RuntimeDispatcher(objects, logs, metrics)

    def handle(self, request: Request) -> Response:
        """Answers one request. Raises ContractError alone, for a bug of the simulator."""
        try:
            operation, path = service_model.route(request)
            now = self._clock.now()
            availability.check_operation(operation.name, now.date())
            params = service_model.parameters(operation, request, path)
            availability.check_fields(operation.name, params, now.date())
            injector = FaultInjector(self.faults, request, operation, params)
            injector.raise_error()
            run = self._run_runtime if operation.name in RUNTIME else self._run_control_plane
            return injector.alter_response(run(operation, params, request, now, injector))
        except errors.ServiceError as error:
            return service_model.error_response(error)

    def _run_runtime(
        self, operation: Operation, params: Params, request: Request, now: datetime, injector: FaultInjector
    ) -> Response:
        """Resolves the model under the lock, and runs the operation without it."""
        with self._lock:
            resources = self._region(request.account, request.region)
            self._advance(resources, now)
            counting = operation.name == "CountTokens"
            call, logging = self._runtime_call(params, resources, now, counting=counting), resources.logging
        return self._runtime.run(operation, request, call, logging, injector)

    def _runtime_call(
        self, params: Params, resources: RegionResources, now: datetime, *, counting: bool = False
    ) -> RuntimeCall:
        with self._lock:
            target = resolve_target(params["modelId"], resources, now, counting=counting)
            check_access(target, self.settings.access, now)
            teacher = self._teacher(resources.account).answer
        account, region, runtime = resources.account, resources.region, self._runtime
        return RuntimeCall(
            params, target, account, region, now, teacher, self.settings, runtime.burndown, runtime.cache
        )

    def _job_context(self, resources: RegionResources, now: datetime) -> JobContext:
        def call(model_id: str) -> RuntimeCall:
            return replace(self._runtime_call({"modelId": model_id}, resources, now), of_job=True)

        return JobContext(now, self._teacher(resources.account), self.faults, self.settings.judges, call)

    def _run_control_plane(
        self, operation: Operation, params: Params, request: Request, now: datetime, _: FaultInjector
    ) -> Response:
        """Runs the operation under the lock."""
        with self._lock:
            resources = self._region(request.account, request.region)
            self._advance(resources, now)
            answer = dispatch(operation.name, ControlPlaneCall(params, resources, now, self._services, self.settings))
            self._jobs.report_changes(resources, now, self.faults)
        return service_model.respond(operation, answer)

    def tick(self) -> bool:
        """Does everything that is due by now: changes of status, events, the work of jobs.

        Returns:
            Whether there was anything to do.
        """
        happened = False
        with self._ticking:
            while True:
                with self._lock:
                    now = self._clock.now()
                    regions = list(self._regions.values())
                    for resources in regions:
                        self._advance(resources, now)
                    work = [self._jobs.pending(each, self._job_context(each, now)) for each in regions]
                delivered = self._jobs.deliver(now)
                self._runtime.deliver(now)
                tasks = [task for each in work for task in each]
                for task in tasks:
                    task()
                happened = happened or delivered or bool(tasks)
                if not tasks:
                    return happened

    def _advance(self, resources: RegionResources, now: datetime) -> None:
        self._jobs.advance(resources, now, self.faults)
        provisioned_throughput.advance(resources, now, self.faults)
        deployments.advance(resources, now, self.faults)
        model_copy_jobs.advance(resources, now, self.faults)
        self._jobs.report_changes(resources, now, self.faults)

    def reset(self) -> None:
        """Empties all accounts: no resources, no trained models, no events that wait."""
        with self._ticking, self._lock:
            self._regions.clear()
            self._teachers.clear()
            self._jobs.clear()
            self._runtime.clear()

    def snapshot(self, use: Callable[[SimulatorState], T]) -> T:
        """Calls a function with the simulator's state, under the lock. Returns what the function returns."""
        with self._lock:
            shown = {account: teacher.golden_answers for account, teacher in self._teachers.items()}
            return use(SimulatorState([*self._regions.values()], shown, *self._jobs.snapshot()))

    def restore(self, state: SimulatorState) -> None:
        """Continues from a state."""
        with self._ticking, self._lock:
            self._regions = {(each.account, each.region): each for each in state.regions}
            settings = self.settings.teacher
            self._teachers = {account: create_teacher(settings, shown) for account, shown in state.shown.items()}
            self._jobs.restore(state.training, state.reported, state.events)

    def inventory(self, account: str) -> dict[str, Any]:
        """Returns all resources of the account, and what bills by the hour."""
        with self._lock:
            now = self._clock.now()
            owned = [resources for (owner, _), resources in self._regions.items() if owner == account]
            for resources in owned:
                self._advance(resources, now)
            return _inventory(owned, now)

    def _region(self, account: str, region: str) -> RegionResources:
        return self._regions.setdefault((account, region), RegionResources(account, region))

    def _teacher(self, account: str) -> Teacher:
        if account not in self._teachers:
            self._teachers[account] = create_teacher(self.settings.teacher)
        return self._teachers[account]


def _inventory(regions: Iterable[RegionResources], now: datetime) -> dict[str, Any]:
    """Returns all resources in all Regions as JSON. `hours_billed` are model-unit hours, of deleted throughput too."""
    owned = list(regions)
    running = [(e, t) for e in owned for t in e.throughputs.values()]
    released = [t for e in owned for t in e.released]
    return {
        "jobs": [_row(e, j.arn, j.name, j.status) for e in owned for j in e.jobs.values()],
        "custom_models": [_row(e, m.arn, m.name, "Active") for e in owned for m in e.models.values()],
        "copy_jobs": [_row(e, c.arn, c.target_name, c.status) for e in owned for c in e.copies.values()],
        "batch_jobs": [_row(e, b.arn, b.name, b.status) for e in owned for b in e.batches.values()],
        "evaluation_jobs": [_row(e, v.arn, v.name, v.status) for e in owned for v in e.evaluations.values()],
        "deployments": [
            {**_row(e, d.arn, d.name, d.status), "model": d.model_arn} for e in owned for d in e.deployments.values()
        ],
        "inference_profiles": [_row(e, p.arn, p.name, "ACTIVE") for e in owned for p in e.profiles.values()],
        "provisioned_throughput": [
            {**_row(e, t.arn, t.name, t.status), "model": t.model_arn, "units": t.units, "hours": _hours(t, now)}
            for e, t in running
        ],
        "bills_by_the_hour": [t.arn for _, t in running if t.status != "Failed"],
        "hours_billed": sum(_hours(t, now) for t in [*(t for _, t in running), *released]),
    }


def _row(resources: RegionResources, arn: str, name: str, status: str) -> dict[str, Any]:
    return {"arn": arn, "name": name, "status": status, "region": resources.region}


def _hours(throughput: Throughput, now: datetime) -> float:
    if throughput.status == "Failed":
        return 0.0
    until = throughput.released or now
    return round((until - throughput.created).total_seconds() / 3600 * throughput.units, 4)
