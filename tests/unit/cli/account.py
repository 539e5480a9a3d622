"""A fake account with environment dev: what the commands read, and a record of what they did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from distillery.client import FunctionRefused, NotReached
from tests.fakes.services import FakeHeld, FakeSsm
from tests.fakes.table import MemoryTable

Answering = Callable[[Mapping[str, Any]], Mapping[str, Any]]
PIPELINE = {
    "prompts_bucket": "prompts",
    "data_bucket": "data",
    "ledger": "ledger",
    "state_machine": "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline",
    "functions": {"dataset": "dataset-function"},
    "decisions": {
        name: f"https://{name}.example/"
        for name in ("rollback", "approval", "acceptance", "models", "retirement", "promote")
    },
    "home_region": "us-east-1",
    "inference_region": "us-east-2",
    "recipes": ["support", "triage"],
    "monthly_caps_usd": {"support": "40.00"},
}
COLLECTION = {"function": "collect-function", "bucket": "calls", "database": "d", "workgroup": "w"}
SERVING = {"function": "serving-function", "routes": ["distilled/support", "fast"]}


@dataclass
class FakeAccount:
    """answers: each function's answer or error, or what makes one of a request. sessions: environments with the
    credentials that were chosen for them. The other attributes record requests."""

    environment: str = "dev"
    region: str | None = "us-east-1"
    pipeline: Mapping[str, Any] = field(default_factory=lambda: PIPELINE)
    serving: Mapping[str, Any] = field(default_factory=lambda: SERVING)
    collection: Mapping[str, Any] = field(default_factory=lambda: COLLECTION)
    table: MemoryTable = field(default_factory=MemoryTable)
    aliases: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    jobs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: dict[str, Mapping[str, Any] | Exception | Answering] = field(default_factory=dict)
    sessions: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    uploads: list[tuple[str, str]] = field(default_factory=list)
    clients: dict[tuple[str, str | None], Any] = field(
        default_factory=lambda: {("ssm", None): FakeSsm(), ("bedrock", None): FakeHeld()}
    )
    calls: list[tuple[str, Mapping[str, Any], str | None]] = field(default_factory=list)

    def aws_client(self, service: str, region: str | None = None) -> Any:
        return self.clients[service, region]

    @property
    def session(self) -> "FakeAccount":
        return self

    def client(self, service: str, *, region_name: str, config: Any) -> Any:
        """Returns a fake client like a session does. Retries are disabled for measured calls."""
        assert service == "ssm" or config.retries["total_max_attempts"] == 1
        return self.clients[service, region_name]

    def s3(self, region: str | None = None) -> Any:
        return self.clients["s3", region]

    def dynamodb(self) -> MemoryTable:
        return self.table

    def alias(self, recipe: str) -> Mapping[str, Any] | None:
        return self.aliases.get(recipe)

    def upload(self, file: Path, recipe: str, *, prefix: str) -> tuple[str, str | None]:
        self.uploads.append((recipe, f"{prefix}{recipe}/{file.name}"))
        return f"s3://prompts/{prefix}{recipe}/{file.name}", "v1"

    def read(self, uri: str) -> bytes:
        if uri not in self.objects:
            missing = ClientError({"Error": {"Code": "NoSuchKey", "Message": "not there"}}, "GetObject")
            raise NotReached(f"reading {uri}: {missing}") from missing
        return self.objects[uri]

    def job(self, name: str) -> Mapping[str, Any] | None:
        return self.jobs.get(name)

    def decide(self, decision: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Like `invoke`, for a function that is called through its URL."""
        assert decision in self.pipeline["decisions"]
        return self.invoke(f"{decision}-function", asked)

    def invoke(self, function: str, payload: Mapping[str, Any], *, region: str | None = None) -> Mapping[str, Any]:
        self.calls.append((function, payload, region))
        answer = self.answers.get(function, FunctionRefused("KeyError", f"nobody expected a call of {function}"))
        if isinstance(answer, Exception):
            raise answer
        return answer(payload) if callable(answer) else answer
