"""Fakes of buckets, queries and parameters, with the operations that the collection stage calls."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.response import StreamingBody

from distillery.core.errors import BadRequest
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from lambdas.collection.athena import AthenaQueries, result_groups
from lambdas.collection.collector import Collector
from lambdas.collection.delivery import Delivery
from lambdas.collection.log_files import LogFiles
from lambdas.collection.models import LoggedModels
from lambdas.collection.pending import PendingQueries
from tests.fakes.errors import service_error
from tests.unit.collection.records import URI

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@dataclass
class FakeS3:
    """objects: (bucket, key) → body. sizes: sizes in listings that differ from the body's."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    got: list[str] = field(default_factory=list)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 the API's names
        self.got.append(Key)
        if (Bucket, Key) not in self.objects:
            raise service_error("NoSuchKey")
        body = self.objects[Bucket, Key]
        return {"Body": StreamingBody(io.BytesIO(body), len(body))}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 the API's names
        self.objects[Bucket, Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 the API's names
        self.objects.pop((Bucket, Key), None)

    def get_paginator(self, operation: str) -> "FakeS3":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 the API's names
        """Returns one page per key, so that code that reads one page fails."""
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        sized = [(key, self.sizes.get(key, len(self.objects[Bucket, key]))) for key in keys]
        return [{"Contents": [{"Key": key, "Size": size}]} for key, size in sized] or [{}]


@dataclass
class FakeAthena:
    """started: requests. executions: id → state, reason and output."""

    started: list[dict[str, Any]] = field(default_factory=list)
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start_query_execution(self, **p: Any) -> dict[str, str]:
        self.started.append(p)
        ident = f"query-{len(self.started)}"
        self.executions[ident] = {"Status": {"State": "RUNNING"}}
        return {"QueryExecutionId": ident}

    def end(self, ident: str, state: str, uri: str = "", reason: str = "") -> None:
        status = {"State": state, "StateChangeReason": reason}
        self.executions[ident] = {"Status": status, "ResultConfiguration": {"OutputLocation": uri}}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 the API's name
        return {"QueryExecution": self.executions[QueryExecutionId]}


@dataclass
class FakeProfiles:
    """models: application profile → the ARN of its model."""

    models: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get_inference_profile(self, *, inferenceProfileIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        self.asked.append(inferenceProfileIdentifier)
        if inferenceProfileIdentifier not in self.models:
            raise service_error("ResourceNotFoundException")
        return {"models": [{"modelArn": self.models[inferenceProfileIdentifier]}]}


@dataclass
class Stage:
    """A collector over these fakes."""

    recipe: Recipe
    s3: FakeS3 = field(default_factory=FakeS3)
    home: FakeS3 = field(default_factory=FakeS3)
    athena: FakeAthena = field(default_factory=FakeAthena)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)

    @property
    def collector(self) -> Collector:
        s3: Any = self.s3
        athena: Any = self.athena
        profiles: Any = self.profiles
        logs, home = LogFiles(s3, URI), _home(self.home)
        return Collector(
            recipes=self._load,
            logs=logs,
            queries=AthenaQueries(athena, workgroup="work", database="logs"),
            pending=PendingQueries(s3, logs.bucket),
            models=LoggedModels(profiles),
            delivery=home,
            results=lambda uri: result_groups(s3, uri),
            now=lambda: NOW,
        )

    def _load(self, name: str) -> Recipe:
        if name != self.recipe.name:
            raise BadRequest(f"there is no recipe {name!r}")
        return self.recipe


def _home(s3: Any) -> Delivery:
    class Ssm:
        def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 the API's name
            assert Name == "/distillery/dev/pipeline"
            return {"Parameter": {"Value": json.dumps({"prompts_bucket": "prompts"})}}

    ssm: Any = Ssm()
    return Delivery(Names("dev"), s3, ssm)
