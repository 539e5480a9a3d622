"""A custom resource of CloudFormation. It always sends a response, because a missing one blocks the stack.

What takes longer than an invocation replies from elsewhere (`succeed`, `fail`) before CloudFormation's own time-out.
"""

import json
import os
import re
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from distillery.core.aws import client
from distillery.core.boundary import redacted
from distillery.core.errors import DistilleryError
from distillery.core.escaping import one_line

Event = Mapping[str, Any]
_HOST = re.compile(
    r"cloudformation-custom-resource-response-[a-z0-9]+\.s3(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?"
)
"""The host names of CloudFormation's response URLs: a bucket for each Region."""
RESPONSE_BYTES = 4096
"""The size of a response (CloudFormation guide, crpg-ref-responses)."""
_LOCAL = "AWS_ENDPOINT_URL"
"""Not set in Lambda. It points to the local AWS account."""


def respond(event: Event, context: Any, act: Callable[[Event], str | None]) -> None:
    """Sends CloudFormation the physical id that `act` returns, or the reason of its failure. Sends nothing if `act`
    returns None: then what it started replies later, with `succeed` or `fail`."""
    try:
        ident = act(event)
    except DistilleryError as error:  # a sentence for people, which needs no log
        fail(event, str(error))
        return
    except Exception as error:  # without a response CloudFormation waits for an hour
        fail(event, f"{one_line(redacted(error))}; see log stream {context.log_stream_name}")
        return
    if ident is not None:
        succeed(event, ident)


def succeed(event: Event, ident: str) -> None:
    """Reports success. `ident` is the physical id of the resource."""
    _send(event["ResponseURL"], {**_about(event), "Status": "SUCCESS", "PhysicalResourceId": ident})


def fail(event: Event, reason: str) -> None:
    """Reports failure. The physical id stays, so that CloudFormation does not replace the resource."""
    ident = event.get("PhysicalResourceId") or event["LogicalResourceId"]
    answer = {**_about(event), "Status": "FAILED", "PhysicalResourceId": ident, "Reason": ""}
    room = RESPONSE_BYTES - len(json.dumps(answer))
    while len(json.dumps(reason)) - 2 > room:
        reason = one_line(reason, len(reason) * 9 // 10)
    _send(event["ResponseURL"], answer | {"Reason": reason})


def stack_status(event: Event) -> str:
    """The status of the resource's stack, such as DELETE_IN_PROGRESS or UPDATE_ROLLBACK_IN_PROGRESS. An event does not
    say whether its request is part of a roll-back, which a resource must not fail."""
    found = client("cloudformation").describe_stacks(StackName=event["StackId"])
    return found["Stacks"][0]["StackStatus"]


def _about(event: Event) -> dict[str, Any]:
    return {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}


def is_cloudformations(url: str) -> bool:
    """Whether the URL is a response URL of CloudFormation, or of the local account that runs the function."""
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        return False
    if found.scheme == "https" and port is None and "@" not in found.netloc:
        return _HOST.fullmatch(found.netloc) is not None
    local = urlsplit(os.environ.get(_LOCAL, ""))
    return found.scheme == "http" and local.hostname == "127.0.0.1" and found.netloc == local.netloc


def _send(url: str, answer: Event) -> None:
    if not is_cloudformations(url):
        raise ValueError("the event's ResponseURL is not a URL of CloudFormation")
    # The URL signs an empty content type; without the header urllib would send that of a form.
    body, headers = json.dumps(answer).encode(), {"Content-Type": ""}
    request = urllib.request.Request(url, data=body, headers=headers, method="PUT")  # noqa: S310 # checked above
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 # checked above
        return
