"""The caller in a function URL's event."""

from typing import Any

import pytest

from distillery.core.function_url import Caller, caller_of

IAM = {
    "accessKey": "ASIAEXAMPLE",
    "accountId": "111122223333",
    "callerId": "AROAEXAMPLE:ana",
    "cognitoIdentity": None,
    "principalOrgId": None,
    "userArn": "arn:aws:sts::111122223333:assumed-role/approvers/ana",
    "userId": "AROAEXAMPLE:ana",
}


def _event(iam: Any) -> dict[str, Any]:
    return {"requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": iam}}}


def test_the_url_tells_who_signed() -> None:
    expected = Caller(arn=IAM["userArn"] or "", id="AROAEXAMPLE:ana", account="111122223333")
    assert caller_of(_event(IAM)) == expected


@pytest.mark.parametrize(
    "event",
    [None, [], "x", {}, {"requestContext": None}, {"requestContext": {"authorizer": []}}, _event(None), _event({}),
     _event(IAM | {"userArn": ""}), _event(IAM | {"callerId": None}), _event(IAM | {"userArn": ["arn"]})],
)  # fmt: skip
def test_nobody_is_told_where_something_is_missing(event: Any) -> None:
    assert caller_of(event) is None
