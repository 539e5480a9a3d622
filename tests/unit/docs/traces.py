"""Traces which of our modules four operations call, over the fakes of the unit tests.

`python -m tests.unit.docs.traces upload` prints the modules as JSON, in the order of their first call. A new process
starts with empty caches, so the trace includes what is loaded once.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[3]
PRODUCT = ("distillery", "infra", "lambdas", "local", "stacks", "packages/bedrock-simulator/src")


def upload() -> Callable[[], object]:
    """S3's event for a file of 150 valid prompts, which become a data set and start a run."""
    from lambdas.dataset import handler
    from tests.unit.dataset.fakes import file
    from tests.unit.dataset.harness import IntakeHarness

    event = json.loads((ROOT / "tests" / "events" / "s3-object-created.json").read_text(encoding="utf-8"))
    detail = event["detail"]
    harness = IntakeHarness(file(150), key=detail["object"]["key"])
    detail["bucket"]["name"], detail["object"]["version-id"] = "prompts", "v1"
    handler._intake = lambda: harness  # type: ignore[assignment,return-value]

    def run() -> None:
        assert handler.receive(event, None)["status"] == "started"

    return run


def route() -> Callable[[], object]:
    """The first request of a route, whose first step is throttled and whose second is a distilled student."""
    from tests.unit.client.harness import MESSAGES, OPTIMIZED, STUDENT, ClientHarness, answer, refusal, route_map

    harness = ClientHarness(route_map(OPTIMIZED, STUDENT))
    harness.promote()
    harness.script[str(OPTIMIZED.identifier)] = [refusal("ThrottlingException", status=429), answer()]
    return lambda: harness.route().converse(messages=MESSAGES).text


def simulator() -> Callable[[], object]:
    """CreateModelCustomizationJob, from the bytes of the HTTP request on."""
    from simulator_support.fakes import World, job, jsonl, prompts

    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    return _request(world, "/model-customization-jobs", job(), 201)


def converse() -> Callable[[], object]:
    """Converse, from the bytes of the HTTP request on."""
    from simulator_support.fakes import World

    body = {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}
    return _request(World(), "/model/us.amazon.nova-pro-v1:0/converse", body, 200)


def _request(world: Any, path: str, body: Mapping[str, object], status: int) -> Callable[[], object]:
    """A signed request to the stand-alone application."""
    from bedrock_simulator.admin import Admin
    from bedrock_simulator.clock import MemoryClock
    from bedrock_simulator.events import EventStore
    from bedrock_simulator.server.application import Application
    from simulator_support.fakes import ACCOUNT

    clock = MemoryClock()
    admin = Admin(world.bedrock, clock, EventStore(clock), account=ACCOUNT)
    application = Application(world.bedrock, admin, ACCOUNT, lambda: None)
    signed = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20261123/us-east-1/bedrock/aws4_request"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", 4567),
        "headers": [(b"host", b"127.0.0.1:4567"), (b"authorization", signed.encode())],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    def run() -> None:
        asyncio.run(application(scope, receive, send))
        assert sent[0]["status"] == status, sent

    return run


WALKS = {"upload": upload, "route": route, "simulator": simulator, "converse": converse}


def called_files(run: Callable[[], object]) -> list[str]:
    """Returns our files of which `run` calls a function, in the order of the first call. Code that runs at import does
    not count.
    """
    files: dict[str, None] = {}
    importing = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal importing
        if event not in ("call", "return"):
            return
        if frame.f_code.co_name == "<module>":
            importing += 1 if event == "call" else -1
        elif event == "call" and not importing and (name := frame.f_code.co_filename).startswith(f"{ROOT}/"):
            files.setdefault(name.removeprefix(f"{ROOT}/"))

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return [file for file in files if file.startswith(tuple(f"{folder}/" for folder in PRODUCT))]


if __name__ == "__main__":
    print(json.dumps(called_files(WALKS[sys.argv[1]]())))
