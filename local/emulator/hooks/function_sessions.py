"""Gives functions random session credentials, in a session with an id like every other.

AWS: a sandbox gets a session of the function's role, `AROA…:<function>` by its unique id
    (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
ministack: registers one whose key, secret and token are digests of names, under the role's name, each time that it
    starts a sandbox.
Patch: secret and token are replaced by random ones that stay the same while the account runs, and the id by the
    session's. Both happen before registration, because other sandboxes of the function sign at the same time.
"""

import hmac
import secrets
from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sts

from local.emulator.signer import session_id


def install() -> None:
    """Completes the sessions of functions' roles at registration."""
    known, register, given = secrets.token_bytes(32), sts.register_session, lambda_runtime.execution_credentials
    starting: ContextVar[str | None] = ContextVar("starting", default=None)

    def of_key(key: str, what: str) -> str:
        return hmac.digest(known, f"{what}:{key}".encode(), "sha256").hex()

    def register_session(key: str, session: dict[str, Any]) -> None:
        if (role := starting.get()) is not None:
            own = {"SecretAccessKey": of_key(key, "secret"), "SessionToken": of_key(key, "token")}
            session = {**session, **own, "UserId": session_id(role, session["UserId"].partition(":")[2])}
        register(key, session)

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        before = starting.set(config.get("Role", ""))
        try:
            found: dict[str, str] = given(config)
        finally:
            starting.reset(before)
        key = found["AWS_ACCESS_KEY_ID"]
        return {**found, "AWS_SECRET_ACCESS_KEY": of_key(key, "secret"), "AWS_SESSION_TOKEN": of_key(key, "token")}

    sts.register_session = register_session
    lambda_runtime.execution_credentials = execution_credentials
    lambda_svc.execution_credentials = execution_credentials
