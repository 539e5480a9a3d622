"""A custom resource of CloudFormation: it always answers, since a resource that does not blocks its stack."""

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

Event = Mapping[str, Any]


def carry_out(event: Event, context: Any, act: Callable[[Event], str]) -> None:
    """Answers with the physical id that `act` gives, or with why it could not."""
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    try:
        answer |= {"Status": "SUCCESS", "PhysicalResourceId": act(event)}
    except Exception as error:  # whatever it is, CloudFormation has to hear of it
        answer |= {
            "Status": "FAILED",
            "PhysicalResourceId": event.get("PhysicalResourceId") or event["LogicalResourceId"],
            "Reason": f"{error}; see log stream {context.log_stream_name}",
        }
    _send(event["ResponseURL"], answer)


def _send(url: str, answer: Event) -> None:
    if not url.startswith(
        ("https://", "http://127.0.0.1")
    ):  # CloudFormation signs an https URL; a local account has none
        raise ValueError("CloudFormation gave no URL to answer to")
    request = urllib.request.Request(url, data=json.dumps(answer).encode(), method="PUT")  # noqa: S310 # checked above
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 # checked above
        return
