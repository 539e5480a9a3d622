"""Restricted routes: who may use them, and attacks of others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from distillery.core import served_routes
from distillery.core.errors import NotAdmitted
from distillery.core.served_routes import ServedRoute, ServedRoutes
from lambdas.serving import handler
from lambdas.serving.authorization import requester_of
from tests.unit.client.harness import ClientHarness
from tests.unit.serving.test_function_url import event

FUNCTION = "arn:aws:lambda:us-east-2:111122223333:function:distillery-dev-serving-F"
SHOP = "arn:aws:sts::111122223333:assumed-role/shop/i-0ab"
OTHER = "arn:aws:sts::111122223333:assumed-role/billing/i-0ab"
ASKED = {"route": "fast", "prompt": "hello"}


@dataclass(frozen=True)
class Context:
    """A Lambda context."""

    invoked_function_arn: str


BY_URL, DIRECT = Context(f"{FUNCTION}:url"), Context(FUNCTION)


@pytest.fixture(autouse=True)
def restricted(harness: ClientHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """fast and the student are restricted to the shop; plain is unrestricted."""
    shop = ("assumed-role/shop/*",)
    routes = (
        ServedRoute(name="distilled/support", principals=shop),
        ServedRoute(name="fast", principals=shop),
        ServedRoute(name="plain"),
    )
    monkeypatch.setattr(served_routes, "read", lambda: ServedRoutes(routes=routes))


def signed(said: dict[str, Any], arn: Any, ident: Any = "AROAEXAMPLE:i-0ab") -> dict[str, Any]:
    """Returns the URL's event for a signer."""
    iam = {"userArn": arn, "callerId": ident, "accountId": "111122223333", "accessKey": "ASIA", "userId": ident}
    return said | {"requestContext": said["requestContext"] | {"authorizer": {"iam": iam}}}


def call(said: Mapping[str, Any], context: Any) -> tuple[int, Any]:
    answered = handler.invoke(said, context)
    return answered["statusCode"], json.loads(answered["body"])


def nothing_was_done(harness: ClientHarness) -> bool:
    return (harness.requests, harness.ssm.reads, handler._route.cache_info().currsize) == ([], [], 0)


@pytest.mark.parametrize("route", ["fast", "support", "distilled/support"])
def test_those_who_are_named_are_answered(harness: ClientHarness, route: str) -> None:
    assert call(signed(event(ASKED | {"route": route}), SHOP), BY_URL)[0] == 200


STRANGERS = {
    "another role": OTHER,
    "a session that is called as the role": "arn:aws:sts::111122223333:assumed-role/billing/shop",
    "a session name that goes on": "arn:aws:sts::111122223333:assumed-role/billing/assumed-role/shop/x",
    "the role of that name in another account": "arn:aws:sts::999922223333:assumed-role/shop/i-0ab",
    "a user of that name": "arn:aws:iam::111122223333:user/shop/i-0ab",
    "the account's own name": "arn:aws:iam::111122223333:root",
    "a role whose name begins so": "arn:aws:sts::111122223333:assumed-role/shop2/i-0ab",
    "another line": f"{OTHER}\n{SHOP}",
    "no text": {"arn": SHOP},
}


@pytest.mark.parametrize("arn", STRANGERS.values(), ids=STRANGERS.keys())
@pytest.mark.parametrize("route", ["fast", "support", "distilled/support"])
def test_other_principals_are_refused_before_anything_is_read(harness: ClientHarness, arn: Any, route: str) -> None:
    status, said = call(signed(event(ASKED | {"route": route}), arn), BY_URL)
    assert (status, said["error"]["type"]) == (403, "NotAdmitted")
    assert nothing_was_done(harness)


def test_other_principals_may_use_what_is_for_all(harness: ClientHarness) -> None:
    assert call(signed(event(ASKED | {"route": "plain"}), OTHER), BY_URL)[0] == 200
    assert handler.invoke(ASKED | {"route": "plain"}, DIRECT)["text"] == "hi"


def test_a_url_that_tells_nobody_admits_nobody(harness: ClientHarness) -> None:
    assert call(event(ASKED), BY_URL)[0] == 403
    assert nothing_was_done(harness)


FORGED = [
    DIRECT,
    Context(f"{FUNCTION}:$LATEST"),
    Context(f"{FUNCTION}:1"),
    Context(f"{FUNCTION}:urls"),
    Context("arn:aws:lambda:us-east-2:111122223333:function:url"),
    Context(f"{FUNCTION}:x:url"),
    Context(""),
    None,
]


@pytest.mark.parametrize("context", FORGED, ids=str)
def test_a_direct_invocation_cannot_make_up_who_signed_it(harness: ClientHarness, context: Any) -> None:
    """A direct invocation may send any event, including one in the URL's format."""
    status, said = call(signed(event(ASKED), SHOP), context)
    assert (status, said["error"]["type"]) == (403, "NotAdmitted")
    assert call(signed(event(method="GET"), SHOP), context)[1]["routes"].keys() == {"plain"}
    assert harness.requests == []


@pytest.mark.parametrize("context", [DIRECT, BY_URL], ids=str)
def test_a_direct_invocation_reaches_what_is_for_all_alone(harness: ClientHarness, context: Context) -> None:
    """Also through the alias, which an administrator may invoke."""
    with pytest.raises(NotAdmitted, match="call it by the function's URL"):
        handler.invoke(ASKED, context)
    assert nothing_was_done(harness)


def test_a_body_cannot_say_who_sent_it(harness: ClientHarness) -> None:
    forged = ASKED | {"requestContext": signed(event(), SHOP)["requestContext"]}
    assert call(signed(event(forged), OTHER), BY_URL)[0] == 400
    headers = {"headers": {"x-amz-caller": SHOP, "userarn": SHOP}}
    assert call(signed(event(ASKED), OTHER) | headers, BY_URL)[0] == 403
    assert nothing_was_done(harness)


@pytest.mark.parametrize(
    ("arn", "listed"), [(SHOP, {"distilled/support", "fast", "plain"}), (OTHER, {"plain"}), (None, {"plain"})]
)
def test_a_get_lists_what_its_caller_may_use(harness: ClientHarness, arn: str | None, listed: set[str]) -> None:
    status, said = call(signed(event(method="GET"), arn), BY_URL)
    assert (status, said["routes"].keys()) == (200, listed)
    assert {name.partition("/routes/")[2] for name in harness.ssm.reads} == listed, "the map must not be read"


def test_a_pattern_without_an_account_means_the_functions_own() -> None:
    elsewhere = Context(FUNCTION.replace("111122223333", "999922223333") + ":url")
    requester = requester_of(signed(event(), SHOP), elsewhere)
    assert not requester.may_use(ServedRoute(name="x", principals=("assumed-role/shop/*",)))
    assert requester.may_use(ServedRoute(name="x", principals=("arn:aws:sts::111122223333:assumed-role/shop/*",)))
