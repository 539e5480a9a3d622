"""One environment owns the logging configuration. Deleting the environment restores the previous configuration."""

from typing import Any

import pytest

from distillery.core import custom_resource
from distillery.core.aws import ClientError
from distillery.core.errors import LoggingOwned
from lambdas.invocation_logging import handler
from lambdas.invocation_logging.configuration import Configuration, to_bucket
from lambdas.invocation_logging.ownership import Ownership
from tests.unit.invocation_logging.fakes import FakeLogging, FakeParameters

STACK = "arn:aws:cloudformation:us-east-2:111111111111:stack/distillery-prod-collection/1"
OURS, THEIRS = to_bucket("ours"), {"s3Config": {"bucketName": "theirs"}, "textDataDeliveryEnabled": True}
WATCHED = {"cloudWatchConfig": {"logGroupName": "calls", "roleArn": "arn:aws:iam::111111111111:role/logs"}}


def owner(logging: Any, ssm: Any, environment: str = "prod") -> Ownership:
    return Ownership(environment, Configuration(logging), ssm)


def take(logging: Any, ssm: Any, environment: str = "prod", *, replace: bool = False, wanted: Any = OURS) -> None:
    owner(logging, ssm, environment).claim(wanted, stack=STACK, replace=replace)


def test_text_alone_is_logged_and_the_owner_is_written_down() -> None:
    logging, ssm = FakeLogging(), FakeParameters()
    take(logging, ssm)
    assert logging.current == OURS
    delivered = {name for name, on in OURS.items() if on is True}
    assert delivered == {"textDataDeliveryEnabled"}
    assert ssm.owner == {"environment": "prod", "stack": STACK, "bucket": "ours", "previous": None}


def test_another_environment_is_refused_by_the_owners_name() -> None:
    logging, ssm = FakeLogging(), FakeParameters()
    take(logging, ssm)
    with pytest.raises(LoggingOwned, match=r"'prod' owns .* in us-east-2 \(stack arn.*remove \[logging\]"):
        take(logging, ssm, "dev", wanted=to_bucket("devs"))
    owner(logging, ssm, "dev").restore()  # CloudFormation deletes a resource whose creation failed
    assert (logging.current, (ssm.owner or {})["environment"]) == (OURS, "prod")


def test_of_two_at_once_one_gets_it() -> None:
    logging = FakeLogging()
    ssm = FakeParameters(between={"environment": "dev", "stack": "s", "bucket": "devs", "previous": None})
    with pytest.raises(LoggingOwned, match="'dev' owns"):
        take(logging, ssm)
    assert logging.current is None


def test_the_owner_may_change_its_own() -> None:
    logging, ssm = FakeLogging(), FakeParameters()
    take(logging, ssm)
    take(logging, ssm, wanted=to_bucket("newer"))
    assert (logging.current, (ssm.owner or {})["bucket"]) == (to_bucket("newer"), "newer")


def test_what_somebody_else_configured_is_not_overwritten() -> None:
    logging, ssm = FakeLogging(THEIRS), FakeParameters()
    with pytest.raises(LoggingOwned, match=r"delivers to bucket theirs already.*replace = true"):
        take(logging, ssm)
    assert (logging.current, ssm.owner) == (THEIRS, None)


def test_what_is_put_aside_comes_back() -> None:
    logging, ssm = FakeLogging(THEIRS), FakeParameters()
    take(logging, ssm, replace=True)
    assert logging.current == OURS
    owner(logging, ssm).restore()
    assert (logging.current, ssm.owner) == (THEIRS, None)


def test_a_log_group_is_not_put_aside_since_it_could_not_be_put_back() -> None:
    logging, ssm = FakeLogging(THEIRS | WATCHED), FakeParameters()
    with pytest.raises(LoggingOwned, match=r"bucket theirs and log group calls.*by hand"):
        take(logging, ssm, replace=True)
    assert (logging.current, ssm.owner) == (THEIRS | WATCHED, None)


def test_nothing_is_logged_any_more_where_nothing_was_before() -> None:
    logging, ssm = FakeLogging(), FakeParameters()
    take(logging, ssm)
    owner(logging, ssm).restore()
    assert (logging.current, ssm.owner) == (None, None)


def test_what_somebody_changed_since_is_left_alone() -> None:
    logging, ssm = FakeLogging(), FakeParameters()
    take(logging, ssm)
    logging.current = THEIRS
    owner(logging, ssm).restore()
    assert (logging.current, ssm.owner) == (THEIRS, None)


def test_a_bucket_that_the_service_refuses_leaves_no_owner() -> None:
    logging, ssm = FakeLogging(refuse="ValidationException"), FakeParameters()
    with pytest.raises(ClientError):
        take(logging, ssm)
    assert ssm.owner is None


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_the_door_keeps_one_physical_id(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    services: dict[str, Any] = {"bedrock": FakeLogging(), "ssm": FakeParameters()}
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(handler, "client", services.__getitem__)
    monkeypatch.setattr(custom_resource, "_send", lambda _url, answer: heard.append(answer))
    monkeypatch.setenv("DISTILLERY_ENVIRONMENT", "prod")
    event = {"RequestType": kind, "ResponseURL": "https://x", "StackId": STACK, "RequestId": "r"}
    properties = {"Bucket": "ours", "Replace": "false"}
    handler.configure({**event, "LogicalResourceId": "L", "ResourceProperties": properties}, None)
    assert [(one["Status"], one["PhysicalResourceId"]) for one in heard] == [("SUCCESS", "invocation-logging-of-prod")]
    assert services["bedrock"].current == (None if kind == "Delete" else OURS)
