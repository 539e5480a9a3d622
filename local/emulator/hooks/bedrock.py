"""Replaces Bedrock's control plane and runtime by the simulator.

AWS: jobs take hours and change state, models and endpoints follow from them, events are emitted.
ministack: jobs stay InProgress forever and produce nothing; custom model deployments are missing; answers are constant.
Patch: both services are answered by `bedrock_simulator`, with S3, EventBridge and IAM of this account as its ports.
    ministack's own functions raise.
"""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote

from ministack.core import iam_evaluator
from ministack.core.responses import StreamingResponse, get_account_id, get_region
from ministack.services import bedrock, bedrock_runtime

from bedrock_simulator.ports import Chunk, Request
from bedrock_simulator.server.application import service_of
from bedrock_simulator.server.http import Send, send_chunks
from local.emulator.current_request import raw_path
from local.emulator.hooks.requests import DROPPED, ID, OWN_ID
from local.emulator.simulator import Simulator

_TICK = 0.1  # seconds, real

Answer = tuple[int, dict[str, str], bytes | StreamingResponse]


def encoded_path(path: str) -> str:
    """Returns the path as it was sent, with the slashes of ARNs encoded. ministack passes it decoded."""
    sent = raw_path()
    return sent if unquote(sent) == path else quote(path)


def streaming_response(chunks: Iterable[Chunk]) -> StreamingResponse:
    """Returns a body in chunks, each after its own delay, while other requests are served."""

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


class ReplacedServiceCalled(AssertionError):
    """Something called ministack's own Bedrock, which must never answer."""


_KEPT = ("reset", "get_state", "load_persisted_state", "_restore_state")  # of the emulator's life cycle


def _unreachable(module: ModuleType) -> None:
    """Makes every function of ministack's module that could answer raise, and log it."""

    def refuser(name: str) -> Callable[..., Any]:
        def refuse(*_: Any, **__: Any) -> Any:
            bedrock.logger.error("the built-in Bedrock was reached: %s", name)
            raise ReplacedServiceCalled(name)

        return refuse

    for name, value in list(vars(module).items()):
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name not in _KEPT:
            setattr(module, name, refuser(f"{module.__name__}.{name}"))


def install(simulator: Simulator, reset: Callable[[], object]) -> None:
    """Replaces both services by the simulator, and runs its ticks. `reset` empties the account."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> Answer:
        first, sent = {name: values[0] for name, values in query.items()}, encoded_path(path)
        account, region, caller = get_account_id(), get_region(), iam_evaluator.caller_arn()
        request = Request(service_of(method, sent), account, region, method, sent, first, headers, body, caller)
        response = await asyncio.to_thread(simulator.handle, request)
        await asyncio.sleep(response.delay)
        whole = response.body if response.chunks is None else streaming_response(response.chunks)
        marked = {DROPPED: "true"} if response.dropped else {}
        marked |= {OWN_ID: response.headers[ID]} if ID in response.headers else {}
        return response.status, {**response.headers, **marked}, whole

    for module in (bedrock, bedrock_runtime):
        _unreachable(module)
        module.handle_request = handle_request
    bedrock.reset = reset
    threading.Thread(target=_tick_for_ever, args=(simulator,), daemon=True, name="bedrock-simulator").start()
