"""Names that a caller invents, in any field, create no metric, no read of SSM, no cache entry and no usage count."""

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.client.clients import Clients
from distillery.core import served_routes
from distillery.core.env_vars import Variable
from distillery.core.errors import DistilleryError
from distillery.core.served_routes import CallerQuota, Period, ServedRoute, ServedRoutes
from lambdas.serving import authorization, handler
from tests.fakes.usage_table import FakeUsageTable
from tests.unit.client.harness import ClientHarness
from tests.unit.serving.test_authorization import BY_URL, DIRECT, SHOP, signed
from tests.unit.serving.test_function_url import event

MADE_UP = "made-up-4711"
SOUND = {"route": "plain", "prompt": "hello"}
ROLE = "arn:aws:sts::111122223333:assumed-role/shop"
Place = Callable[[Any], dict[str, Any]]


def body(**more: Any) -> dict[str, Any]:
    return signed(event(SOUND | more), SHOP)


def beside(**more: Any) -> dict[str, Any]:
    """Fields of the URL's event outside the body."""
    return body() | more


def within(key: str, value: Any) -> dict[str, Any]:
    """Fields that the URL reports about the request."""
    said = body()
    return said | {"requestContext": said["requestContext"] | {key: value}}


VALUES: dict[str, Any] = {
    "a name": MADE_UP,
    "a path": f"plain/../{MADE_UP}",
    "a version": f"plain:{MADE_UP}",
    "a recipe's": f"distilled/{MADE_UP}",
    "a parameter": f"/distillery/dev/routes/{MADE_UP}",
    "another case": f"PLAIN{MADE_UP}",
    "lines": f"plain\n{MADE_UP}",
    "a longer one": f"plain{MADE_UP}" * 500,
    "an ARN": f"arn:aws:sts::111122223333:assumed-role/{MADE_UP}/x",
    "pairs": {"distillery:route": MADE_UP, MADE_UP: MADE_UP},
    "a list": [MADE_UP, MADE_UP],
}
REFUSED: dict[str, Place] = {
    "route": lambda value: body(route=value),
    "profile": lambda value: body(profile=value),
    "model": lambda value: body(model=value),
    "modelId": lambda value: body(modelId=value),
    "tags": lambda value: body(tags=value),
    "requestMetadata": lambda value: body(requestMetadata=value),
    "cost_centre": lambda value: body(cost_centre=value),
    "environment": lambda value: body(environment=value),
    "region": lambda value: body(region=value),
    "a field by that name": lambda value: body(**{str(value): "x"}),
    "max_tokens": lambda value: body(max_tokens=value),
    "turns": lambda value: signed(event({"route": "plain", "messages": [{"role": value, "content": "x"}]}), SHOP),
    "path": lambda value: beside(rawPath=f"/{value}"),
    "method": lambda value: within("http", {"method": value, "path": "/"}),
    "body": lambda value: beside(body=json.dumps(value)),
}
LEFT_ALONE: dict[str, Place] = {
    "headers": lambda value: beside(headers={"x-amzn-trace-id": value, "x-route": value, MADE_UP: value}),
    "host": lambda value: beside(headers={"host": value}),
    "cookies": lambda value: beside(cookies=value),
    "query": lambda value: beside(rawQueryString=f"route={value}", queryStringParameters={"route": value}),
    "stage variables": lambda value: beside(stageVariables=value),
    "request id": lambda value: within("requestId", value),
    "time": lambda value: within("timeEpoch", value),
    "domain": lambda value: within("domainName", value),
    "prompt": lambda value: body(prompt=json.dumps(value)),
    "system": lambda value: body(system=json.dumps(value)),
    "session's name": lambda value: signed(event(SOUND), f"{ROLE}/{MADE_UP}"),
}


@pytest.fixture(autouse=True)
def counted(harness: ClientHarness, monkeypatch: pytest.MonkeyPatch) -> FakeUsageTable:
    """plain is unrestricted, fast is restricted to the shop, and every caller is counted."""
    sums = FakeUsageTable()
    quota = CallerQuota(per=Period.DAY, tokens=10**9, usd=Decimal(1000))
    routes = (ServedRoute(name="plain"), ServedRoute(name="fast", principals=("assumed-role/shop/*",)))
    monkeypatch.setattr(served_routes, "read", lambda: ServedRoutes(routes=routes, quota=quota))
    monkeypatch.setattr("lambdas.serving.quota.counting", lambda: sums)
    monkeypatch.setenv(Variable.QUOTAS, "quotas")
    handler._usage_counter.cache_clear()
    authorization._principals.cache_clear()
    return sums


def sizes() -> list[int]:
    caches = (handler._route, handler._offer, handler._usage_counter, authorization._principals)
    return [cache.cache_info().currsize for cache in caches]


def metric_lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


DIRECTLY = {"by the URL": lambda said: said, "directly": lambda said: json.loads(said["body"])}
PLACES = [
    pytest.param(place, value, id=f"{where}: {what}")
    for (where, place), (what, value) in itertools.product(REFUSED.items(), VALUES.items())
]


@pytest.mark.parametrize(("place", "value"), PLACES)
def test_what_is_refused_was_never_looked_for(
    harness: ClientHarness, counted: FakeUsageTable, capsys: pytest.CaptureFixture[str], place: Place, value: Any
) -> None:
    said = place(value)
    for sent, context in ((said, BY_URL), (said, DIRECT)):
        assert handler.invoke(sent, context)["statusCode"] in (400, 404, 405)
    with pytest.raises(DistilleryError):
        handler.invoke(json.loads(said["body"]) if said["body"] != json.dumps(SOUND) else value, DIRECT)
    assert (harness.ssm.reads, harness.made, harness.requests, counted.calls) == ([], [], [], [])
    assert capsys.readouterr().out == ""
    assert sizes() in ([0, 1, 0, 0], [0, 0, 0, 0])


@pytest.mark.parametrize("place", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_what_is_not_refused_changes_nothing(
    harness: ClientHarness, counted: FakeUsageTable, capsys: pytest.CaptureFixture[str], place: Place, value: Any
) -> None:
    assert handler.invoke(body(), BY_URL)["statusCode"] == 200
    before = (list(harness.ssm.reads), list(harness.made), sizes(), list(counted.items))
    (plain,) = metric_lines(capsys.readouterr().out)
    assert handler.invoke(place(value), BY_URL)["statusCode"] == 200
    assert (harness.ssm.reads, harness.made, sizes(), list(counted.items)) == before
    (line,) = metric_lines(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"] == plain["_aws"]["CloudWatchMetrics"]
    assert {name: line[name] for name in ("Environment", "Route", "Requested", "Served")} == {
        name: plain[name] for name in ("Environment", "Route", "Requested", "Served")
    }
    assert MADE_UP not in json.dumps(line)
    assert "requestMetadata" not in harness.requests[0] or MADE_UP not in str(harness.requests[1]["requestMetadata"])
    assert [key.partition("#")[2] for key in counted.items] == [ROLE]


names = st.text(max_size=80) | st.from_regex(r"[a-z0-9/-]{1,70}", fullmatch=True)


@given(st.lists(names.filter(lambda name: name.strip() and name not in ("plain", "fast")), max_size=20))
def test_however_many_names_are_made_up_nothing_grows(made_up: list[str]) -> None:
    harness, offered = ClientHarness(), ServedRoutes(routes=(ServedRoute(name="plain"), ServedRoute(name="fast")))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(served_routes, "read", lambda: offered)
        patched.setattr(handler, "_session", lambda: harness)
        handler._offer.cache_clear()
        handler._route.cache_clear()
        for name in made_up:
            with pytest.raises(DistilleryError):
                handler.invoke({"route": name, "prompt": "x"}, DIRECT)
        assert (harness.ssm.reads, harness.made, handler._route.cache_info().currsize) == ([], [], 0)


def test_a_sandbox_makes_a_client_for_each_region_and_no_more(harness: ClientHarness) -> None:
    clients = Clients(harness)
    for region in ("us-east-2", "us-west-2", "us-east-2"):
        clients.runtime(region)
    assert len(clients._clients) == 2
