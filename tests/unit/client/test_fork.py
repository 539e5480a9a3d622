"""A forked worker begins without its parent's connections and locks."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from distillery.client import clients
from distillery.client.clients import Clients
from tests.unit.client.harness import MESSAGES, PRO, THROTTLED, ClientHarness, answer, route_map

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def in_child(check: Callable[[], bool]) -> bool:
    """Returns what `check` returns in a forked process, False if it raises or does not end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            threading.Timer(20, lambda: os._exit(2)).start()
            code = 0 if check() else 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def test_a_child_makes_clients_of_its_own() -> None:
    harness = ClientHarness(route_map())
    route, shared = harness.route(), Clients(harness)
    assert route.converse(messages=MESSAGES).text == "hi"
    before = shared.runtime("us-east-2")

    def own() -> bool:
        harness.made.clear()
        same = shared.runtime("us-east-2") is before
        return not same and route.converse(messages=MESSAGES).text == "hi" and len(harness.made) == 2

    assert in_child(own)
    assert shared.runtime("us-east-2") is before  # the parent keeps its own


def test_a_child_has_a_session_of_its_own_unless_one_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = ClientHarness()
    made: list[int] = []

    def new_session() -> ClientHarness:
        made.append(1)
        return harness

    monkeypatch.setattr(clients, "new_session", new_session)
    own, given = Clients(), Clients(harness)
    assert (own.region, given.region, len(made)) == ("us-east-2", "us-east-2", 1)
    assert in_child(lambda: (own.region, given.region, len(made)) == ("us-east-2", "us-east-2", 2))


def test_a_lock_that_another_thread_held_does_not_stop_the_child() -> None:
    """A read of the map, the making of a client, and a failure that is recorded, each at the moment of the fork."""
    harness = ClientHarness(route_map())
    harness.script[PRO] = [THROTTLED, answer()]
    route = harness.route()
    assert route.converse(messages=MESSAGES).text == "hi"
    locks = [
        route._lock,
        route._clients._lock,
        route._store._lock,
        route._store._map._lock,
        *(breaker._lock for breaker in route._breakers.values()),
    ]
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        for lock in locks:
            lock.acquire()
        held.set()
        over.wait(60)
        for lock in locks:
            lock.release()

    def works() -> bool:
        harness.at += 61
        harness.script[PRO] = [THROTTLED, answer()]
        return route.converse(messages=MESSAGES).text == "hi"

    with ThreadPoolExecutor(1) as threads:
        threads.submit(hold)
        assert held.wait(10)
        try:
            assert in_child(works)
        finally:
            over.set()
    assert route.converse(messages=MESSAGES).text == "hi"


def test_a_child_of_a_process_without_routes_starts() -> None:
    assert in_child(lambda: True)
