"""The stand-alone server's process: listens on loopback, ticks, and stops on a signal."""

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
_CLOCK = 1.0  # seconds, real, between two writes of the clock's state
_PATIENCE = 5.0  # seconds for running requests when it stops


class CannotStart(Exception):
    """The server cannot start. The message is one sentence for a person."""


def main(argv: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM. Returns 0, or 1 with one sentence on stderr if it cannot start."""
    args = parse(argv)
    try:
        listening = _listen(args.port)
        clock, events, bedrock = _simulator(args)
        store = _open_store(args, bedrock, clock)
    except (CannotStart, StateError) as message:
        print(message, file=sys.stderr)
        return 1
    for service in service_model.SERVICES:
        service_model.operations(service)  # takes half a second, which the first caller should not wait
    save = store.save if store else _save_nothing
    admin = Admin(bedrock, clock, events, account=args.account)
    _print_environment(listening.getsockname()[1], args.account)
    _serve(Application(bedrock, admin, args.account, save), listening, bedrock, store)
    return 0


def _simulator(args: Namespace) -> tuple[MemoryClock, EventStore, Bedrock]:
    clock = MemoryClock(args.date, SPEED if args.speed is None else args.speed)
    events = EventStore(clock, post=Webhook(args.events_to).post if args.events_to else None)
    bedrock = Bedrock(
        clock=clock,
        objects=EndpointObjects(args.s3) if args.s3 else FolderObjects(args.objects, args.bucket_region),
        events=events,
        roles=PatternRoles(),
        settings=settings(args),
        faults=Faults(args.fault, seed=args.seed),
    )
    return clock, events, bedrock


def _open_store(args: Namespace, bedrock: Bedrock, clock: MemoryClock) -> StateDirectory | None:
    """Restores the stored state, if flags name a folder. Its date and speed apply unless flags set others."""
    if args.state is None:
        return None
    store = StateDirectory(args.state, bedrock, clock)
    if (before := store.load()) is not None:
        clock.set(
            virtual=before.virtual if args.date is None else args.date,
            speed=before.speed if args.speed is None else args.speed,
        )
    store.save()
    return store


def _save_nothing() -> None:
    """Saves nothing."""


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as why:
        listening.close()
        message = f"port {port} on {LOOPBACK} is not available ({why.strerror}): choose another with --port."
        raise CannotStart(message) from None
    listening.listen(1024)
    return listening


def _print_environment(port: int, account: str) -> None:
    url = f"http://{LOOPBACK}:{port}"
    print(
        f"export AWS_ENDPOINT_URL_BEDROCK={url} AWS_ENDPOINT_URL_BEDROCK_RUNTIME={url} AWS_ACCESS_KEY_ID={account} "
        "AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1",
        flush=True,
    )


def _serve(application: Application, listening: socket.socket, bedrock: Bedrock, store: StateDirectory | None) -> None:
    stopping = threading.Event()
    threads = [threading.Thread(target=_tick, args=(bedrock, store, stopping), daemon=True, name="bedrock-ticks")]
    if store:
        threads.append(threading.Thread(target=_write_clock, args=(store, stopping), daemon=True, name="bedrock-clock"))
    for thread in threads:
        thread.start()
    asyncio.run(_serve_until_signal(application, listening))
    stopping.set()
    for thread in threads:
        thread.join(_PATIENCE)
    if store:
        store.save()
        store.save_clock()


async def _serve_until_signal(application: Application, listening: socket.socket) -> None:
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.graceful_timeout, config.loglevel = _PATIENCE, "WARNING"
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stop.set)
    await serve(application, config, shutdown_trigger=stop.wait)


def _tick(bedrock: Bedrock, store: StateDirectory | None, stopping: threading.Event) -> None:
    while not stopping.wait(_TICK):
        try:
            if bedrock.tick() and store:
                store.save()
        except Exception:  # a bug of the simulator must not stop time
            traceback.print_exc()


def _write_clock(store: StateDirectory, stopping: threading.Event) -> None:
    while not stopping.wait(_CLOCK):
        store.save_clock()
