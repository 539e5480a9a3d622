"""The door: a custom resource of CloudFormation. It always answers, since a resource that does not blocks its stack."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from lambdas.emptying.bucket import empty as empty_bucket
from lambdas.shared.aws import client


def empty(event: Mapping[str, Any], context: Any) -> None:
    """Delete empties `Bucket`, Create and Update do nothing. The bucket's name is the physical id."""
    properties = event["ResourceProperties"]
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId") or properties["Bucket"],
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if event["RequestType"] == "Delete":
            empty_bucket(client("s3"), event["PhysicalResourceId"], only_if_tagged=properties["OnlyIfTagged"])
        elif event["RequestType"] == "Update":
            answer["PhysicalResourceId"] = properties["Bucket"]
    except Exception as error:  # whatever it is, CloudFormation has to hear of it
        answer |= {"Status": "FAILED", "Reason": f"{error}; see log stream {context.log_stream_name}"}
    _answer(event["ResponseURL"], answer)


def _answer(url: str, answer: Mapping[str, Any]) -> None:
    if not url.startswith(
        ("https://", "http://127.0.0.1")
    ):  # CloudFormation signs an https URL; a local account has none
        raise ValueError("CloudFormation gave no URL to answer to")
    request = urllib.request.Request(url, data=json.dumps(answer).encode(), method="PUT")  # noqa: S310 # checked above
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 # checked above
        return
