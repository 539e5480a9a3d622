"""The Region of an operator's account, and how often a function is called."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from distillery.client import Account, NotReached

VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE")


@pytest.mark.parametrize(
    ("said", "variable", "region"),
    [
        ("us-west-2", "us-east-1", "us-west-2"),
        (None, "us-east-1", "us-east-1"),
    ],
)
def test_a_region_is_said_or_set(monkeypatch: pytest.MonkeyPatch, said: str | None, variable: str, region: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_REGION", variable)
    assert Account("dev", said).region == region


def test_without_a_region_it_says_how_to_set_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(NotReached, match="set AWS_REGION"):
        assert Account("dev").region


@contextmanager
def lambdas(status: int) -> Iterator[tuple[str, list[str]]]:
    """A Lambda endpoint that answers everything with one status, or hangs up for 0. Returns its address and the
    requested paths.
    """
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["content-length"]))
            if status:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_a_call_that_is_billed_is_never_made_twice(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """A call that is cut off may have started, and a repetition would train or call a model twice."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    with lambdas(status) as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        with pytest.raises(NotReached, match="calling dataset"):
            Account("dev", "us-east-1").invoke("dataset", {})
    assert asked == ["/2015-03-31/functions/dataset/invocations"]
