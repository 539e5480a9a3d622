"""Bedrock, control plane and runtime, is our simulator.

AWS: jobs take hours and change state, models and endpoints follow from them, events are emitted.
ministack: jobs stay InProgress for ever, nothing follows, custom model deployments have no route, answers are canned.
We mend: both services are answered by `local.bedrock`, with S3, EventBridge and IAM of this account as its ports.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import quote, unquote

from ministack.core import iam_evaluator
from ministack.core.responses import StreamingResponse, get_account_id, get_region
from ministack.services import bedrock, bedrock_runtime

from local.bedrock.door.http import Send, send_chunks
from local.bedrock.faults import Faults
from local.bedrock.ports import Chunk, Request, Response
from local.bedrock.settings import Settings
from local.emulator.hooks.requests import DROPPED, ID, OWN_ID, raw_path

CONTROL, RUNTIME = "bedrock", "bedrock-runtime"
_TICK = 0.1  # seconds, real

Answer = tuple[int, dict[str, str], bytes | StreamingResponse]


class Simulator(Protocol):
    """What we need of `local.bedrock.engine.Bedrock`."""

    faults: Faults
    settings: Settings

    def handle(self, request: Request) -> Response:
        """Answer one request."""

    def tick(self) -> None:
        """Do what is due."""

    def reset(self) -> None:
        """Forget everything."""

    def inventory(self, account: str) -> dict[str, Any]:
        """What exists in an account, and what bills by the hour."""


def undecoded(path: str) -> str:
    """The path as it was sent: an ARN in it keeps its slashes encoded. ministack hands it over decoded."""
    sent = raw_path()
    return sent if unquote(sent) == path else quote(path)


def ask(simulator: Simulator, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Call the control plane from within, as the current account and Region. Raises ValueError if it refuses."""
    encoded = b"" if body is None else json.dumps(body).encode()
    request = Request(CONTROL, get_account_id(), get_region(), method, path, {}, {}, encoded, spared=True)
    response = simulator.handle(request)
    if response.status >= 400:
        kind = response.headers.get("x-amzn-ErrorType", "")
        raise ValueError(f"{kind}: {json.loads(response.body or b'{}').get('message', '')}")
    answer: dict[str, Any] = json.loads(response.body or b"{}")
    return answer


def paced(chunks: Iterable[Chunk]) -> StreamingResponse:
    """A body in pieces, each after its own wait, while other requests are served."""

    async def run(send: Send, _receive: Any) -> None:
        await send_chunks(chunks, send)

    return StreamingResponse(run)


def _tick_for_ever(simulator: Simulator) -> None:
    while True:
        time.sleep(_TICK)
        try:
            simulator.tick()
        except Exception:
            bedrock.logger.exception("Bedrock simulator: tick failed")


def install(simulator: Simulator) -> None:
    """Put the simulator in the place of both services, and let it tick."""

    def handler(service: str) -> Any:
        async def handle_request(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
        ) -> Answer:
            first = {name: values[0] for name, values in query.items()}
            account, region = get_account_id(), get_region()
            caller = iam_evaluator.caller_arn()
            request = Request(service, account, region, method, undecoded(path), first, headers, body, caller)
            response = await asyncio.to_thread(simulator.handle, request)
            await asyncio.sleep(response.delay)
            whole = response.body if response.chunks is None else paced(response.chunks)
            headers = dict(response.headers) | ({DROPPED: "true"} if response.dropped else {})
            headers |= {OWN_ID: headers[ID]} if ID in headers else {}
            return response.status, headers, whole

        return handle_request

    bedrock.handle_request = handler(CONTROL)
    bedrock_runtime.handle_request = handler(RUNTIME)
    bedrock.reset = simulator.reset
    threading.Thread(target=_tick_for_ever, args=(simulator,), daemon=True, name="bedrock-simulator").start()
