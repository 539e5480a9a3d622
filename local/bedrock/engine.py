"""The simulator itself: takes HTTP requests for both services, and lets virtual time pass."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local.bedrock import errors
from local.bedrock.control import (
    custom_models,
    deployments,
    foundation_models,
    inventory,
    invocation_logging,
    jobs,
    profiles,
    progress,
    tags,
    throughput,
)
from local.bedrock.control.call import Call, Params, Surroundings
from local.bedrock.learning.teacher import Teacher
from local.bedrock.offer import since
from local.bedrock.ports import AnyKeys, Clock, Events, Keys, Logs, NoLogs, Objects, Request, Response, Roles
from local.bedrock.records import Estate
from local.bedrock.runtime import converse, counting, invoke, targets
from local.bedrock.runtime.call import Call as RuntimeCall
from local.bedrock.runtime.call import Outcome
from local.bedrock.runtime.front import Front
from local.bedrock.settings import Faults, Latency, TeacherSettings, TokenQuotas
from local.bedrock.wire import answers, service_model
from local.bedrock.wire.service_model import Operation

__all__ = ["Bedrock", "Faults", "Latency", "TeacherSettings", "TokenQuotas"]

CONTROL: dict[str, Callable[[Call], Params]] = {
    "CreateModelCustomizationJob": jobs.create,
    "GetModelCustomizationJob": jobs.get,
    "ListModelCustomizationJobs": jobs.list_jobs,
    "StopModelCustomizationJob": jobs.stop,
    "GetCustomModel": custom_models.get,
    "ListCustomModels": custom_models.list_models,
    "DeleteCustomModel": custom_models.delete,
    "CreateProvisionedModelThroughput": throughput.create,
    "GetProvisionedModelThroughput": throughput.get,
    "ListProvisionedModelThroughputs": throughput.list_throughputs,
    "UpdateProvisionedModelThroughput": throughput.update,
    "DeleteProvisionedModelThroughput": throughput.delete,
    "CreateCustomModelDeployment": deployments.create,
    "GetCustomModelDeployment": deployments.get,
    "ListCustomModelDeployments": deployments.list_deployments,
    "UpdateCustomModelDeployment": deployments.update,
    "DeleteCustomModelDeployment": deployments.delete,
    "CreateInferenceProfile": profiles.create,
    "GetInferenceProfile": profiles.get,
    "ListInferenceProfiles": profiles.list_profiles,
    "DeleteInferenceProfile": profiles.delete,
    "GetFoundationModel": foundation_models.get,
    "ListFoundationModels": foundation_models.list_models,
    "GetFoundationModelAvailability": foundation_models.availability,
    "PutModelInvocationLoggingConfiguration": invocation_logging.put,
    "GetModelInvocationLoggingConfiguration": invocation_logging.get,
    "DeleteModelInvocationLoggingConfiguration": invocation_logging.delete,
    "TagResource": tags.add,
    "UntagResource": tags.remove,
    "ListTagsForResource": tags.list_tags,
}
RUNTIME: dict[str, Callable[[RuntimeCall], Outcome]] = {
    "Converse": converse.converse,
    "ConverseStream": converse.stream,
    "InvokeModel": invoke.invoke,
    "InvokeModelWithResponseStream": invoke.stream,
    "CountTokens": counting.count,
}
_TEACHER, _FAULTS, _LATENCY, _TOKENS = TeacherSettings(), Faults(), Latency(), TokenQuotas()
_ANY_KEYS, _NO_LOGS = AnyKeys(), NoLogs()


class Bedrock:
    """Both Bedrock services of all accounts and Regions. Safe to call from several threads.

    `faults`, `latency` and `tokens` may be replaced at any time. Call `tick` from a thread that may be busy for
    seconds: it trains.
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
        teacher: TeacherSettings = _TEACHER,
        faults: Faults = _FAULTS,
        latency: Latency = _LATENCY,
        tokens: TokenQuotas = _TOKENS,
    ) -> None:
        self.faults, self.latency, self.tokens = faults, latency, tokens
        self._clock = clock
        self._around = Surroundings(roles, objects, keys, self._estate)
        self._teacher_settings = teacher
        self._lock, self._ticking = threading.RLock(), threading.Lock()
        self._estates: dict[tuple[str, str], Estate] = {}
        self._teachers: dict[str, Teacher] = {}
        self._progress = progress.Progress(objects, events)
        self._front = Front(RUNTIME, objects, logs)

    def handle(self, request: Request) -> Response:
        """One request; only a contract failure, which is a bug of ours, raises."""
        try:
            operation, path = service_model.route(request)
            now = self._clock.now()
            since.check_operation(operation.name, now.date())
            params = service_model.parameters(operation, request, path)
            since.check_fields(operation.name, params, now.date())
            if operation.name in RUNTIME:
                return self._run(operation, params, request, now)
            with self._lock:
                estate = self._estate(request.account, request.region)
                self._advance(estate, now)
                answer = self._answer(operation.name, params, estate, now)
                self._progress.note(estate)
            return answers.respond(operation, answer)
        except errors.ServiceError as error:
            return answers.refuse(error)

    def _run(self, operation: Operation, params: Params, request: Request, now: datetime) -> Response:
        """A call to the runtime takes all it needs of the account under the lock, and is answered outside of it."""
        account, region = request.account, request.region
        with self._lock:
            estate = self._estate(account, region)
            self._advance(estate, now)
            target = targets.resolve(params["modelId"], estate, now)
            teacher, logging = self._teacher(account).answer, estate.logging
        settings = self.faults, self.latency, self.tokens
        call = RuntimeCall(params, target, account, region, now, teacher, *settings, self._front.burndown)
        return self._front.run(operation, request, call, logging)

    def _answer(self, name: str, params: Params, estate: Estate, now: datetime) -> Params:
        if name not in CONTROL:
            raise errors.unknown_operation(f"The local Bedrock does not simulate {name}.")
        token = params.get("clientRequestToken")
        key = (name, token or "")
        if token and key in estate.replays:
            return estate.replays[key]
        answer = CONTROL[name](Call(params, estate, now, self._around, self.faults))
        if token:
            estate.replays[key] = answer
        return answer

    def tick(self) -> None:
        """Lets everything come about that is due by now: states, events, the work of jobs."""
        with self._ticking:
            while True:
                with self._lock:
                    now = self._clock.now()
                    estates = list(self._estates.values())
                    for estate in estates:
                        self._advance(estate, now)
                    work = [self._progress.pending(e, now, self._teacher(e.account), self.faults) for e in estates]
                self._progress.deliver(lose=self.faults.lose_events)
                self._front.deliver(now)
                todo = [task for tasks in work for task in tasks]
                for task in todo:
                    task()
                if not todo:
                    return

    def _advance(self, estate: Estate, now: datetime) -> None:
        self._progress.advance(estate, now)
        throughput.advance(estate, now, self.faults)
        deployments.advance(estate, now, self.faults)
        self._progress.note(estate)

    def reset(self) -> None:
        """An empty account again: nothing owned, nothing learnt, nothing waiting to be told."""
        with self._ticking, self._lock:
            self._estates.clear()
            self._teachers.clear()
            self._progress.clear()
            self._front.clear()

    def inventory(self, account: str) -> dict[str, Any]:
        """Everything the account has in all Regions, and what bills by the hour (see `inventory.py`)."""
        with self._lock:
            now = self._clock.now()
            mine = [estate for (owner, _), estate in self._estates.items() if owner == account]
            for estate in mine:
                self._advance(estate, now)
            return inventory.of(mine, now)

    def _estate(self, account: str, region: str) -> Estate:
        return self._estates.setdefault((account, region), Estate(account, region))

    def _teacher(self, account: str) -> Teacher:
        return self._teachers.setdefault(account, Teacher(self._teacher_settings))
