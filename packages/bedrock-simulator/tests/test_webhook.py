"""Events are posted to a URL once and in order, or a message says that they are lost."""

import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from simulator_support.fakes import job, jsonl, prompts
from simulator_support.standalone import Standalone, bucket


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the buckets."""
    bucket(tmp_path, jsonl(prompts()))
    return tmp_path


class Sink(BaseHTTPRequestHandler):
    """Stores what is posted to it."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posted.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Logs nothing."""


def test_events_are_posted_where_somebody_listens(root: Path) -> None:
    Sink.posted = []
    with HTTPServer(("127.0.0.1", 0), Sink) as sink:
        Thread(target=sink.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{sink.server_port}/events"
        with Standalone("--speed", "0", "--objects", str(root), "--events-to", url) as started:
            started.client().create_model_customization_job(**job("posted"))
            started.admin("PUT", "clock", {"advance": 3 * 3600})
            stored = started.admin("GET", "events")
            end = monotonic() + 60
            while len(Sink.posted) < len(stored) and monotonic() < end:
                sleep(0.01)
        sink.shutdown()
    assert Sink.posted == stored
    assert [event["detail"]["jobStatus"] for event in stored] == ["InProgress", "Completed"]


def test_undeliverable_events_are_reported_once(root: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with Standalone("--speed", "0", "--objects", str(root), "--events-to", url) as started:
        started.client().create_model_customization_job(**job("posted"))
        started.admin("PUT", "clock", {"advance": 3 * 3600})
        code, generated = started.stop()
    assert code == 0
    assert generated.startswith(f"events cannot be delivered to {url}: ")
    assert generated.count("\n") == 1
