"""An account with an environment, in one process: the simulated Bedrock, and fakes of the other services."""

import io
import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from distillery.core import clock, custom_resource
from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from distillery.core.model_leases import lease_end, lease_tag
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from lambdas.teardown import handler, remaining
from simulator_support.fakes import World, distilled, job, jsonl, prompts
from tests.fakes.errors import service_error
from tests.fakes.pipeline import open_run, provisioned
from tests.fakes.table import MemoryTable

from bedrock_simulator.settings import Quotas  # isort: skip

MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline"
RETIREMENT = "arn:aws:states:us-east-1:111111111111:stateMachine:retirement"
GUARD = "guard-of-dev"
URL = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/answer"
DELETE = {
    "RequestType": "Delete",
    "ResponseURL": URL,
    "StackId": "arn:aws:cloudformation:us-east-1:111111111111:stack/distillery-dev-teardown/1",
    "RequestId": "request-1",
    "LogicalResourceId": "Guarded",
    "PhysicalResourceId": GUARD,
    "ResourceProperties": {},
}


class Killed(BaseException):
    """Lambda ended the function after a call."""


class Services:
    """Parameter Store, Step Functions and CloudFormation. `after`: called after each call with its name."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}
        self.running: list[str] = []
        self.started: dict[str, str] = {}
        self.status = "DELETE_IN_PROGRESS"
        self.after: Callable[[str], None] = lambda _name: None

    def get_paginator(self, operation: str) -> Any:
        listed: Any = {"get_parameters_by_path": self._parameters, "list_executions": self._executions}[operation]
        return type("Pages", (), {"paginate": staticmethod(listed)})

    def _parameters(self, *, Path: str, Recursive: bool = False) -> Iterator[Any]:  # noqa: N803 the API's names
        assert Recursive == Path.endswith("/probed")
        found = [{"Name": n, "Value": v} for n, v in self.parameters.items() if n.startswith(f"{Path}/")]
        yield {"Parameters": found}
        self.after("GetParametersByPath")

    def _executions(self, *, stateMachineArn: str, statusFilter: str) -> Iterator[Any]:  # noqa: N803 the API's names
        assert (stateMachineArn, statusFilter) == (MACHINE, "RUNNING")
        prefix = MACHINE.replace("stateMachine", "execution")
        yield {"executions": [{"executionArn": f"{prefix}:{name}"} for name in self.running]}
        self.after("ListExecutions")

    def get_parameter(self, *, Name: str) -> Any:  # noqa: N803 the API's name
        if Name not in self.parameters:
            raise service_error("ParameterNotFound")
        self.after("GetParameter")
        return {"Parameter": {"Name": Name, "Value": self.parameters[Name]}}

    def delete_parameter(self, *, Name: str) -> None:  # noqa: N803 the API's name
        if self.parameters.pop(Name, None) is None:
            raise service_error("ParameterNotFound")
        self.after("DeleteParameter")

    def stop_execution(self, *, executionArn: str) -> None:  # noqa: N803 the API's name
        self.running.remove(executionArn.rpartition(":")[2])
        self.after("StopExecution")

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: N803 the API's
        assert stateMachineArn == RETIREMENT
        if self.started.setdefault(name, input) != input:
            raise service_error("ExecutionAlreadyExists")
        self.after("StartExecution")

    def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803 the API's name
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status}]}


class Account:
    """An account with an environment. `responses`: what CloudFormation received."""

    def __init__(self, patch: pytest.MonkeyPatch, *, keep_data: bool) -> None:
        self.world, self.services = World(quotas=Quotas(50)), Services()
        self.world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
        self.table = MemoryTable()
        self.responses: list[dict[str, Any]] = []
        self._model = ""
        bedrock = self.world.client()
        bedrock.meta.events.register("after-call.bedrock", lambda model, **_: self.services.after(model.name))
        clients = {"bedrock": bedrock}
        for module in (custom_resource, handler, remaining):
            patch.setattr(module, "client", lambda service, _region=None: clients.get(service, self.services))
        patch.setattr(remaining, "Table", lambda _name: self.table)
        patch.setattr(clock, "timestamp", lambda: self.world.clock.now().timestamp())
        patch.setattr(urllib.request, "urlopen", self._respond)
        variables = {Variable.ENVIRONMENT: "dev", Variable.LEDGER: "ledger", Variable.STATE_MACHINE: MACHINE}
        variables |= {Variable.INFERENCE_REGION: "us-east-2"}
        for name, value in (variables | ({} if keep_data else {Variable.RETIREMENT: RETIREMENT})).items():
            patch.setenv(name, value)

    def _respond(self, request: urllib.request.Request, timeout: float) -> Any:
        assert isinstance(request.data, bytes)
        assert len(request.data) <= custom_resource.RESPONSE_BYTES
        self.responses.append(json.loads(request.data))
        self.services.after("respond")
        return io.BytesIO()

    # What an environment can have

    def model(self) -> str:
        if not self._model:
            made: dict[str, Any] = {"customModelName": "dev-support-1", "customModelTags": tags("support-1")}
            self._model = distilled(self.world, "dev-support-1", jobTags=tags("support-1"), **made)
        return self._model

    def lend(self, environment: str) -> None:
        """Another environment takes a lease of the model."""
        lease = [{"key": lease_tag(environment), "value": lease_end(clock.now())}]
        self.world.client().tag_resource(resourceARN=self.model(), tags=lease)

    def throughput(self, *, live: bool = True, commitment: str | None = None) -> str:
        """Priced by a run in the ledger: $10 for each of its two units."""
        open_run(Ledger(self.table), provisioned())
        name = f"dev-support-{'live' if live else '1-candidate'}{'-committed' if commitment else ''}"
        more = {"commitmentDuration": commitment} if commitment else {}
        made = self.world.client().create_provisioned_model_throughput(
            provisionedModelName=name,
            modelId=self.model(),
            modelUnits=2,
            tags=tags("" if live else "support-1"),
            **more,
        )
        return str(made["provisionedModelArn"])

    def deployment(self) -> str:
        made = self.world.client().create_custom_model_deployment(
            modelDeploymentName="dev-support-1-candidate", modelArn=self.model(), tags=tags("support-1")
        )
        return str(made["customModelDeploymentArn"])

    def job(self) -> None:
        made = job("dev-support-2", jobTags=tags("support-2"), customModelTags=tags("support-2"))
        self.world.client().create_model_customization_job(**made)

    def alias(self, recipe: str = "support") -> None:
        name = f"/distillery/dev/alias/{recipe}"
        self.services.parameters[name] = json.dumps({"endpoint": {"arn": f"arn:of-{recipe}"}})

    def execution(self) -> None:
        self.services.running.append("support-aaaaa-bbbbbbbb-1")

    def committed(self) -> None:
        self.throughput(commitment="OneMonth")

    def is_empty(self) -> bool:
        environment = remaining.Environment.of_function()
        return environment.remaining().is_empty


def tags(run: str) -> list[dict[str, str]]:
    pairs = {TAG_ENVIRONMENT: "dev", TAG_RECIPE: "support", TAG_RUN: run}
    return [{"key": key, "value": value} for key, value in pairs.items() if value]
