"""A fake of Bedrock's control plane for hosting: endpoints of both modes, whose states a test changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.errors import service_error

MADE = datetime(2026, 11, 1, tzinfo=UTC)
ARN = "arn:aws:bedrock:us-east-1:111111111111:"


@dataclass
class Fake:
    """An endpoint. status: as in the API. For a deployment, `update` is the status in its updateDetails."""

    arn: str
    name: str
    model: str
    wanted: str
    status: str = "Creating"
    update: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    units: int = 0


@dataclass
class FakeBedrock:
    """leases: the tags that were set on a model. refuse: operation → error code. lose: operations that succeed but lose
    their response, once each."""

    deployments: dict[str, Fake] = field(default_factory=dict)
    throughputs: dict[str, Fake] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    lose: set[str] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)
    leases: dict[str, str] = field(default_factory=dict)

    def get_custom_model(self, *, modelIdentifier: str) -> dict[str, str]:  # noqa: N803 the API's name
        self._called("get_custom_model")
        return {"modelArn": modelIdentifier}

    def everything(self) -> dict[str, Fake]:
        return {**self.deployments, **self.throughputs}

    def settle(self) -> None:
        """Completes everything in progress."""
        for fake in self.deployments.values():
            fake.status, fake.model = "Active", fake.wanted
            fake.update = "UpdateCompleted" if fake.update else ""
        for fake in self.throughputs.values():
            fake.status, fake.model = "InService", fake.wanted

    # custom model deployments

    def create_custom_model_deployment(self, **p: Any) -> dict[str, str]:
        fake = self._create("custom-model-deployment", self.deployments, p["modelDeploymentName"], p["modelArn"], p)
        return self._answer("create_custom_model_deployment", {"customModelDeploymentArn": fake.arn})

    def get_custom_model_deployment(self, *, customModelDeploymentIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("get_custom_model_deployment")
        fake = _find(self.deployments, customModelDeploymentIdentifier)
        update = {"updateDetails": {"modelArn": fake.wanted, "updateStatus": fake.update}} if fake.update else {}
        return {
            "customModelDeploymentArn": fake.arn,
            "modelDeploymentName": fake.name,
            "modelArn": fake.model,
            "status": fake.status,
            **update,
        }

    def update_custom_model_deployment(self, **p: Any) -> dict[str, str]:
        self._called("update_custom_model_deployment")
        fake = _find(self.deployments, p["customModelDeploymentIdentifier"])
        if fake.update == "Updating":
            raise service_error("ValidationException")
        fake.wanted, fake.update = p["modelArn"], "Updating"
        return {"customModelDeploymentArn": fake.arn}

    def delete_custom_model_deployment(self, **p: Any) -> dict[str, str]:
        self._called("delete_custom_model_deployment")
        fake = _find(self.deployments, p["customModelDeploymentIdentifier"])
        if fake.status == "Creating" or fake.update == "Updating":
            raise service_error("ValidationException")
        del self.deployments[fake.name]
        return {}

    # Provisioned Throughput

    def create_provisioned_model_throughput(self, **p: Any) -> dict[str, str]:
        fake = self._create("provisioned-model", self.throughputs, p["provisionedModelName"], p["modelId"], p)
        fake.units = p["modelUnits"]
        return self._answer("create_provisioned_model_throughput", {"provisionedModelArn": fake.arn})

    def get_provisioned_model_throughput(self, *, provisionedModelId: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("get_provisioned_model_throughput")
        fake = _find(self.throughputs, provisionedModelId)
        return {
            "provisionedModelArn": fake.arn,
            "provisionedModelName": fake.name,
            "modelArn": fake.model,
            "desiredModelArn": fake.wanted,
            "status": fake.status,
        }

    def update_provisioned_model_throughput(self, **p: Any) -> dict[str, str]:
        self._called("update_provisioned_model_throughput")
        fake = _find(self.throughputs, p["provisionedModelId"])
        fake.wanted, fake.status = p["desiredModelId"], "Updating"
        return {}

    def delete_provisioned_model_throughput(self, **p: Any) -> dict[str, str]:
        self._called("delete_provisioned_model_throughput")
        fake = _find(self.throughputs, p["provisionedModelId"])
        if fake.status in ("Creating", "Updating"):
            raise service_error("ConflictException")
        del self.throughputs[fake.name]
        return {}

    # both

    def list_tags_for_resource(self, *, resourceARN: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("list_tags_for_resource")
        fake = _find(self.everything(), resourceARN)
        return {"tags": [{"key": key, "value": value} for key, value in fake.tags.items()]}

    def tag_resource(self, *, resourceARN: str, tags: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("tag_resource")
        if ":custom-model/" in resourceARN:
            self.leases |= {tag["key"]: tag["value"] for tag in tags}
            return {}
        among = self.deployments if ":custom-model-deployment/" in resourceARN else self.throughputs
        _find(among, resourceARN).tags |= {tag["key"]: tag["value"] for tag in tags}
        return {}

    def untag_resource(self, *, resourceARN: str, tagKeys: list[str]) -> dict[str, Any]:  # noqa: N803 the API's names
        self._called("untag_resource")
        assert ":custom-model/" in resourceARN
        self.leases = {key: value for key, value in self.leases.items() if key not in tagKeys}
        return {}

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(lambda part: self._list(operation, part))

    def _list(self, operation: str, part: str) -> dict[str, Any]:
        self._called(operation)
        deployments = [fake for fake in self.deployments.values() if part in fake.name]
        throughputs = [fake for fake in self.throughputs.values() if part in fake.name]
        if operation == "list_custom_model_deployments":
            rows = [{"customModelDeploymentArn": f.arn, "customModelDeploymentName": f.name} for f in deployments]
            return {"modelDeploymentSummaries": rows}
        bought: list[dict[str, Any]] = [
            {
                "provisionedModelArn": f.arn,
                "provisionedModelName": f.name,
                "creationTime": MADE,
                "status": f.status,
                "modelArn": f.model,
                "modelUnits": f.units,
            }
            for f in throughputs
        ]
        return {"provisionedModelSummaries": bought}

    def _create(self, kind: str, among: dict[str, Fake], name: str, model: str, p: dict[str, Any]) -> Fake:
        operation = "create_custom_model_deployment" if kind == "custom-model-deployment" else f"create_{_snake(kind)}"
        self._called(operation)
        self.tokens.append(p["clientRequestToken"])
        if name in among:
            raise service_error("ValidationException", message="the name is in use")
        tags = {tag["key"]: tag["value"] for tag in p["tags"]}
        among[name] = Fake(f"{ARN}{kind}/{name}", name, model, model, tags=tags)
        return among[name]

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.refuse:
            raise service_error(self.refuse[operation], operation)

    def _answer(self, operation: str, answer: dict[str, str]) -> dict[str, str]:
        if operation in self.lose:
            self.lose.remove(operation)
            raise TimeoutError(f"the answer to {operation} was lost")
        return answer


@dataclass
class Pages:
    page: Callable[[str], dict[str, Any]]

    def paginate(self, *, nameContains: str) -> Iterator[dict[str, Any]]:  # noqa: N803 the API's name
        yield self.page(nameContains)


def _snake(kind: str) -> str:
    return f"{kind.replace('-', '_')}_throughput"


def _find(among: dict[str, Fake], identifier: str) -> Fake:
    for fake in among.values():
        if identifier in (fake.arn, fake.name):
            return fake
    raise service_error("ResourceNotFoundException")
