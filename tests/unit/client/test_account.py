"""The Region of an operator's account, how often a function is called, and an account without invocation logs."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from distillery.cli.permissions import needed_policy
from distillery.client import AWS_ERRORS, Account, NotDeployed, NotReached
from tests.fakes.errors import service_error

pytestmark = pytest.mark.slow

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


def test_the_credentials_of_another_account_are_chosen_by_profile_or_by_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text("[staging]\naws_access_key_id = OF-PROFILE\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "CURRENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    keys = {"AWS_ACCESS_KEY_ID": "GIVEN", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    accounts = (Account("dev"), Account("staging", profile="staging"), Account("staging", keys=keys))
    used = [account.session.get_credentials().access_key for account in accounts]
    assert used == ["CURRENT", "OF-PROFILE", "GIVEN"]
    with pytest.raises(AWS_ERRORS, match="nobody"):
        Account("staging", profile="nobody")


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


PIPELINE = {"inference_region": "us-east-2"}
MISSING, DENIED = ("ParameterNotFound", "AccessDeniedException")


def account(
    monkeypatch: pytest.MonkeyPatch, pipeline: Mapping[str, object], collection: str | Mapping[str, str]
) -> Account:
    """Returns an account whose SSM has these parameters; a text is the code of an error."""
    values: dict[str, object] = {"pipeline": pipeline, "collection": collection}

    class Ssm:
        def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 the API's name
            value = values[Name.rpartition("/")[2]]
            if isinstance(value, str):
                raise service_error(value, "GetParameter")
            return {"Parameter": {"Value": json.dumps(value)}}

    made = Account("dev", "us-east-1")
    monkeypatch.setattr(made, "aws_client", lambda *_: Ssm())
    return made


@pytest.mark.parametrize(
    ("pipeline", "collection"),
    [
        ({**PIPELINE, "owns_logs": False}, DENIED),
        ({**PIPELINE, "owns_logs": False}, MISSING),
        ({**PIPELINE, "owns_logs": True}, MISSING),
        (PIPELINE, MISSING),
    ],
)
def test_an_environment_without_logs_says_what_to_add(
    monkeypatch: pytest.MonkeyPatch, pipeline: Mapping[str, object], collection: str
) -> None:
    """Also to people whom AWS denies the parameter: only the stack that is missing could allow it."""
    with pytest.raises(NotDeployed) as raised:
        assert account(monkeypatch, pipeline, collection).collection
    for part in ("'dev' owns no invocation logs", "[logging] with keep_days", "environments/dev.toml", "deploy it"):
        assert part in str(raised.value)
    assert "AccessDenied" not in str(raised.value)
    assert needed_policy("collect", "dev", raised.value) is None


def test_a_deployment_of_an_earlier_version_may_have_no_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReached, match=r"AccessDenied.*Perhaps environment 'dev' owns no .*\[logging\]"):
        assert account(monkeypatch, PIPELINE, DENIED).collection


def test_whoever_may_not_collect_is_not_told_to_add_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotReached, match="AccessDenied") as raised:
        assert account(monkeypatch, {**PIPELINE, "owns_logs": True}, DENIED).collection
    assert "[logging]" not in str(raised.value)


@pytest.mark.parametrize("owns_logs", [{}, {"owns_logs": False}, {"owns_logs": True}])
def test_logs_that_cannot_be_asked_for_are_not_taken_for_missing(
    monkeypatch: pytest.MonkeyPatch, owns_logs: Mapping[str, object]
) -> None:
    with pytest.raises(NotReached) as raised:
        assert account(monkeypatch, {**PIPELINE, **owns_logs}, "ThrottlingException").collection
    assert "[logging]" not in str(raised.value)


@pytest.mark.parametrize("owns", [{}, {"owns_logs": True}, {"owns_logs": False}])
def test_an_environment_with_logs_tells_where_they_are(
    monkeypatch: pytest.MonkeyPatch, owns: Mapping[str, object]
) -> None:
    """Also where the settings have no logs any more and the stack is still there: `forget` searches its bucket."""
    made = account(monkeypatch, {**PIPELINE, **owns}, {"function": "collect"})
    assert made.collection == {"function": "collect"}
