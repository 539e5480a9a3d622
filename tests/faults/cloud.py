"""An AWS account in this process: the simulator's Bedrock, services in memory, and the product's own functions, whose
boto3 clients end here. One service call can be made to fail.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.settings import Quotas
from distillery.core.env_vars import Variable
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from simulator_support.fakes import TODAY, World
from tests.fakes.callers import event as signed
from tests.faults.functions import ASKED, FUNCTIONS, KEY, RECEIVES, SCHEDULED, VARIABLES
from tests.faults.kinds import LASTING, FaultKind, Killed, Point, Site, code_of
from tests.faults.machine import ExecutionAborted, ExecutionTimedOut, Interpreter, Json, StateFailed
from tests.faults.services import Execution, Services

SCHEDULE = 3600.0
"""Virtual seconds between two passes of the scheduled functions. On AWS it is a quarter of an hour."""
LAMBDA_TRIES = 3
"""Of an asynchronous invocation."""
LONGEST_INVOCATION = 900.0
BEDROCK = ("bedrock", "bedrock-runtime")
OF_JOBS = "CreateModelCustomizationJob"
STALLS = {
    OF_JOBS: "stuck-job",
    "CreateModelCopyJob": "stuck-job",
    "CreateProvisionedModelThroughput": "stalled-throughput",
}
"""By operation, the simulator's fault by which what it creates stays as it is."""
CONTEXT = SimpleNamespace(
    log_stream_name="stream",
    invoked_function_arn="arn:aws:lambda:us-east-1:111111111111:function:f",
    get_remaining_time_in_millis=lambda: 900_000,
)
send: Any = BaseClient._make_api_call  # type: ignore[attr-defined]  # the last method before the network


class NotInAccount(BaseException):
    """The account does not implement the operation. No `except Exception` takes it for an error of AWS."""


@dataclass
class Cloud(Services):
    """point: the call that fails; None for none. stalls: whether the first job stalls. variables: those of the
    functions. after: what happens once after a step. sites: every call that was made until
    it was mended. running: the execution that runs, if one does."""

    recipe: Recipe
    definition: Json
    point: Point | None = None
    stalls: bool = False
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)
    after: dict[str, Callable[[], None]] = field(default_factory=dict)
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
        self.running: Execution | None = None
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
        self.leave_if_aborted()

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
        step = f"{name}.{payload['step']}"
        try:
            return self._call(step, FUNCTIONS[name], payload)
        finally:
            if then := self.after.pop(step, None):
                then()
            self.leave_if_aborted()

    def abort(self) -> None:
        """Stops the execution that runs."""
        assert self.running
        self.running.status = "ABORTED"

    def leave_if_aborted(self) -> None:
        """Ends the execution that runs, after the state in which somebody stopped it."""
        running = self.current_execution()
        if running and running.status == "ABORTED":
            raise ExecutionAborted

    def current_execution(self) -> Execution | None:
        """The one whose state is being worked on."""
        return self.running

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
                return self._call(name, RECEIVES, event)
            except StateFailed as failed:
                self.errors.append(f"{name}: {failed}")
                self.wait(60 * (attempt + 1))
        return None

    def ask(self, verb: str, body: Json) -> Json:
        """The answer to a person's signed request."""
        answer: Json = self._call(verb, ASKED[verb], {**signed(body), "rawPath": f"/{verb}"})
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
        self.running = execution
        try:
            Interpreter(self, self.definition, self.variables[Variable.STATE_MACHINE]).run(execution.given)
            execution.status = "SUCCEEDED"
        except ExecutionAborted:
            pass  # whoever stopped it has set its status
        except StateFailed as failed:
            execution.status, execution.error = "FAILED", str(failed)
        except ExecutionTimedOut:
            execution.status = "TIMED_OUT"
        finally:
            self.running = None

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
            case FaultKind.ABORTED:
                self.abort()
                return self._done(client, operation, sent)
            case FaultKind.STUCK if operation in STALLS:
                self.world.bedrock.faults.add(Fault(STALLS[operation]))
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
            return send(self.world.client(service, client.meta.region_name), operation, dict(sent))
        if (answer := getattr(self, xform_name(operation), None)) is None:
            raise NotInAccount(f"{service}:{operation}")
        return answer(**sent) or {}
