"""Where a route's map comes from, how long it is cached, and what happens when SSM does not answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from distillery.client import AllStepsFailed, MapUnavailable, NoSuchRoute, Step, published
from distillery.client.aws import ParameterNotFound
from distillery.client.cached_value import CACHE_SECONDS, RETRY_SECONDS, CachedValue, ReadInProgress
from tests.fakes.errors import service_error
from tests.unit.client.harness import ALIAS, ENDPOINT, MESSAGES, STANDARD, STUDENT, ClientHarness, route_map

PATH = "/distillery/dev/routes/"


def test_a_map_is_read_once_a_minute() -> None:
    harness = ClientHarness(route_map())
    route = harness.route()
    for at in (0, 30, CACHE_SECONDS - 1, CACHE_SECONDS, CACHE_SECONDS + 1):
        harness.at = 1000 + at
        assert route.map == route_map()
    assert harness.ssm.reads == [PATH + "fast"] * 2


def test_a_promotion_reaches_callers_within_a_minute() -> None:
    harness = ClientHarness(route_map(STUDENT))
    harness.promote("model-a")
    route = harness.route()
    models = []
    for at in (0, 59, 60):
        harness.at = 1000 + at
        models.append(route.converse(messages=MESSAGES).model)
        harness.promote("model-b")
    assert models == ["model-a", "model-a", "model-b"]


def test_if_ssm_fails_the_cached_map_is_used_and_ssm_is_not_called_again_at_once() -> None:
    harness = ClientHarness(route_map())
    route = harness.route()
    assert route.map
    harness.ssm.errors[PATH + "fast"] = service_error("InternalServerError")
    for at in (61, 62, 61 + RETRY_SECONDS):
        harness.at = 1000 + at
        assert route.map == route_map()
    assert len(harness.ssm.reads) == 3
    del harness.ssm.errors[PATH + "fast"]
    harness.publish(route_map(STANDARD))
    harness.at += RETRY_SECONDS
    assert route.map == route_map(STANDARD)


@pytest.mark.parametrize("text", ["{}", '{"version": 2, "steps": []}'])
def test_a_map_that_cannot_be_understood_does_not_take_the_place_of_one_that_can(text: str) -> None:
    harness = ClientHarness(route_map())
    route = harness.route()
    assert route.map
    harness.ssm.parameters[PATH + "fast"] = text
    harness.at += 61
    assert route.map == route_map()
    with pytest.raises(MapUnavailable, match="cannot be read"):
        assert harness.route().map


def test_without_an_earlier_map_ssms_error_is_the_callers() -> None:
    harness = ClientHarness(route_map())
    harness.ssm.errors[PATH + "fast"] = service_error("AccessDeniedException")
    with pytest.raises(MapUnavailable, match="AccessDeniedException"):
        harness.route().converse(messages=MESSAGES)


def test_a_route_that_was_taken_away_is_gone() -> None:
    harness = ClientHarness(route_map())
    route = harness.route()
    assert route.map
    harness.ssm.parameters.clear()
    harness.at += 61
    with pytest.raises(NoSuchRoute, match="no route 'fast' in environment dev"):
        route.converse(messages=MESSAGES)


@pytest.mark.parametrize("first", [None, "AccessDeniedException"])
def test_a_recipes_name_means_its_student(first: str | None) -> None:
    """Also for a principal that may read only that student's map."""
    harness = ClientHarness(route_map(STUDENT, route="distilled/support"))
    harness.promote()
    if first:
        harness.ssm.errors[PATH + "support"] = service_error(first)
    reply = harness.route("support").converse(messages=MESSAGES)
    assert (reply.identifier, harness.observed[0].route) == (ENDPOINT, "distilled/support")
    assert harness.ssm.reads == [PATH + "support", PATH + "distilled/support"]


def test_a_route_comes_before_a_recipe_of_the_same_name() -> None:
    harness = ClientHarness(route_map(STUDENT, route="distilled/support"))
    harness.publish(route_map(STANDARD, route="support"))
    assert harness.route("support").map.steps == (STANDARD,)


@pytest.mark.parametrize("name", ["slow", "distilled/slow"])
def test_a_name_that_is_no_route_is_refused(name: str) -> None:
    with pytest.raises(NoSuchRoute, match=f"no route '{name}' in environment dev in us-east-2"):
        ClientHarness(route_map()).route(name).converse(messages=MESSAGES)


def test_an_alias_that_cannot_be_read_is_a_step_that_fails() -> None:
    harness = ClientHarness(route_map(STUDENT, STANDARD))
    harness.homes["us-east-1"].errors[ALIAS] = service_error("InternalServerError")
    reply = harness.route().converse(messages=MESSAGES)
    assert (reply.index, reply.attempts[0].error) == (1, "InternalServerError")


def test_one_thread_reads_and_the_others_go_on_with_what_was_kept() -> None:
    at, reading, go, reads = [0.0], threading.Event(), threading.Event(), []

    def read() -> int:
        reads.append(1)
        if len(reads) > 1:
            reading.set()
            assert go.wait(10)
        return len(reads)

    kept = CachedValue(read, now=lambda: at[0])
    with ThreadPoolExecutor(9) as threads:
        assert set(threads.map(lambda _: kept.value(), range(9))) == {1}
        at[0] = CACHE_SECONDS
        slow = threads.submit(kept.value)
        assert reading.wait(10)
        assert [kept.value() for _ in range(5)] == [1] * 5
        go.set()
        assert slow.result() == 2
    assert (kept.value(), len(reads)) == (2, 2)


def test_what_does_not_exist_is_looked_for_again_soon_not_always() -> None:
    at, reads = [0.0], []

    def read() -> int:
        reads.append(1)
        raise ParameterNotFound("x")

    kept = CachedValue(read, now=lambda: at[0])
    for moment in (0, 1, RETRY_SECONDS):
        at[0] = moment
        with pytest.raises(ParameterNotFound):
            kept.value()
    assert len(reads) == 2


def test_what_could_not_be_read_is_read_again_soon_not_by_every_request() -> None:
    harness = ClientHarness(route_map())
    harness.ssm.errors[PATH + "fast"] = service_error("InternalServerError")
    route = harness.route()
    for at in (0, 1, RETRY_SECONDS - 1):
        harness.at = 1000 + at
        with pytest.raises(MapUnavailable, match="InternalServerError"):
            route.converse(messages=MESSAGES)
    assert len(harness.ssm.reads) == 1
    harness.ssm.errors.clear()
    harness.at = 1000 + RETRY_SECONDS
    assert route.converse(messages=MESSAGES).text == "hi"


def test_nobody_waits_for_another_threads_read_longer_than_its_own_deadline() -> None:
    harness, reading, go = ClientHarness(route_map()), threading.Event(), threading.Event()
    answer = harness.ssm.get_parameter

    def dead(**said: str) -> object:
        reading.set()
        assert go.wait(10)
        return answer(**said)

    harness.ssm.get_parameter = dead  # type: ignore[method-assign, assignment]  # an SSM that answers when it is told to
    route = harness.route(deadline=0.05)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(lambda: route.map)
        assert reading.wait(10)
        with pytest.raises(MapUnavailable, match="another thread is still reading it"):
            route.converse(messages=MESSAGES)
        go.set()
        assert first.result() == route_map()


def test_past_the_deadline_nothing_more_is_read() -> None:
    """Three students whose aliases SSM does not return, four seconds each."""
    aliases = [f"/distillery/dev/alias/{name}" for name in "abc"]
    harness = ClientHarness(route_map(*(Step(model="m", region="us-east-1", alias=alias) for alias in aliases)))
    home = harness.homes["us-east-1"]

    def slow(**said: str) -> object:
        harness.at += 4
        home.reads.append(said["Name"])
        raise service_error("InternalServerError")

    home.get_parameter = slow  # type: ignore[method-assign, assignment]  # an SSM that takes its time
    with pytest.raises(AllStepsFailed, match="InternalServerError"):
        harness.route(deadline=7).converse(messages=MESSAGES)
    assert home.reads == aliases[:2]


@pytest.mark.parametrize("trouble", ["ThrottlingException", "InternalServerError"])
def test_a_recipes_map_is_kept_where_ssm_is_in_trouble(trouble: str) -> None:
    harness = ClientHarness(route_map(STUDENT, route="distilled/support"))
    route = harness.route("support")
    before = route.map
    harness.ssm.errors[PATH + "distilled/support"] = service_error(trouble)
    harness.at += 61
    assert route.map == before
    with pytest.raises(MapUnavailable, match=trouble):
        assert harness.route("support").map


@pytest.mark.parametrize("second", [None, "AccessDeniedException"])
def test_a_recipes_map_that_is_gone_is_gone(second: str | None) -> None:
    harness = ClientHarness(route_map(STUDENT, route="distilled/support"))
    route = harness.route("support")
    assert route.map
    harness.ssm.parameters.clear()
    if second:
        harness.ssm.errors[PATH + "distilled/support"] = service_error(second)
    harness.at += 61
    with pytest.raises(NoSuchRoute):
        assert route.map


@pytest.mark.parametrize(
    "name", ["fast:1", "fast:label", "Fast", "../serving", "/fast", "fast/", "fast\n", "", "f\ud800"]
)
def test_what_is_no_name_of_a_route_is_not_looked_for(name: str) -> None:
    harness = ClientHarness(route_map())
    harness.ssm.parameters[PATH + name] = harness.ssm.parameters[PATH + "fast"]
    with pytest.raises(NoSuchRoute):
        assert harness.route(name).map
    assert harness.ssm.reads == []


def test_all_routes_are_one_document() -> None:
    harness = ClientHarness(route_map())
    harness.publish(route_map(STUDENT, route="distilled/support"))
    harness.ssm.parameters["/distillery/dev/serving"] = '{"function": "f", "routes": ["fast", "distilled/support"]}'
    document = published("dev", session=harness)
    assert (document["environment"], document["region"]) == ("dev", "us-east-2")
    assert list(document["routes"]) == ["distilled/support", "fast"]
    assert document["routes"]["fast"] == route_map().document()
    with pytest.raises(MapUnavailable, match="routes of 'prod' cannot be read in us-east-2"):
        published("prod", session=harness)


def test_a_read_that_takes_longer_than_the_deadline_goes_on_for_the_next_request() -> None:
    """Whoever has less than a read may take does not wait for it."""
    answered, released = threading.Event(), threading.Event()

    def read() -> str:
        released.wait(30)
        answered.set()
        return "map"

    value = CachedValue(read, now=lambda: 0.0)
    for _ in range(2):  # the second one finds the first one's read
        with pytest.raises(ReadInProgress):
            value.value(0.01)
    assert not answered.is_set()
    released.set()
    assert value.value(30) == "map"
