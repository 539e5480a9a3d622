"""The stand-alone application with its admin API, called in this process by whatever bytes a peer may send."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from bedrock_simulator import state
from bedrock_simulator.admin import Admin
from bedrock_simulator.clock import ClockState, MemoryClock
from bedrock_simulator.events import EventStore
from bedrock_simulator.server.application import Application
from simulator_support.fakes import ACCOUNT, TODAY, World

Headers = Sequence[tuple[bytes, bytes]]
HOST = (b"host", b"127.0.0.1:4567")
SIGNED = (b"authorization", b"AWS4-HMAC-SHA256 Credential=111111111111/20261123/us-east-1/bedrock/aws4_request, S=a")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class InProcess(World):
    """A world whose clock only the admin API moves, with the application in front of it."""

    def __init__(self) -> None:
        super().__init__()
        self.timepiece = MemoryClock(TODAY.timestamp(), 0.0)
        self.stored = EventStore(self.timepiece, self.events)
        self.bedrock = type(self.bedrock)(
            clock=self.timepiece, objects=self.objects, events=self.stored, roles=self.roles
        )
        admin = Admin(self.bedrock, self.timepiece, self.stored, account=ACCOUNT)
        self.application = Application(self.bedrock, admin, ACCOUNT, lambda: None)

    def call(
        self, method: str, path: bytes, query: bytes = b"", body: bytes = b"", headers: Headers = (HOST, SIGNED)
    ) -> Reply:
        """Sends one request as hypercorn passes it on; returns the response."""
        scope = {
            "type": "http",
            "method": method,
            "path": unquote_to_bytes(path).decode(errors="replace"),
            "raw_path": path,
            "query_string": query,
            "headers": list(headers),
            "server": ("127.0.0.1", 4567),
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.application(scope, receive, send))
        return Reply(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))

    def facts(self) -> dict[str, Any]:
        """What a refused request leaves as it was: the clock, settings, faults, resources, events."""
        return {
            "clock": asdict(self.timepiece.state()),
            "settings": asdict(self.bedrock.settings),
            "faults": self.bedrock.faults.list_faults(),
            "inventory": self.bedrock.inventory(ACCOUNT),
            "events": self.stored.list_events(ACCOUNT),
        }

    def restart(self) -> None:
        """Writes and reads the state as `--state` does; raises if the next start could not read it."""
        encoded = self.bedrock.snapshot(lambda memory: state.encode(memory, _NoPairs()))
        state.decode(encoded, _NoPairs())
        clock = msgspec.json.decode(msgspec.json.encode(self.timepiece.snapshot()), type=ClockState)
        MemoryClock(clock.virtual, clock.speed)


class _NoPairs:
    """A store of pairs for a state that has none."""

    def put(self, name: str, pairs: bytes) -> None:
        """Discards the pairs."""

    def get(self, name: str) -> bytes:
        """There are none."""
        raise KeyError(name)
