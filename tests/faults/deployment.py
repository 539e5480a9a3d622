"""The functions of the product in an account of the sweep."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from distillery.core import clock
from tests.faults.cloud import Cloud, send
from tests.unit.leaks.detection import KEPT


@contextmanager
def deployed(cloud: Cloud) -> Iterator[Cloud]:
    """The functions run in the account: their variables, settings, clients, clock and pauses are its own."""

    def answer(client: BaseClient, name: str, sent: Mapping[str, Any]) -> Any:
        return (
            send(client, name, sent)
            if client.meta.endpoint_url.endswith(".invalid")
            else cloud.answer(client, name, sent)
        )

    with pytest.MonkeyPatch.context() as patch:
        for variable, value in cloud.variables.items():
            patch.setenv(variable, value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("JUDGES")
        patch.setattr(BaseClient, "_make_api_call", answer)
        patch.setattr(clock, "timestamp", cloud.now)
        patch.setattr("distillery.core.env_vars.read_settings", lambda name: cloud.settings[name])
        patch.setattr("distillery.core.ledger.table.time", SimpleNamespace(sleep=lambda _: None))
        patch.setattr("lambdas.evaluation.answers.AT_A_TIME", 1)
        yield cloud


def forget_clients() -> None:
    """Clears what an execution environment caches."""
    for kept in KEPT:
        kept.cache_clear()
