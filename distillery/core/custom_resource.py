"""A custom resource of CloudFormation. It always sends a response, because a missing one blocks the stack."""

import json
import os
import re
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from distillery.core.boundary import redacted
from distillery.core.escaping import one_line

Event = Mapping[str, Any]
_HOST = re.compile(
    r"cloudformation-custom-resource-response-[a-z0-9]+\.s3(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?"
)
"""The host names of CloudFormation's response URLs: a bucket for each Region."""
_LOCAL = "AWS_ENDPOINT_URL"
"""Not set in Lambda. It points to the local AWS account."""


def respond(event: Event, context: Any, act: Callable[[Event], str]) -> None:
    """Sends CloudFormation the physical id that `act` returns, or the reason of its failure."""
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    try:
        answer |= {"Status": "SUCCESS", "PhysicalResourceId": act(event)}
    except Exception as error:  # without a response CloudFormation waits for an hour
        answer |= {
            "Status": "FAILED",
            "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
            "Reason": f"{one_line(redacted(error))}; see log stream {context.log_stream_name}",
        }
    _send(event["ResponseURL"], answer)


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
