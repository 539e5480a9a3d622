"""Every error of the library survives pickling and copying, with its attributes: process pools pickle errors."""

import copy
import functools
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

import distillery
from distillery.client import AllStepsFailed, Attempt, FunctionRefused, Reply, StreamBroken
from distillery.client.aws import UnreadableReply
from distillery.core.catalog.queries import UnknownModel
from distillery.core.errors import OverQuota
from distillery.datasets.validation.finding import ReadingStopped, Rule, Severity, UnreadableFile, UnreadableLine
from distillery.settings.finding import ConfigError, ConfigFinding
from tests.unit.client.harness import MESSAGES, ClientHarness, route_map

ATTEMPTS = (
    Attempt(index=0, region="us-east-2", identifier="m", error="ThrottlingException", message="slow", elapsed_ms=3.5),
    Attempt(index=1, region="us-west-2", identifier=None, error="NothingPromoted"),
)
RULE = Rule("P01", next(iter(Severity)), "what", "allowed", "fix")
SAMPLES: dict[type[Exception], Exception] = {
    AllStepsFailed: AllStepsFailed("fast", 60, ATTEMPTS),
    StreamBroken: StreamBroken("fast", "so far", ATTEMPTS),
    FunctionRefused: FunctionRefused("OverQuota", "too many"),
    UnreadableReply: UnreadableReply(reason="3 of 9 bytes arrived"),
    UnreadableLine: UnreadableLine(RULE, "it is no JSON"),
    UnreadableFile: UnreadableFile(RULE, "it is no text", line=7),
    ReadingStopped: ReadingStopped(RULE, "it is too long", line=7),
    UnknownModel: UnknownModel("amazon.nova-por-v1:0", ["amazon.nova-pro-v1:0"]),
    OverQuota: OverQuota("too many", 60),
    ConfigError: ConfigError("dev", [ConfigFinding(where="[x]", wrong="a", allowed="b", fix="c")]),
}
"""The errors that are made of more than one sentence."""
Travel = Callable[[Any], Any]


def errors() -> Iterator[type[Exception]]:
    """The errors that the modules of the library define."""
    for module in pkgutil.walk_packages(distillery.__path__, "distillery."):
        if module.name.endswith("__main__"):
            continue
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, Exception) and member.__module__ == module.name:
                yield member


def pickled(value: Any, version: int = pickle.DEFAULT_PROTOCOL) -> Any:
    return pickle.loads(pickle.dumps(value, version))  # noqa: S301 its own


WAYS: list[Travel] = [
    copy.copy,
    copy.deepcopy,
    *(functools.partial(pickled, version=version) for version in range(2, 6)),
]


@pytest.mark.parametrize("kind", list(errors()), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("travel", WAYS, ids=["copy", "deepcopy", *(f"pickle {version}" for version in range(2, 6))])
def test_an_error_arrives_as_it_left(kind: type[Exception], travel: Travel) -> None:
    error: Exception = SAMPLES.get(kind) or kind("what went wrong")
    error.add_note("request 7")
    arrived = travel(error)
    assert type(arrived) is kind
    assert (str(arrived), vars(arrived)) == (str(error), vars(error))


def test_an_error_of_the_library_says_more_than_its_sentence_only_in_attributes() -> None:
    """So that the test above sees everything: a new error with slots would need its own."""
    assert {kind for kind in errors() if "__slots__" in vars(kind)} == set()


def test_a_reply_arrives_as_it_left() -> None:
    reply = ClientHarness(route_map()).route().converse(messages=MESSAGES)
    arrived = pickled(reply)
    assert isinstance(arrived, Reply)
    assert arrived == reply


@pytest.mark.slow
def test_a_process_pool_returns_the_error() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(AllStepsFailed, match="within 60 s") as lost,
    ):
        pool.submit(_fail).result(timeout=60)
    assert (lost.value.attempts, lost.value.seconds) == (ATTEMPTS, 60)


def _fail() -> None:
    raise SAMPLES[AllStepsFailed]
