"""The simulator as a process: listens on loopback, ticks, and stops when it is told to."""

import asyncio
import signal
import socket
import sys
import threading
import traceback
from argparse import Namespace
from collections.abc import Sequence

from hypercorn.asyncio import serve
from hypercorn.config import Config

from bedrock_simulator.admin import Admin
from bedrock_simulator.clock import MemoryClock
from bedrock_simulator.engine import Bedrock
from bedrock_simulator.events import EventStore
from bedrock_simulator.faults import Faults
from bedrock_simulator.protocol import service_model
from bedrock_simulator.server.application import Application
from bedrock_simulator.server.arguments import parse, settings
from bedrock_simulator.server.backends import EndpointObjects, FolderObjects, PatternRoles, Webhook
from bedrock_simulator.server.persistence import StateDirectory, StateError

LOOPBACK = "127.0.0.1"
SPEED = 360.0
_TICK = 0.05  # seconds, real
_CLOCK = 1.0  # seconds, real, between two writings of the calendar
_PATIENCE = 5.0  # seconds for what is under way when it stops


class CannotStart(Exception):
    """It could not be started. The message is one sentence for a person."""


def main(argv: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM. 0, or 1 with one sentence on stderr when it cannot begin."""
    asked = parse(argv)
    try:
        listening = _listen(asked.port)
        clock, events, bedrock = _simulator(asked)
        keeper = _keeper(asked, bedrock, clock)
    except (CannotStart, StateError) as sentence:
        print(sentence, file=sys.stderr)
        return 1
    for service in service_model.SERVICES:
        service_model.operations(service)  # takes half a second, which the first caller need not wait
    keep = keeper.save if keeper else _nothing
    admin = Admin(bedrock, clock, events, account=asked.account)
    _greet(listening.getsockname()[1], asked.account)
    _serve(Application(bedrock, admin, asked.account, keep), listening, bedrock, keeper)
    return 0


def _simulator(asked: Namespace) -> tuple[MemoryClock, EventStore, Bedrock]:
    clock = MemoryClock(asked.date, SPEED if asked.speed is None else asked.speed)
    events = EventStore(clock, post=Webhook(asked.events_to).post if asked.events_to else None)
    bedrock = Bedrock(
        clock=clock,
        objects=EndpointObjects(asked.s3) if asked.s3 else FolderObjects(asked.objects, asked.bucket_region),
        events=events,
        roles=PatternRoles(),
        settings=settings(asked),
        faults=Faults(asked.fault, seed=asked.seed),
    )
    return clock, events, bedrock


def _keeper(asked: Namespace, bedrock: Bedrock, clock: MemoryClock) -> StateDirectory | None:
    """Goes on from what is kept, if it is to be kept: date and speed are those of before, unless they are asked for."""
    if asked.state is None:
        return None
    keeper = StateDirectory(asked.state, bedrock, clock)
    if (before := keeper.load()) is not None:
        clock.set(
            virtual=before.virtual if asked.date is None else asked.date,
            speed=before.speed if asked.speed is None else asked.speed,
        )
    keeper.save()
    return keeper


def _nothing() -> None:
    """Keeps nothing."""


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as why:
        listening.close()
        sentence = f"port {port} on {LOOPBACK} cannot be taken ({why.strerror}): choose another with --port."
        raise CannotStart(sentence) from None
    listening.listen(1024)
    return listening


def _greet(port: int, account: str) -> None:
    url = f"http://{LOOPBACK}:{port}"
    print(
        f"export AWS_ENDPOINT_URL_BEDROCK={url} AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url} AWS_ACCESS_KEY_ID={account} "
        "AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
        flush=True,
    )


def _serve(application: Application, listening: socket.socket, bedrock: Bedrock, keeper: StateDirectory | None) -> None:
    over = threading.Event()
    threads = [threading.Thread(target=_tick, args=(bedrock, keeper, over), daemon=True, name="bedrock-ticks")]
    if keeper:
        threads.append(threading.Thread(target=_write_clock, args=(keeper, over), daemon=True, name="bedrock-clock"))
    for thread in threads:
        thread.start()
    asyncio.run(_until_told(application, listening))
    over.set()
    for thread in threads:
        thread.join(_PATIENCE)
    if keeper:
        keeper.save()
        keeper.save_clock()


async def _until_told(application: Application, listening: socket.socket) -> None:
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.graceful_timeout, config.loglevel = _PATIENCE, "WARNING"
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, told.set)
    await serve(application, config, shutdown_trigger=told.wait)


def _tick(bedrock: Bedrock, keeper: StateDirectory | None, over: threading.Event) -> None:
    while not over.wait(_TICK):
        try:
            if bedrock.tick() and keeper:
                keeper.save()
        except Exception:  # a bug of ours must not stop time
            traceback.print_exc()


def _write_clock(keeper: StateDirectory, over: threading.Event) -> None:
    while not over.wait(_CLOCK):
        keeper.save_clock()
