"""The pace: half of the account's quotas, whatever they are, and pauses that the state machine waits for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.evaluation.pace import CHUNKS_AT_A_TIME, Pace
from tests.fakes.pipeline import provisioned
from tests.unit.evaluation.harness import BASE, STUDENT, TEACHER, Harness
from tests.unit.evaluation.test_contestants import promote

NOVA_PRO = "On-demand model inference {} per minute for Amazon Nova Pro"
NOVA_MICRO = "On-demand model inference {} per minute for Amazon Nova Micro"
DEPLOYED = "(Model customization) Sum of on-demand custom model deployment {} per minute for Amazon Nova Micro"


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def test_four_requests_a_minute_make_two(harness: Harness) -> None:
    harness.open(heldout=25)
    harness.quotas.quotas = {DEPLOYED.format("requests"): 4, NOVA_PRO.format("requests"): 200}
    first, second = harness.step("plan")
    assert (first["pause"], second["pause"]) == (0, 30)
    assert set(harness.answer(first)) == {120}  # each of four chunks asks a prompt in two minutes
    assert len(harness.runtime.requests) == 60


def test_models_that_share_a_quota_share_the_pace(harness: Harness) -> None:
    promote(harness, [])
    harness.open(heldout=25)
    harness.quotas.quotas = {DEPLOYED.format("requests"): 4}
    assert [chunk["pause"] for chunk in harness.step("plan")] == [0, 60]  # the student and the live model: 1 prompt


def test_tokens_are_counted_with_the_longest_answer(harness: Harness) -> None:
    run = harness.open(heldout=25)
    tokens = Prompt(system="label it", messages=(("user", "message 10"),), reference=None).tokens + 64
    harness.quotas.quotas = {NOVA_MICRO.format("tokens"): 4 * tokens}
    assert [chunk["pause"] for chunk in harness.step("plan")] == [0, 30]
    plan = harness.store.objects[f"s3://data/evaluations/{run.id}/contestants.json"].decode()
    assert NOVA_MICRO.format("tokens") in plan


UNLIMITED = [{}, {DEPLOYED.format("requests"): 0}, {NOVA_PRO.format("requests"): 10**6}, {"Another quota": 1}]


@pytest.mark.parametrize("quotas", UNLIMITED)
def test_a_quota_that_is_large_or_unknown_makes_no_pause(harness: Harness, quotas: dict[str, float]) -> None:
    harness.open(heldout=5)
    harness.quotas.quotas = quotas
    (chunk,) = harness.step("plan")
    assert harness.answer(chunk) in ([], [1])


def test_an_account_that_tells_no_quotas_is_asked_without_pauses(harness: Harness) -> None:
    harness.open(heldout=5)
    harness.quotas.denied = True
    assert harness.answer(harness.step("plan")[0]) == []


def test_provisioned_throughput_has_no_quota_of_requests(harness: Harness) -> None:
    harness.open(heldout=5, of=provisioned())
    harness.quotas.quotas = {DEPLOYED.format("requests"): 1}
    assert harness.answer(harness.step("plan")[0]) == []


@given(st.floats(min_value=0.05, max_value=10_000), st.integers(min_value=1, max_value=200))
def test_no_minute_has_more_prompts_than_the_pace(rate: float, rounds: int) -> None:
    """But for one burst, which the other half of the quota covers. Requests that take no time are the worst case."""
    pace = Pace(rate)
    burst = pace.burst
    assert burst is not None
    every = pace.pause(burst, 0)
    if not every:  # a chunk takes longer than its pause
        assert rate * 2 / 60 > CHUNKS_AT_A_TIME * burst / 2
        return
    starts = [
        pace.first_pause(chunk) + number * every
        for chunk in range(CHUNKS_AT_A_TIME)
        for number in range(min(rounds, 20))
    ]
    for begin in starts:
        within = sum(burst for start in starts if begin <= start < begin + 60)
        assert within <= math.ceil(rate) + burst <= max(2, 2 * math.ceil(rate)), (rate, begin)
    assert CHUNKS_AT_A_TIME * burst / every <= rate / 60 * (1 + 1e-9)


def test_the_time_that_a_burst_took_is_part_of_the_pause() -> None:
    assert [Pace(40).pause(10, elapsed) for elapsed in (0, 20.5, 58, 59, 80)] == [60, 40, 2, 0, 0]


def test_everybody_is_asked_at_any_pace(harness: Harness) -> None:
    harness.open(heldout=3)
    harness.quotas.quotas = {NOVA_PRO.format("requests"): 2}
    harness.judged()
    models = [request["modelId"] for request in harness.runtime.requests]
    assert sorted(models) == sorted([TEACHER, BASE, STUDENT] * 3)
