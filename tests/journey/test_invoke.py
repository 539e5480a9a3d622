"""The deployed invoke function, through its URL. It lists and calls routes; its log says what was served but contains
no text of prompts or answers; it counts callers and refuses those over their quota.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from distillery.client.route_map import RouteMap
from local import people
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.full_settings import full_settings

QUESTION = "Where is my parcel with the number quokka-4711?"


LONG = {"route": "haiku", "prompt": "where is my parcel? " * 900, "max_tokens": 20}
"""18,000 bytes, hence at most 18,000 tokens; in fact about 4,500."""


def test_routes_are_listed_and_called_by_url_within_a_quota(deploy: Deploy) -> None:
    environment = deploy("dev", settings=full_settings())
    status, document = _call(environment, "GET")
    assert status == 200
    maps = [RouteMap.from_json(json.dumps(one)) for one in document["routes"].values()]
    assert [one.route for one in maps] == sorted(environment.serving["routes"])

    status, said = _call(environment, "POST", {"route": "fast", "prompt": QUESTION, "max_tokens": 20})
    assert (status, said["served"], said["step"]) == (200, {"latency": "optimized", "tier": "default"}, 0)
    assert said["cost_usd"]

    status, refused = _call(environment, "POST", {"route": "support", "prompt": QUESTION})
    assert (status, refused["error"]["type"]) == (404, "NoModel")
    assert _call(environment, "POST", {"route": "fast"})[0] == 400
    _logged(environment)
    _counted(environment)


def _counted(environment: Environment) -> None:
    """A caller over its quota waits as long as the answer says. The function continues to serve others."""
    environment.advance_to_next_day()
    status, said = _call(environment, "POST", LONG)
    assert (status, said["usage"]["input_tokens"] < 5_000) == (200, True), said
    status, refused, headers = _send(environment, "POST", LONG)
    assert (status, refused["error"]["type"]) == (429, "OverQuota")
    assert _call(environment, "POST", LONG | {"prompt": QUESTION})[0] == 200, (
        "a smaller request fits into the rest of the quota"
    )
    where = {"home": environment.home, "inference": environment.inference}
    other = people.credentials(environment.account, environment.settings.environment, "caller", "examiner", **where)
    status, said = _call(environment, "POST", LONG, by=other)
    assert status == 200, said
    environment.advance_hours(int(headers["retry-after"]) / 3600)
    assert _call(environment, "POST", LONG)[0] == 200


def _logged(environment: Environment) -> None:
    name = str(environment.serving["function"])
    here = environment.inference
    group = environment.client("lambda", here).get_function_configuration(FunctionName=name)["LoggingConfig"][
        "LogGroup"
    ]
    events = environment.client("logs", here).filter_log_events(logGroupName=group)["events"]
    lines = [line for event in events for line in event["message"].splitlines()]
    told = [json.loads(line) for line in lines if line.startswith('{"_aws"')]
    assert [(one["Route"], one["Failed"]) for one in told] == [("fast", 0), ("distilled/support", 1)]
    assert not [line for line in lines if "quokka" in line]


def _call(environment: Environment, method: str, asked: Any = None, **by: Any) -> tuple[int, Any]:
    """Returns status and JSON of a request."""
    return _send(environment, method, asked, **by)[:2]


def _send(
    environment: Environment, method: str, asked: Any = None, *, by: Mapping[str, str] | None = None
) -> tuple[int, Any, Message]:
    """Returns status, headers and JSON of a request. `by` holds the signer's credentials; the default is a caller."""
    url, keys = str(environment.serving["url"]), by or environment.credentials("caller")
    body = None if asked is None else json.dumps(asked).encode()
    request: Any = AWSRequest(method, url, data=body)
    SigV4Auth(Credentials(*keys.values()), "lambda", environment.inference).add_auth(request)
    sent = urllib.request.Request(url, data=body, headers=dict(request.headers), method=method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(sent) as answer:  # noqa: S310  # the same
            return int(answer.status), json.load(answer), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), error.headers
