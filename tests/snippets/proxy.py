"""A proxy between a package and the local Bedrock that records requests."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

_HOP = {"host", "connection", "content-length", "transfer-encoding"}


class Proxy:
    """asked: (path of the operation, body) of each request to the runtime, in order."""

    def __init__(self, to: str) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(to, self.asked))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(to: str, asked: list[tuple[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((unquote(self.path), json.loads(body)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            forward = urllib.request.Request(to + self.path, body, headers)  # noqa: S310  # loopback
            try:
                with urllib.request.urlopen(forward) as answer:  # noqa: S310  # the same
                    self._tell(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    self._tell(error.code, error.headers, error.read())

        def _tell(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    return Handler
