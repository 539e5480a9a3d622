"""A simulator with fake services around it, and botocore clients that call it without a network."""

import json
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.utils import parse_timestamp

from bedrock_simulator.engine import Bedrock
from bedrock_simulator.fault_kinds import Fault
from bedrock_simulator.faults import Faults
from bedrock_simulator.ports import ObjectDenied, ObjectMissing, Request, Response
from bedrock_simulator.settings import Latency, Quotas, Settings, TeacherSettings

ACCOUNT = "111111111111"
TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
DECEMBER = datetime(2024, 12, 10, 9, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/distillation"


@cache
def _session() -> Any:
    """One, because loading its models takes time. It parses each timestamp once."""
    session = botocore.session.get_session()
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=lru_cache(maxsize=4096, typed=True)(parse_timestamp))
    return session


@cache
def _template(service: str, region: str) -> Any:
    """A client that no test calls: creating one takes ten times as long as copying it. The simulator reads neither
    signatures nor user agents, so no time goes into them."""
    return _session().create_client(
        service,
        region_name=region,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        endpoint_url=f"http://{service}.invalid",
        config=Config(retries={"max_attempts": 0}, signature_version=UNSIGNED, user_agent="tests"),
    )


def _copy(client: Any) -> Any:
    """The same client with event handlers of its own."""
    copied = object.__new__(type(client))
    copied.__dict__.update(client.__dict__, meta=copy(client.meta), _endpoint=copy(client._endpoint))
    copied.meta.events = copied._endpoint._event_emitter = copy(client.meta.events)
    copied.meta.events._alias_name_cache = client.meta.events._alias_name_cache
    return copied


@dataclass(slots=True)
class FixedClock:
    """A clock that moves only when a test moves it."""

    at: datetime = TODAY

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(slots=True)
class MemoryObjects:
    """S3 in a dict. Buckets in `denied` deny every access. A bucket is in the Region in `homes`; None is no bucket."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    homes: dict[str, str | None] = field(default_factory=dict)
    delivered: list[str] = field(default_factory=list)

    def get(self, account: str, region: str, role_arn: str, bucket: str, key: str) -> bytes:
        if bucket in self.denied:
            raise ObjectDenied("s3:GetObject is not allowed")
        if (bucket, key) not in self.objects:
            raise ObjectMissing("no such key")
        return self.objects[bucket, key]

    def put(self, account: str, region: str, role_arn: str, bucket: str, key: str, body: bytes) -> None:
        if bucket in self.denied:
            raise ObjectDenied("s3:PutObject is not allowed")
        self.objects[bucket, key] = body

    def list(self, account: str, region: str, role_arn: str, bucket: str, prefix: str) -> list[str]:
        if bucket in self.denied:
            raise ObjectDenied("s3:ListBucket is not allowed")
        return sorted(key for name, key in self.objects if name == bucket and key.startswith(prefix))

    def deliver(self, account: str, region: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
        self.delivered.append(source_arn)
        self.put(account, region, "", bucket, key, body)

    def bucket_region(self, account: str, region: str, bucket: str) -> str | None:
        return self.homes.get(bucket, "us-east-1")


@dataclass(slots=True)
class ListEvents:
    """Stores every event."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def emit(
        self, account: str, region: str, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]
    ) -> None:
        json.dumps(detail)
        self.events.append(
            {"region": region, "source": source, "type": detail_type, "resources": resources, "detail": detail}
        )


@dataclass(slots=True)
class OpenRoles:
    """Roles that Bedrock may assume, unless `refusal` has a message, and that may do all but what is in `denied`."""

    refusal: str | None = None
    requested: list[str] = field(default_factory=list)
    denied: set[tuple[str, str]] = field(default_factory=set)
    done: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def check_trust(self, account: str, region: str, role_arn: str, service_source_arn: str) -> str | None:
        self.requested.append(service_source_arn)
        return self.refusal

    def is_allowed(
        self, account: str, region: str, role_arn: str, action: str, resource: str, keys: Mapping[str, str]
    ) -> bool:
        self.done.append((action, resource, dict(keys)))
        return (action, resource) not in self.denied


@dataclass(slots=True)
class NamedKeys:
    """KMS with the keys that a test names."""

    keys: dict[str, str] = field(default_factory=dict)

    def find(self, account: str, region: str, key: str) -> str | None:
        return self.keys.get(key)


@dataclass(slots=True)
class ListMetrics:
    """CloudWatch as a list: the ModelId and the values of each call."""

    recorded: list[tuple[str, dict[str, float]]] = field(default_factory=list)

    def record(self, account: str, region: str, model_id: str, values: Mapping[str, float], at: datetime) -> None:
        self.recorded.append((model_id, {**values}))


@dataclass(slots=True)
class ListLogs:
    """Stores every event of every stream."""

    events: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)

    def put(
        self, account: str, region: str, role_arn: str, group: str, stream: str, message: str, at: datetime
    ) -> None:
        self.events.append((role_arn, group, stream, json.loads(message)))


class ListShares:
    """`shared`: the ARNs of models by the account that they are shared with."""

    def __init__(self) -> None:
        self.shared: dict[str, list[str]] = {}

    def shared_with(self, account: str) -> list[str]:
        return self.shared.get(account, [])


class World:
    """A simulator with fake services, and clients for any Region; `last` is the last HTTP response.

    `caller` is the ARN that signs the calls; empty for the account's root user.
    """

    def __init__(
        self,
        at: datetime = TODAY,
        *faults: Fault,
        teacher: TeacherSettings | None = None,
        quotas: Quotas | None = None,
        latency: Latency | None = None,
    ) -> None:
        self.clock, self.objects = FixedClock(at), MemoryObjects()
        self.events, self.roles, self.keys, self.logs = ListEvents(), OpenRoles(), NamedKeys(), ListLogs()
        self.shares, self.metrics = ListShares(), ListMetrics()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self.bedrock = Bedrock(
            clock=self.clock,
            objects=self.objects,
            events=self.events,
            roles=self.roles,
            keys=self.keys,
            logs=self.logs,
            metrics=self.metrics,
            shares=self.shares,
            settings=Settings(teacher or TeacherSettings(), latency or Latency(), quotas or Quotas()),
            faults=Faults(faults),
        )
        self.last, self.caller = Response(0, {}), ""

    def grant(self, quotas: Quotas) -> None:
        """Sets quotas."""
        self.bedrock.settings = replace(self.bedrock.settings, quotas=quotas)

    def client(self, service: str = "bedrock", region: str = "us-east-1", account: str = ACCOUNT) -> Any:
        if (service, region, account) not in self._clients:
            self._clients[service, region, account] = self._connect(service, region, account)
        return self._clients[service, region, account]

    def _connect(self, service: str, region: str, account: str) -> Any:
        client = _copy(_template(service, region))

        def send(request: Any) -> Any:
            url = urlsplit(request.url)
            body = request.body or b""
            answer = self.bedrock.handle(
                Request(
                    service,
                    account,
                    region,
                    request.method,
                    url.path,
                    dict(parse_qsl(url.query)),
                    {k.lower(): _text(v) for k, v in request.headers.items()},
                    body.encode() if isinstance(body, str) else bytes(body),
                    self.caller,
                )
            )
            headers = HTTPHeaders.from_pairs(answer.headers.items())
            self.last = answer
            pieces = [answer.body] if answer.chunks is None else [piece for _, piece in answer.chunks]
            return AWSResponse(request.url, answer.status, headers, Raw(b"".join(pieces)))

        client._endpoint.http_session = SimpleNamespace(send=send, close=lambda: None)
        return client

    def pass_time(self, minutes: float, step: float = 1.0) -> None:
        """Lets minutes pass, with a tick after every step, as a host does."""
        for _ in range(round(minutes / step)):
            self.bedrock.tick()
            self.clock.forward(minutes=step)
        self.bedrock.tick()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class Raw(BytesIO):
    """A body, as urllib3 returns it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


SYSTEM = "Classify the customer's message. Answer with one label: refund, delivery, login, cancellation"
SAYINGS = {
    "refund": ["I want my money back for order", "please reimburse the amount of purchase", "credit me for item"],
    "delivery": ["where is my parcel number", "the courier never came with box", "has it shipped yet, package"],
    "login": ["I cannot sign in to profile", "my password is rejected for user", "locked out, reset code"],
    "cancellation": ["terminate my contract", "I no longer want plan", "stop renewing membership"],
}


def prompts(count: int = 120, golden: bool = True, system: str = SYSTEM) -> list[dict[str, Any]]:
    """Distinct prompts of four intents, with or without the answer."""
    rows = []
    for number in range(count):
        label = list(SAYINGS)[number % 4]
        say = f"{SAYINGS[label][number // 4 % 3]} {number}"
        messages = [{"role": "user", "content": [{"text": say}]}]
        if golden:
            messages.append({"role": "assistant", "content": [{"text": label}]})
        rows.append({"schemaVersion": "bedrock-conversation-2024", "system": [{"text": system}], "messages": messages})
    return rows


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def job(name: str = "distill-intent-1", **changes: Any) -> dict[str, Any]:
    """A valid request for a pair that exists today; a change to None removes the field."""
    teacher = changes.pop("teacher", "us.amazon.nova-pro-v1:0")
    request = {
        "jobName": name,
        "customModelName": f"{name}-model",
        "roleArn": ROLE,
        "baseModelIdentifier": "amazon.nova-micro-v1:0:128k",
        "customizationType": "DISTILLATION",
        "trainingDataConfig": {"s3Uri": "s3://train-bucket/train.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://train-bucket/out/"},
        "customizationConfig": {"distillationConfig": {"teacherModelConfig": {"teacherModelIdentifier": teacher}}},
        **changes,
    }
    return {field: value for field, value in request.items() if value is not None}


def distilled(world: World, name: str = "distill-intent-1", region: str = "us-east-1", **changes: Any) -> str:
    """Runs a job to its end, and returns its model's ARN."""
    world.objects.objects.setdefault(("train-bucket", "train.jsonl"), jsonl(prompts()))
    world.objects.homes["train-bucket"] = region
    bedrock = world.client(region=region)
    bedrock.create_model_customization_job(**job(name, **changes))
    world.pass_time(120, step=10)
    arn: str = bedrock.get_model_customization_job(jobIdentifier=name)["outputModelArn"]
    return arn


def say(world: World, model_id: str, text: str, system: str = SYSTEM, region: str = "us-east-1", **more: Any) -> Any:
    """Calls Converse once."""
    return world.client("bedrock-runtime", region).converse(
        modelId=model_id, system=[{"text": system}], messages=[{"role": "user", "content": [{"text": text}]}], **more
    )


def answer(reply: Any) -> str:
    return "".join(block.get("text", "") for block in reply["output"]["message"]["content"])


def updating_deployment(world: World) -> tuple[str, str, str]:
    """Makes a deployment that is being updated. Returns its ARN, and those of its present and its next model."""
    first, second = distilled(world), distilled(world, "distill-intent-2")
    bedrock = world.client()
    arn = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=first)["customModelDeploymentArn"]
    world.pass_time(10)
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=second)
    return str(arn), first, second
