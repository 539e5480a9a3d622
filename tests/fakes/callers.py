"""Principals that sign requests to a function URL, and the events of such requests."""

import json
from types import SimpleNamespace
from typing import Any

from distillery.core.function_url import Caller

ANA = Caller(arn="arn:aws:sts::111111111111:assumed-role/approvers/ana", id="AROAAPPROVERS:ana", account="111111111111")
LEA = Caller(arn="arn:aws:sts::111111111111:assumed-role/leads/lea", id="AROALEADS:lea", account="111111111111")
STRANGER = Caller(arn=LEA.arn.replace("111111111111", "999999999999"), id="AROAX:lea", account="999999999999")
"""A role of the same name in another account."""

HERE = SimpleNamespace(invoked_function_arn="arn:aws:lambda:us-east-1:111111111111:function:decides")
"""A Lambda context, which names the function's account."""

FORGED = {"requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/chief", "callerId": "AIDACHIEF"}}}}
"""Fields with which a body tries to forge its caller."""


def event(body: Any, by: Caller = ANA) -> dict[str, Any]:
    """Returns a function URL event, payload format 2.0."""
    iam = {"userArn": by.arn, "callerId": by.id, "accountId": by.account, "userId": by.id}
    return {
        "version": "2.0",
        "rawPath": "/",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/"}, "authorizer": {"iam": iam}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def response(answer: Any) -> tuple[int, Any]:
    """Returns status and body of a function URL's response."""
    return answer["statusCode"], json.loads(answer["body"])
