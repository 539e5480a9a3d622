"""The credentials of a function's role while several of its sandboxes start."""

from typing import Any

import pytest
from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from local.emulator.hooks import function_sessions

CONFIG = {
    "Role": "arn:aws:iam::000000000000:role/worker",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:work",
    "FunctionName": "work",
}


class Remembering(dict[str, dict[str, Any]]):
    """Whatever it ever held: another thread may have looked just then."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[tuple[str, str]] = []
        self.ids: set[str] = set()

    def __setitem__(self, key: str, session: dict[str, Any]) -> None:
        self.held.append((session["SecretAccessKey"], session["SessionToken"]))
        self.ids.add(session["UserId"])
        super().__setitem__(key, session)


def test_a_sandbox_that_starts_never_takes_the_secret_from_those_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions, register, given = Remembering(), sts.register_session, lambda_runtime.execution_credentials
    monkeypatch.setattr(app, "AUTH", True)
    monkeypatch.setattr(sts, "_sessions", sessions)
    monkeypatch.setattr(function_sessions, "session_id", lambda _role, name: f"AROAEXAMPLE:{name}")
    monkeypatch.setattr(sts, "register_session", register)
    monkeypatch.setattr(lambda_runtime, "execution_credentials", given)
    monkeypatch.setattr(lambda_svc, "execution_credentials", given)
    function_sessions.install()
    found = [lambda_runtime.execution_credentials(CONFIG) for _ in range(2)]
    own = {(each["AWS_SECRET_ACCESS_KEY"], each["AWS_SESSION_TOKEN"]) for each in found}
    assert len(own) == 1
    assert set(sessions.held) == own
    assert sessions.ids == {"AROAEXAMPLE:work"}
    assert own.isdisjoint({(given(CONFIG)["AWS_SECRET_ACCESS_KEY"], given(CONFIG)["AWS_SESSION_TOKEN"])})
