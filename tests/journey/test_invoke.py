"""The deployed invoke function by its URL: routes are listed and called, and its log says what was served and no word
of what was said."""

import json
import urllib.error
import urllib.request
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from distillery.client.document import RouteMap
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment

QUESTION = "Where is my parcel with the number quokka-4711?"


def test_routes_are_listed_and_called_by_url(deploy: Deploy) -> None:
    environment = deploy("dev")
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


def _call(environment: Environment, method: str, asked: Any = None) -> tuple[int, Any]:
    """Status and JSON of a request that a caller signs."""
    url = str(environment.serving["url"])
    body = None if asked is None else json.dumps(asked).encode()
    request: Any = AWSRequest(method, url, data=body)
    SigV4Auth(Credentials(*environment.person("caller").values()), "lambda", environment.inference).add_auth(request)
    sent = urllib.request.Request(url, data=body, headers=dict(request.headers), method=method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(sent) as answer:  # noqa: S310  # the same
            return int(answer.status), json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
