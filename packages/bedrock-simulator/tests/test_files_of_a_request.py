"""Following a request through the simulator takes at most ten files (docs/architecture.md of the project)."""

import asyncio
import json
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import bedrock_simulator
from bedrock_simulator.admin import Admin
from bedrock_simulator.clock import MemoryClock
from bedrock_simulator.events import EventStore
from bedrock_simulator.server.application import Application
from simulator_support.fakes import World, job, jsonl, prompts

PACKAGE = Path(bedrock_simulator.__file__).parent
SHARED = {"server/http.py", "server/application.py", "engine.py", "protocol/service_model.py", "faults.py"}
CONTROL_PLANE = SHARED | {
    "control_plane/dispatch.py",
    "control_plane/call.py",
    "control_plane/customization_jobs.py",
    "control_plane/customization_validation.py",
}
RUNTIME = SHARED | {
    "runtime/call.py",
    "runtime/dispatch.py",
    "runtime/converse.py",
    "runtime/conversation.py",
    "runtime/inference.py",
}
# Facts, types, and details that their names explain: checks of shapes, models, and what virtual time changes.
DETAILS = {
    "errors.py", "events.py", "ports.py", "records.py", "settings.py",
    "catalog/availability.py", "catalog/model_limits.py", "catalog/models.py", "catalog/quotas.py",
    "protocol/shapes.py", "runtime/burndown.py", "runtime/latency.py", "runtime/invocation_logs.py",
    "models/rules.py", "models/storage.py", "models/student.py", "models/teacher.py", "models/text.py",
    "control_plane/scheduler.py", "control_plane/job_runner.py", "control_plane/customization_runner.py",
    "control_plane/batches/runner.py", "control_plane/evaluations/runner.py", "control_plane/deployments.py",
    "control_plane/provisioned_throughput.py", "control_plane/model_copy_jobs.py",
}  # fmt: skip


def files_of(world: World, path: str, body: dict[str, Any]) -> set[str]:
    """The files whose code runs for a request to the stand-alone application."""
    clock = MemoryClock()
    admin = Admin(world.bedrock, clock, EventStore(clock), account="111111111111")
    application = Application(world.bedrock, admin, "111111111111", lambda: None)
    credential = "Credential=111111111111/20261123/us-east-1/bedrock/aws4_request"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", 4567),
        "headers": [(b"host", b"127.0.0.1:4567"), (b"authorization", f"AWS4-HMAC-SHA256 {credential}".encode())],
    }
    sent: list[dict[str, Any]] = []
    files: set[str] = set()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    def trace(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and PACKAGE in file.parents:
            files.add(str(file.relative_to(PACKAGE)))

    threading.setprofile(trace)
    sys.setprofile(trace)
    try:
        asyncio.run(application(scope, receive, send))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert sent[0]["status"] in (200, 201), sent
    return files


def test_creating_a_job_runs_through_ten_files() -> None:
    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    assert files_of(world, "/model-customization-jobs", job()) - DETAILS == CONTROL_PLANE
    assert len(CONTROL_PLANE) <= 10


def test_converse_runs_through_ten_files() -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "hello"}]}]}
    assert files_of(World(), "/model/us.amazon.nova-pro-v1:0/converse", body) - DETAILS == RUNTIME
    assert len(RUNTIME) <= 10
