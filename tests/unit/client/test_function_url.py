"""A decision is signed with the caller's own credentials and sent once, to a function URL only."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from distillery.client import FunctionRefused, NotReached
from distillery.client.function_url import post_signed

pytestmark = pytest.mark.slow

SESSION = boto3.Session(aws_access_key_id="AKIDANA", aws_secret_access_key="secret", aws_session_token="token")
Asked = list[tuple[dict[str, str], bytes]]


class Url:
    """Answers everything with one status and body."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b'{"outcome": "running"}', Asked()
        of = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                of.asked.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(of.status)
                self.send_header("content-length", str(len(of.body)))
                self.end_headers()
                self.wfile.write(of.body)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def post(self, asked: Any = None) -> Any:
        return post_signed(SESSION, self.address, asked or {"run": "r"}, region="us-east-1")


@pytest.fixture
def url() -> Iterator[Url]:
    made = Url()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_the_signature_is_of_the_caller_and_covers_the_body(url: Url) -> None:
    assert url.post({"run": "r", "approve": True}) == {"outcome": "running"}
    ((headers, body),) = url.asked
    assert json.loads(body) == {"run": "r", "approve": True}
    signature = headers["Authorization"]
    assert re.search(r"Credential=AKIDANA/\d{8}/us-east-1/lambda/aws4_request", signature)
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(
        signature.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    )
    assert headers["X-Amz-Security-Token"] == "token"


REFUSALS: list[tuple[int, bytes, type[Exception], str]] = [
    (400, b'{"error": {"type": "BadRequest", "message": "look again"}}', FunctionRefused, "look again"),
    (403, b'{"error": {"type": "NotAdmitted", "message": "not you"}}', FunctionRefused, "not you"),
    (409, b'{"error": {"type": "RunActive", "message": "busy"}}', FunctionRefused, "busy"),
    (403, b'{"Message": "Forbidden"}', NotReached, r"AccessDenied\): Forbidden"),
    (403, b"no", NotReached, "no permission"),
    (502, b"Internal Server Error", NotReached, "HTTP 502"),
    (200, b"[]", NotReached, "HTTP 200"),
]


@pytest.mark.parametrize(("status", "body", "kind", "match"), REFUSALS)
def test_a_refusal_is_one_sentence(url: Url, status: int, body: bytes, kind: type[Exception], match: str) -> None:
    url.status, url.body = status, body
    with pytest.raises(kind, match=match):
        url.post()
    assert len(url.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_decision_is_never_sent_twice(url: Url, status: int) -> None:
    url.status, url.body = status, b""
    with pytest.raises(NotReached):
        url.post()
    assert len(url.asked) == 1


@pytest.mark.parametrize("address", ["http://elsewhere.example/", "ftp://127.0.0.2/", "file:///etc/passwd", ""])
def test_nothing_is_signed_for_an_address_that_is_no_https(address: str) -> None:
    """Somebody who can write the parameter with the URL must not receive a session token in plain text."""
    with pytest.raises(NotReached, match="not an https URL"):
        post_signed(SESSION, address, {}, region="us-east-1")
