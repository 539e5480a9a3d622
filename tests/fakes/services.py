"""Small fakes of the other services, with the operations that the Lambda functions call."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from distillery.core.aws import ObjectStore
from tests.fakes.errors import service_error

WITHOUT_EVENTS = SimpleNamespace(events=SimpleNamespace(register=lambda *_, **__: None))
"""`meta` of a client that accepts botocore event handlers but calls none."""


@dataclass
class FakeSsm:
    """errors: raised instead of reading a parameter."""

    parameters: dict[str, str] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    errors: dict[str, Exception] = field(default_factory=dict)

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self.reads.append(Name)
        if Name in self.errors:
            raise self.errors[Name]
        if Name not in self.parameters:
            raise service_error("ParameterNotFound")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def delete_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if self.parameters.pop(Name, None) is None:
            raise service_error("ParameterNotFound")
        return {}

    def put_parameter(self, **p: Any) -> dict[str, Any]:
        assert p["Overwrite"] or p["Name"] not in self.parameters
        self.parameters[p["Name"]] = p["Value"]
        return {}


@dataclass
class FakeSns:
    published: list[dict[str, str]] = field(default_factory=list)

    def publish(self, **p: str) -> dict[str, str]:
        self.published.append(p)
        return {}


@dataclass
class FakeStepFunctions:
    """executions: name → status. refuse: error code of StartExecution."""

    executions: dict[str, str] = field(default_factory=dict)
    started: list[dict[str, str]] = field(default_factory=list)
    refuse: str = ""
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-1"))

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803 the API's name
        kind, _, name = executionArn.rsplit(":", 2)
        assert kind.endswith(":execution"), executionArn
        status = self.executions.get(name)
        if status is None:
            raise service_error("ExecutionDoesNotExist")
        if status == "denied":
            raise service_error("AccessDeniedException")
        return {"status": status}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> dict[str, str]:  # noqa: N803 the API's name
        assert (error, cause) != ("", "")
        name = executionArn.rpartition(":")[2]
        if name not in self.executions:
            raise service_error("ExecutionDoesNotExist")
        if self.executions[name] == "RUNNING":
            self.executions[name] = "ABORTED"
        return {}

    def start_execution(self, **p: str) -> dict[str, str]:
        if self.refuse:
            raise service_error(self.refuse)
        self.started.append(p)
        return {"executionArn": f"{p['stateMachineArn'].replace('stateMachine', 'execution')}:{p['name']}"}


class FakeRuntime:
    """answers: modelId → text, or a function of the prompt's text. errors: number of a request → what it raises.
    refuse: modelId → what every request to the model raises. extra: replaces parts of every response.
    """

    def __init__(self, answers: Any, region: str = "us-east-1") -> None:
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.errors: dict[int, BaseException] = {}
        self.refuse: dict[str, Exception] = {}
        self.lock = threading.Lock()
        self.extra: dict[str, Any] = {}
        self.meta = SimpleNamespace(region_name=region)

    def converse(self, **request: Any) -> dict[str, Any]:
        with self.lock:
            self.requests.append(request)
            number = len(self.requests)
        if error := self.errors.pop(number, None) or self.refuse.get(request["modelId"]):
            raise error
        said = self.answers[request["modelId"]]
        text = said(request["messages"][-1]["content"][0]["text"]) if callable(said) else said
        reasoning = {"reasoningContent": {"reasoningText": {"text": "thinking", "signature": "s"}}}
        return {
            "output": {"message": {"role": "assistant", "content": [reasoning, {"text": text}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1000, "outputTokens": 10, "totalTokens": 1010},
            "metrics": {"latencyMs": 100 + 10 * number},
            **self.extra,
        }


class MemoryStore(ObjectStore):
    """An object store in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def read(self, uri: str, version: str | None = None) -> bytes:
        return self.objects[uri]

    def lines(self, uri: str) -> Iterator[bytes]:
        return iter(self.objects[uri].splitlines())

    def write(self, uri: str, body: bytes, *, content_type: str = "") -> None:
        self.objects[uri] = body

    def exists(self, uri: str) -> bool:
        return uri in self.objects

    def names(self, folder: str) -> Iterator[str]:
        return iter([uri.removeprefix(folder) for uri in sorted(self.objects) if uri.startswith(folder)])


@dataclass
class FakeQuotaList:
    """quotas: name → applied value. denied: whether every call is refused."""

    quotas: dict[str, float] = field(default_factory=dict)
    denied: bool = False

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_service_quotas"
        return self

    def paginate(self, *, ServiceCode: str) -> Iterator[dict[str, Any]]:  # noqa: N803 the API's name
        assert ServiceCode == "bedrock"
        if self.denied:
            raise service_error("AccessDeniedException")
        for name, value in self.quotas.items():
            yield {"Quotas": [{"QuotaName": name, "Value": value}]}


class FakeHeld:
    """What Bedrock holds, for an inventory. rows: the summaries of a list operation, by its name. tags: by ARN."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.refuse: set[str] = set()

    def add(self, operation: str, arn: str, tags: dict[str, str], **row: Any) -> None:
        self.rows.setdefault(operation, []).append(row)
        self.tags[arn] = tags

    def get_paginator(self, operation: str) -> "HeldPages":
        if operation in self.refuse:
            raise service_error("AccessDeniedException", operation)
        return HeldPages(HELD_KEYS[operation], self.rows.get(operation, []))

    def list_tags_for_resource(self, *, resourceARN: str) -> dict[str, Any]:  # noqa: N803 the API's name
        return {"tags": [{"key": key, "value": value} for key, value in self.tags.get(resourceARN, {}).items()]}


HELD_KEYS = {
    "list_provisioned_model_throughputs": "provisionedModelSummaries",
    "list_custom_model_deployments": "modelDeploymentSummaries",
    "list_custom_models": "modelSummaries",
    "list_model_customization_jobs": "modelCustomizationJobSummaries",
    "list_evaluation_jobs": "jobSummaries",
}


@dataclass
class HeldPages:
    key: str
    rows: list[dict[str, Any]]

    def paginate(self, **_filters: str) -> list[dict[str, Any]]:
        return [{self.key: self.rows}]
