"""The simulator itself: takes HTTP requests for both services, and lets virtual time pass."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from bedrock_simulator import errors
from bedrock_simulator.catalog import availability
from bedrock_simulator.control_plane import deployments, inventory, model_copy_jobs, provisioned_throughput, scheduler
from bedrock_simulator.control_plane.call import Call, Params, Services
from bedrock_simulator.control_plane.job_runner import JobContext
from bedrock_simulator.faults import FaultInjector, Faults
from bedrock_simulator.models.teacher import Teacher, create_teacher
from bedrock_simulator.operations import CONTROL, RUNTIME
from bedrock_simulator.ports import AnyKeys, Clock, Events, Keys, Logs, NoLogs, Objects, Request, Response, Roles
from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import Operation
from bedrock_simulator.records import RegionResources
from bedrock_simulator.runtime.call import Call as RuntimeCall
from bedrock_simulator.runtime.call import resolve_target
from bedrock_simulator.runtime.dispatch import RuntimeDispatcher
from bedrock_simulator.settings import Settings
from bedrock_simulator.state import SimulatorState

T = TypeVar("T")
_SETTINGS, _ANY_KEYS, _NO_LOGS = Settings(), AnyKeys(), NoLogs()


class Bedrock:
    """Both Bedrock services of all accounts and Regions. Safe to call from several threads.

    `settings` may be replaced, and `faults` added or cleared, at any time; a teacher keeps the settings it began with.
    Call `tick` from a thread that may be busy for seconds: it trains.
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
        settings: Settings = _SETTINGS,
        faults: Faults | None = None,
    ) -> None:
        self.settings, self.faults = settings, Faults() if faults is None else faults
        self._clock = clock
        self._around = Services(roles, objects, keys, self._estate)
        self._lock, self._ticking = threading.RLock(), threading.Lock()
        self._estates: dict[tuple[str, str], RegionResources] = {}
        self._teachers: dict[str, Teacher] = {}
        self._progress = scheduler.JobScheduler(self._around, events)
        self._front = RuntimeDispatcher(RUNTIME, objects, logs)

    def handle(self, request: Request) -> Response:
        """One request; only a contract failure, which is a bug of ours, raises."""
        try:
            operation, path = service_model.route(request)
            now = self._clock.now()
            availability.check_operation(operation.name, now.date())
            params = service_model.parameters(operation, request, path)
            availability.check_fields(operation.name, params, now.date())
            mishaps = FaultInjector(self.faults, request, operation, params)
            mishaps.before()
            answer = self._run if operation.name in RUNTIME else self._administer
            return mishaps.after(answer(operation, params, request, now, mishaps))
        except errors.ServiceError as error:
            return service_model.error_response(error)

    def _run(
        self, operation: Operation, params: Params, request: Request, now: datetime, mishaps: FaultInjector
    ) -> Response:
        """A call to the runtime takes all it needs of the account under the lock, and is answered outside of it."""
        account, region = request.account, request.region
        with self._lock:
            estate = self._estate(account, region)
            self._advance(estate, now)
            call, logging = self._called(params, estate, now), estate.logging
        return self._front.run(operation, request, call, logging, mishaps)

    def _called(self, params: Params, estate: RegionResources, now: datetime) -> RuntimeCall:
        with self._lock:
            target, teacher = resolve_target(params["modelId"], estate, now), self._teacher(estate.account).answer
        account, region, burndown = estate.account, estate.region, self._front.burndown
        return RuntimeCall(params, target, account, region, now, teacher, self.settings, burndown)

    def _means(self, estate: RegionResources, now: datetime) -> JobContext:
        """What the work of the estate's jobs may use."""

        def call(model_id: str) -> RuntimeCall:
            return replace(self._called({"modelId": model_id}, estate, now), of_job=True)

        return JobContext(now, self._teacher(estate.account), self.faults, call)

    def _administer(
        self, operation: Operation, params: Params, request: Request, now: datetime, _: FaultInjector
    ) -> Response:
        """A call to the control plane has the account to itself."""
        if operation.name not in CONTROL:
            raise errors.unknown_operation(f"The local Bedrock does not simulate {operation.name}.")
        with self._lock:
            estate = self._estate(request.account, request.region)
            self._advance(estate, now)
            answer = self._control(operation.name, params, estate, now)
            self._progress.note(estate, now, self.faults)
        return service_model.respond(operation, answer)

    def _control(self, name: str, params: Params, estate: RegionResources, now: datetime) -> Params:
        """A token repeated with the same parameters repeats the answer; after an error the call is tried anew."""
        key = _replay(name, params)
        if key is None or key not in estate.replays:
            answer = CONTROL[name](Call(params, estate, now, self._around, self.settings))
            if key is None:
                return answer
            estate.replays[key] = answer
        return estate.replays[key]

    def tick(self) -> bool:
        """Lets everything come about that is due by now: states, events, the work of jobs; whether work was done."""
        happened = False
        with self._ticking:
            while True:
                with self._lock:
                    now = self._clock.now()
                    estates = list(self._estates.values())
                    for estate in estates:
                        self._advance(estate, now)
                    work = [self._progress.pending(estate, self._means(estate, now)) for estate in estates]
                told = self._progress.deliver(now)
                self._front.deliver(now)
                todo = [task for tasks in work for task in tasks]
                for task in todo:
                    task()
                happened = happened or told or bool(todo)
                if not todo:
                    return happened

    def _advance(self, estate: RegionResources, now: datetime) -> None:
        self._progress.advance(estate, now, self.faults)
        provisioned_throughput.advance(estate, now, self.faults)
        deployments.advance(estate, now, self.faults)
        model_copy_jobs.advance(estate, now)
        self._progress.note(estate, now, self.faults)

    def reset(self) -> None:
        """An empty account again: nothing owned, nothing learnt, nothing waiting to be told."""
        with self._ticking, self._lock:
            self._estates.clear()
            self._teachers.clear()
            self._progress.clear()
            self._front.clear()

    def remember(self, use: Callable[[SimulatorState], T]) -> T:
        """What is made of all that is remembered, while nobody changes it."""
        with self._lock:
            shown = {account: teacher.shown for account, teacher in self._teachers.items()}
            return use(SimulatorState([*self._estates.values()], shown, *self._progress.remembered()))

    def restore(self, memory: SimulatorState) -> None:
        """Goes on from a memory."""
        with self._ticking, self._lock:
            self._estates = {(estate.account, estate.region): estate for estate in memory.estates}
            taught = self.settings.teacher
            self._teachers = {account: create_teacher(taught, shown) for account, shown in memory.shown.items()}
            self._progress.restore(memory.lessons, memory.told, memory.waiting)

    def inventory(self, account: str) -> dict[str, Any]:
        """Everything the account has in all Regions, and what bills by the hour (see `inventory.py`)."""
        with self._lock:
            now = self._clock.now()
            mine = [estate for (owner, _), estate in self._estates.items() if owner == account]
            for estate in mine:
                self._advance(estate, now)
            return inventory.inventory(mine, now)

    def _estate(self, account: str, region: str) -> RegionResources:
        return self._estates.setdefault((account, region), RegionResources(account, region))

    def _teacher(self, account: str) -> Teacher:
        if account not in self._teachers:
            self._teachers[account] = create_teacher(self.settings.teacher)
        return self._teachers[account]


def _replay(name: str, params: Params) -> str | None:
    """What a repeated call is known by: operation, token and all else that was asked."""
    token = params.get("clientRequestToken")
    if not token:
        return None
    asked = json.dumps(params, sort_keys=True, default=str).encode()
    return f"{name} {token} {hashlib.sha256(asked).hexdigest()}"
