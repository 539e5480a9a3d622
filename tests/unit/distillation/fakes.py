"""A fake of Bedrock for the distillation stage: models with a life cycle, jobs whose status a test sets, quotas."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from distillery.core import clock
from distillery.core.pipeline import Student
from lambdas.distillation.stalls import PHASES
from tests.fakes.errors import service_error
from tests.fakes.pipeline import student

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAUNCH = datetime(2024, 12, 3, tzinfo=UTC)
ACTIVE = {"status": "ACTIVE", "startOfLifeTime": LAUNCH}
TEACHER, STUDENT = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0:128k"
MADE: Student = student()


@dataclass
class FakeBedrock:
    """lives: model id → modelLifecycle. jobs: name → response of GetModelCustomizationJob. refuse: operation → code.
    deployments, throughputs: hosted models as the lists return them, ten per page.
    """

    lives: dict[str, Any] = field(default_factory=lambda: {TEACHER: ACTIVE, STUDENT: ACTIVE})
    customizations: list[str] = field(default_factory=lambda: ["FINE_TUNING", "DISTILLATION"])
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    model_status: str | None = "Active"
    refuse: dict[str, str] = field(default_factory=dict)
    lose_create: bool = False
    created: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    throughputs: list[dict[str, Any]] = field(default_factory=list)
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-1"))

    def get_foundation_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("get_foundation_model")
        if modelIdentifier not in self.lives:
            raise service_error("ResourceNotFoundException")
        life = self.lives[modelIdentifier]
        details = {"modelId": modelIdentifier, "customizationsSupported": self.customizations}
        return {"modelDetails": details | ({} if life is None else {"modelLifecycle": life})}

    def get_model_customization_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("get_model_customization_job")
        if jobIdentifier not in self.jobs:
            raise service_error("ResourceNotFoundException")
        return {"jobName": jobIdentifier, **self.jobs[jobIdentifier]}

    def create_model_customization_job(self, **p: Any) -> dict[str, str]:
        self._called("create_model_customization_job")
        self.created.append(p)
        self.jobs[p["jobName"]] = job("InProgress")
        if self.lose_create:
            raise service_error("ConflictException")
        return {"jobArn": MADE.job_arn}

    def stop_model_customization_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self._called("stop_model_customization_job")
        self.stopped.append(jobIdentifier)
        self.jobs[jobIdentifier]["status"] = "Stopping"
        return {}

    def get_custom_model(self, *, modelIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        assert modelIdentifier == MADE.model_arn
        return {"modelArn": modelIdentifier} | ({"modelStatus": self.model_status} if self.model_status else {})

    def get_paginator(self, operation: str) -> "Pages":
        if operation == "list_custom_model_deployments":
            return Pages("modelDeploymentSummaries", self.deployments)
        assert operation == "list_provisioned_model_throughputs"
        return Pages("provisionedModelSummaries", self.throughputs)

    def _called(self, operation: str) -> None:
        if operation in self.refuse:
            raise service_error(self.refuse[operation], operation)


@dataclass
class Pages:
    key: str
    rows: list[dict[str, Any]]

    def paginate(self, nameContains: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803 the API's name
        for start in range(0, max(1, len(self.rows)), 10):
            yield {self.key: self.rows[start : start + 10]}


def deployment(name: str) -> dict[str, Any]:
    return {"customModelDeploymentName": name, "status": "Active"}


def units(name: str, count: int, **fields: Any) -> dict[str, Any]:
    """Returns a Provisioned Throughput of a custom model, without commitment unless the fields say otherwise."""
    of = {"modelArn": MADE.model_arn, "status": "InService"}
    return {"provisionedModelName": name, "modelUnits": count, **of, **fields}


@dataclass
class FakeQuotas:
    """A fake of Service Quotas. granted: quota code → value; other codes have no value."""

    granted: dict[str, float]
    refuse: Exception | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def get_service_quota(self, *, ServiceCode: str, QuotaCode: str) -> dict[str, Any]:  # noqa: N803 the API's names
        self.asked.append((ServiceCode, QuotaCode))
        if self.refuse:
            raise self.refuse
        value = {"Value": self.granted[QuotaCode]} if QuotaCode in self.granted else {}
        return {"Quota": {"QuotaCode": QuotaCode, **value}}

    def list_service_quotas(self, **_: Any) -> dict[str, Any]:
        return {
            "Quotas": [
                {"QuotaCode": code, "QuotaName": code, "Value": granted} for code, granted in self.granted.items()
            ]
        }


def job(status: str, **fields: Any) -> dict[str, Any]:
    made = {"outputModelArn": MADE.model_arn} if status == "Completed" else {}
    return {"jobArn": MADE.job_arn, "status": status, **made, **fields}


def stalled(phase: str, status: str) -> dict[str, Any]:
    """Fields of a job that has been in a phase, such as `training`, for four days."""
    since, names = clock.now() - timedelta(days=4), [name for name, _ in PHASES]
    states = ["Completed"] * names.index(phase) + [status]
    times = {"creationTime": since, "lastModifiedTime": since}
    details = {key: {"status": each, **times} for (_, key), each in zip(PHASES, states, strict=False)}
    return {"creationTime": since, "statusDetails": details}


@dataclass
class FakeTokens:
    """A fake of Step Functions' task tokens. answers: token → (error or "", text). refuse: token → error code."""

    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:  # noqa: N803 the API's name
        return self._answer(taskToken, "", output)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> dict[str, Any]:  # noqa: N803 the API's name
        return self._answer(taskToken, error, cause)

    def _answer(self, token: str, error: str, text: str) -> dict[str, Any]:
        if token in self.refuse:
            raise service_error(self.refuse[token])
        self.answers[token] = (error, text)
        return {}
