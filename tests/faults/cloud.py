"""An AWS account in this process: the simulator's Bedrock, services in memory, and the product's own functions, whose
boto3 clients end here. One service call can be made to fail.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from distillery.core import clock
from distillery.core.env_vars import Variable
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from lambdas.admission.handler import admit
from lambdas.adoption.handler import step as adoption
from lambdas.dataset.handler import receive
from lambdas.distillation.handler import settle
from lambdas.distillation.handler import step as distillation
from lambdas.endpoint.handler import step as endpoint
from lambdas.endpoint.handler import sweep
from lambdas.evaluation.grading import step as grading
from lambdas.evaluation.handler import step as evaluation
from lambdas.evaluation.reporting import step as reporting
from lambdas.evaluation.request import evaluate
from lambdas.operations.handler import operate
from lambdas.promotion.handler import step as promotion
from lambdas.signing.handler import step as signing
from simulator_support.fakes import ROLE, TODAY, World
from tests.fakes.callers import event as signed
from tests.faults.kinds import LASTING, FaultKind, Killed, Point, Site, code_of
from tests.faults.machine import ExecutionAborted, ExecutionTimedOut, Interpreter, Json, StateFailed
from tests.faults.services import Execution, Services
from tests.unit.leaks.account import SETTINGS
from tests.unit.leaks.detection import KEPT

FUNCTIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "AdoptionFunction": adoption,
    "DistillationFunction": distillation,
    "EndpointFunction": endpoint,
    "EvaluationFunction": evaluation,
    "EvaluationGrading": grading,
    "EvaluationReporting": reporting,
    "PromotionFunction": promotion,
    "PromotionSigningFunction": signing,
}
ASKED: Mapping[str, Callable[[Any, Any], Any]] = {"evaluate": evaluate, "promote": admit}
"""The functions that people ask, by verb; every other verb is `operate`'s."""
SCHEDULED: dict[str, Callable[[Any, Any], Any]] = {"settle": settle, "sweep": sweep}
SCHEDULE = 3600.0
"""Virtual seconds between two passes of the scheduled functions. On AWS it is a quarter of an hour."""
LAMBDA_TRIES = 3
"""Of an asynchronous invocation."""
LONGEST_INVOCATION = 900.0
BEDROCK = ("bedrock", "bedrock-runtime")
OF_JOBS = "CreateModelCustomizationJob"
OF_UNITS = "CreateProvisionedModelThroughput"
CONTEXT = SimpleNamespace(
    log_stream_name="stream",
    invoked_function_arn="arn:aws:lambda:us-east-1:111111111111:function:f",
    get_remaining_time_in_millis=lambda: 900_000,
)
KEY = "arn:aws:kms:us-east-1:111111111111:key/00000000-1111-2222-3333-444444444444"
VARIABLES = {**SETTINGS, Variable.MODEL_KEY: KEY, Variable.JOB_ROLE: ROLE}
del VARIABLES[Variable.SHARE_WITH], VARIABLES[Variable.SHARES]  # what no recipe of today needs
_send: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # the last method before the network


class NotInAccount(BaseException):
    """The account does not implement the operation. No `except Exception` takes it for an error of AWS."""


@dataclass
class Cloud(Services):
    """point: the call that fails; None for none. stalls: whether the first job stalls. sites: every call that was made
    until it was mended."""

    recipe: Recipe
    definition: Json
    point: Point | None = None
    stalls: bool = False
    sites: list[Site] = field(default_factory=list)
    struck: int = 0
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.world = World(TODAY, quotas=Quotas(model_units=4))
        self.world.keys.keys[KEY] = KEY
        self.objects = self.world.objects.objects
        self.scheduled, self.step, self.tokens_made = self.now() + SCHEDULE, "", 0
        self._counted: Counter[tuple[str, str, str]] = Counter()
        self.mended = False
        self.publish_settings()

    def publish_settings(self) -> None:
        """What a deployment does: from now on, functions read the recipe as it is."""
        self.settings = {"recipes.json": {self.recipe.name: to_wire(self.recipe)}}

    # Time, and the functions that run by it

    def now(self) -> float:
        return self.world.clock.now().timestamp()

    def wait(self, seconds: float) -> None:
        end = self.now() + seconds
        while self.now() < end:
            to = min(end, max(self.scheduled, self.now()))
            self.world.clock.at += timedelta(seconds=max(to - self.now(), 0.001))
            self.world.bedrock.tick()
            if self.now() >= self.scheduled:
                self.scheduled = self.now() + SCHEDULE
                self.run_schedule()

    def run_schedule(self) -> None:
        before, self.step = self.step, ""
        for name in SCHEDULED:
            self.scheduled_pass(name)
        self.step = before

    def scheduled_pass(self, name: str) -> None:
        """One pass of a scheduled function."""
        try:
            self._call(name, SCHEDULED[name], {})
        except StateFailed as failed:
            self.errors.append(f"{name}: {failed}")

    # Invocations

    def run_function(self, function: str, payload: Json) -> Any:
        (name,) = (each for each in FUNCTIONS if function.startswith(each) and function[len(each) :][:8].isalnum())
        return self._call(f"{name}.{payload['step']}", FUNCTIONS[name], payload)

    def _call(self, name: str, function: Callable[[Any, Any], Any], payload: Any) -> Any:
        before, self.step = self.step, name
        try:
            return json.loads(json.dumps(function(json.loads(json.dumps(payload)), CONTEXT)))
        except Killed as killed:
            if killed.error == "Sandbox.Timedout":
                self.world.clock.at += timedelta(seconds=LONGEST_INVOCATION)
            raise StateFailed(killed.error) from None
        except Exception as error:
            raise StateFailed(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error
        finally:
            self.step = before

    def deliver(self, name: str, event: Json) -> Any:
        """An asynchronous invocation of the function that receives uploads; None after its last attempt."""
        for attempt in range(LAMBDA_TRIES):
            try:
                return self._call(name, receive, event)
            except StateFailed as failed:
                self.errors.append(f"{name}: {failed}")
                self.wait(60 * (attempt + 1))
        return None

    def ask(self, verb: str, body: Json) -> Json:
        """The answer to a person's signed request."""
        answer: Json = self._call(verb, ASKED.get(verb, operate), {**signed(body), "rawPath": f"/{verb}"})
        return answer

    def body(self, answer: Json) -> Json:
        """What a response says."""
        found: Json = json.loads(answer["body"])
        return found

    def run_executions(self) -> None:
        """Runs the executions that were started, each to its end."""
        while waiting := [name for name, each in self.executions.items() if each.status == "RUNNING"]:
            self.execute(self.executions[waiting[0]])
            self.run_schedule()

    def execute(self, execution: Execution) -> None:
        """Runs one execution to its end."""
        try:
            Interpreter(self, self.definition).run(execution.given)
            execution.status = "SUCCEEDED"
        except ExecutionAborted:
            pass  # whoever stopped it has set its status
        except StateFailed as failed:
            execution.status, execution.error = "FAILED", str(failed)
        except ExecutionTimedOut:
            execution.status = "TIMED_OUT"

    def new_token(self) -> str:
        self.tokens_made += 1
        return f"token-{self.tokens_made}"

    def answer_to(self, token: str) -> Any:
        answer = self.answered.get(token)
        if isinstance(answer, StateFailed):
            raise answer
        return answer

    # Calls of services

    def answer(self, client: BaseClient, operation: str, sent: Mapping[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        key = (self.step, service, operation)
        self._counted[key] += 1
        site = Site(*key, self._counted[key])
        if not self.mended:
            self.sites.append(site)
        if not self._strikes(site):
            return self._done(client, operation, sent)
        assert self.point
        self.struck += 1
        match self.point.kind:
            case FaultKind.LATE:
                self._done(client, operation, sent)
                raise ReadTimeoutError(endpoint_url="https://aws.invalid")
            case FaultKind.REPEATED:
                first = self._done(client, operation, sent)
                return first if operation == "TransactWriteItems" else self._done(client, operation, sent)
            case FaultKind.KILLED:
                self._done(client, operation, sent)
                raise Killed("Runtime.ExitError")
            case FaultKind.STUCK if operation in (OF_JOBS, OF_UNITS):
                kind = "stuck-job" if operation == OF_JOBS else "stalled-throughput"
                self.world.bedrock.faults.add(Fault(kind))
                return self._done(client, operation, sent)
            case FaultKind.STUCK:
                raise Killed("Sandbox.Timedout")
        code = code_of(self.point.kind, service)
        refused: Any = client.exceptions.from_code(code)
        raise refused({"Error": {"Code": code, "Message": "a fault"}}, operation)

    def _strikes(self, site: Site) -> bool:
        """Whether the call fails. A lasting fault is one of all later calls of the step."""
        if self.point is None:
            return False
        if self.point.kind not in LASTING:
            return site == self.point.site
        return site[:3] == self.point.site[:3] and site.number >= self.point.site.number

    def count_anew(self) -> None:
        """Numbers the calls from here on, so that a point is one of what follows."""
        self._counted.clear()

    def mend(self) -> None:
        """Ends a fault that lasts, and the part of the run that has faults."""
        self.point = None
        self.mended = True
        self.world.bedrock.faults.clear()

    def _stall(self, operation: str) -> None:
        """The first job stays in training, until it is to be stopped."""
        if self.stalls and operation == OF_JOBS:
            self.world.bedrock.faults.add(Fault("stuck-job", stage="Training"))
        if self.stalls and operation == "StopModelCustomizationJob":
            self.stalls = False
            self.world.bedrock.faults.clear()

    def _done(self, client: BaseClient, operation: str, sent: Mapping[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if service in BEDROCK:
            self._stall(operation)
            return _send(self.world.client(service, client.meta.region_name), operation, dict(sent))
        if (answer := getattr(self, xform_name(operation), None)) is None:
            raise NotInAccount(f"{service}:{operation}")
        return answer(**sent) or {}


@contextmanager
def deployed(cloud: Cloud) -> Iterator[Cloud]:
    """The functions run in the account: their variables, settings, clients, clock and pauses are its own."""

    def answer(client: BaseClient, name: str, sent: Mapping[str, Any]) -> Any:
        return (
            _send(client, name, sent)
            if client.meta.endpoint_url.endswith(".invalid")
            else cloud.answer(client, name, sent)
        )

    with pytest.MonkeyPatch.context() as patch:
        for variable, value in VARIABLES.items():
            patch.setenv(variable, value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("JUDGES")
        patch.setattr(BaseClient, "_make_api_call", answer)
        patch.setattr(clock, "timestamp", cloud.now)
        patch.setattr("distillery.core.env_vars.read_settings", lambda name: cloud.settings[name])
        patch.setattr("distillery.core.ledger.table.time", SimpleNamespace(sleep=lambda _: None))
        patch.setattr("lambdas.evaluation.answers.AT_A_TIME", 1)
        yield cloud


def forget_clients() -> None:
    """Clears what an execution environment caches."""
    for kept in KEPT:
        kept.cache_clear()
