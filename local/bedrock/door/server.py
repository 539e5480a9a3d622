"""The door of its own as a process: listens on loopback, ticks, and stops when it is told to."""

import asyncio
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.bedrock.admin import Admin
from local.bedrock.calendar import MemoryClock
from local.bedrock.door.application import Application
from local.bedrock.door.arguments import parse, settings
from local.bedrock.door.objects import FolderObjects
from local.bedrock.door.roles import PatternRoles
from local.bedrock.door.s3 import EndpointObjects
from local.bedrock.door.webhook import Webhook
from local.bedrock.engine import Bedrock
from local.bedrock.events import KeptEvents
from local.bedrock.wire import service_model

LOOPBACK = "127.0.0.1"
SPEED = 360.0
_TICK = 0.05  # seconds, real
_PATIENCE = 5.0  # seconds for what is under way when it stops


def main(argv: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM. 0, or 1 with one sentence on stderr when it cannot begin."""
    asked = parse(argv)
    try:
        listening = _listen(asked.port)
    except OSError as why:
        sentence = f"port {asked.port} on {LOOPBACK} cannot be taken ({why.strerror}): choose another with --port."
        print(sentence, file=sys.stderr)
        return 1
    clock = MemoryClock(asked.date, SPEED if asked.speed is None else asked.speed)
    events = KeptEvents(clock, post=Webhook(asked.events_to).post if asked.events_to else None)
    bedrock = Bedrock(
        clock=clock,
        objects=EndpointObjects(asked.s3) if asked.s3 else FolderObjects(asked.objects, asked.bucket_region),
        events=events,
        roles=PatternRoles(),
        settings=settings(asked),
        faults=asked.fault,
    )
    application = Application(bedrock, Admin(bedrock, clock, events, account=asked.account), asked.account)
    for service in service_model.SERVICES:
        service_model.operations(service)  # takes half a second, which the first caller need not wait
    _greet(listening.getsockname()[1], asked.account)
    _serve(application, listening, bedrock)
    return 0


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOOPBACK, port))
    listening.listen(1024)
    return listening


def _greet(port: int, account: str) -> None:
    url = f"http://{LOOPBACK}:{port}"
    print(
        f"export AWS_ENDPOINT_URL_BEDROCK={url} AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url} AWS_ACCESS_KEY_ID={account} "
        "AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
        flush=True,
    )


def _serve(application: Application, listening: socket.socket, bedrock: Bedrock) -> None:
    over = threading.Event()
    ticking = threading.Thread(target=_tick, args=(bedrock, over), daemon=True, name="bedrock-ticks")
    ticking.start()
    asyncio.run(_until_told(application, listening))
    over.set()
    ticking.join(_PATIENCE)


async def _until_told(application: Application, listening: socket.socket) -> None:
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.graceful_timeout, config.loglevel = _PATIENCE, "WARNING"
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told.set)
    await serve(application, config, shutdown_trigger=told.wait)


def _tick(bedrock: Bedrock, over: threading.Event) -> None:
    while not over.wait(_TICK):
        try:
            bedrock.tick()
        except Exception:  # a bug of ours must not stop time
            traceback.print_exc()
