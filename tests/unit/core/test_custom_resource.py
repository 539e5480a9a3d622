"""Custom resources respond to CloudFormation only."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from distillery.core.custom_resource import is_cloudformations, respond

BUCKET = "cloudformation-custom-resource-response-useast1"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        (f"https://{BUCKET}.s3.amazonaws.com/arn?Signature=x", True),
        (f"https://{BUCKET}.s3.us-east-1.amazonaws.com/arn", True),
        (f"https://{BUCKET}.s3-us-west-2.amazonaws.com/arn", True),
        (f"http://{BUCKET}.s3.amazonaws.com/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com.evil.example/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com@evil.example/arn", False),
        (f"https://user@{BUCKET}.s3.amazonaws.com/arn", False),
        (f"https://{BUCKET}.s3.amazonaws.com:8443/arn", False),
        (f"https://evil.example/{BUCKET}.s3.amazonaws.com", False),
        ("https://evil-bucket.s3.amazonaws.com/arn", False),
        ("http://127.0.0.1.evil.example/arn", False),
        ("http://127.0.0.1:4566/arn", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_an_answer_goes_to_cloudformation_and_to_no_look_alike(
    monkeypatch: pytest.MonkeyPatch, url: str, taken: bool
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert is_cloudformations(url) is taken


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://127.0.0.1:4566/_response", True),
        ("http://127.0.0.1:4567/_response", False),
        ("http://127.0.0.1:4566@evil.example/", False),
    ],
)
def test_a_function_of_the_local_account_answers_that_account(
    monkeypatch: pytest.MonkeyPatch, url: str, taken: bool
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert is_cloudformations(url) is taken


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str | None]]]:
    """Yields the URL of a server, and the content types of the requests that it received."""
    types: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            types.append(self.headers["Content-Type"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    yield url, types
    server.shutdown()
    server.server_close()


def test_an_answer_has_the_empty_content_type_that_its_url_is_signed_with(
    received: tuple[str, list[str | None]],
) -> None:
    """urllib would send that of a form, which S3 refuses: the stack would wait for an hour."""
    url, types = received
    event = {"StackId": "s", "RequestId": "r", "LogicalResourceId": "l", "ResponseURL": f"{url}/response"}
    respond(event, SimpleNamespace(log_stream_name="stream"), lambda _: "id")
    assert types == [""]
