"""Finds the clients that a handler creates."""

import pytest

from tests.bench.handler_import import services_in
from tests.bench.imports import stage_handlers


@pytest.mark.parametrize(
    ("source", "services"),
    [
        ('client("s3")', ["s3"]),
        ('x = f(client("ssm", region), client("sns"))', ["ssm", "sns"]),
        ("Parts(run, ObjectStore())", ["s3"]),
        ('self._client("ssm", region, CONFIG)', ["ssm"]),
        ("client(name)", []),
        ("self._client(service, region)", []),
        ('boto3.client("ec2")', []),
    ],
)
def test_the_clients_are_those_that_a_source_names(source: str, services: list[str]) -> None:
    assert list(services_in(source)) == services


def test_every_stage_has_a_handler() -> None:
    assert set(stage_handlers()) >= {"dataset", "distillation", "endpoint", "evaluation", "promotion", "serving"}
