"""The floor for the simulator's HTTP server: the same web server and HTTP parser, with a constant answer.

`python -m tests.bench.constant FILE` answers with the file's bytes, and prints its port.
"""

import asyncio
import sys
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from bedrock_simulator.ports import Response
from bedrock_simulator.server.http import Receive, Scope, Send, read_body, reply
from bedrock_simulator.server.server import _listen


class Constant:
    """Answers every request with the same body."""

    def __init__(self, body: bytes) -> None:
        self._answer = Response(200, {"Content-Type": "application/json"}, body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await read_body(receive)
            await reply(self._answer, send)


def main() -> None:
    listening = _listen(0)
    config = Config()
    config.bind, config.loglevel = [f"fd://{listening.fileno()}"], "ERROR"
    print(listening.getsockname()[1], flush=True)
    asyncio.run(serve(Constant(Path(sys.argv[1]).read_bytes()), config))


if __name__ == "__main__":
    main()
