"""No evaluation reaches Step Functions' limits: 25,000 events of a history, and 262,144 bytes of a state.

The definition is the synthesized one. Held-out prompts are at most as many as curation accepts.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distillery.core.recipe import MOST_TO_CHOOSE_FROM
from distillery.core.serialization import to_wire
from distillery.evaluation.chunks import chunks
from distillery.evaluation.pace import FUTILE_ROUNDS, PROMPTS_PER_CHUNK, Pace
from lambdas.evaluation.judge_jobs import MOST_ROUNDS
from tests.fakes.pipeline import dataset, recipe, student
from tests.unit.stages.execution_history import (
    OF_STATE,
    events_of_item,
    events_of_map,
    selected,
    size,
)
from tests.unit.stages.test_state_machine import STATES

EVENTS, BYTES = 25_000, 262_144
OTHERS = 2_000
"""Events that the other states of a run have, an endpoint that takes an hour twice among them."""
CONTESTANTS = 7
LONGEST_TEXT = 16_384
CHUNKS = STATES["For each chunk"]
Json = dict[str, Any]


def state(heldout: int, pace: Pace) -> Json:
    """The state of a run before its chunks are answered; long texts where it may have some."""
    run = {"id": "support-k3x9a-p0q2m7ab-1", "recipe": to_wire(recipe()), "dataset": to_wire(dataset()), "attempt": 1}
    every = chunks(dataset(heldout=heldout))
    planned = [to_wire(replace(each, pause=pace.first_pause(each.index))) for each in every]
    more = {"reason": "x" * LONGEST_TEXT, "error": "x" * LONGEST_TEXT}
    return {"action": "evaluate", "run": run, "student": to_wire(student()), "chunks": planned, **more}


def paced(pace: Pace) -> Callable[[Json], Json]:
    """Answers as many prompts at a time as the pace permits, as `lambdas.evaluation.handler` does."""

    def work(before: Json) -> Json:
        todo = before["chunk"]["stop"] - before["chunk"]["start"]
        left = before["answered"].get("prompts", todo)
        burst = min(left, pace.burst or left)
        return {"left": left - burst, "prompts": left - burst, "pause": pace.pause(burst, 0), "rounds": 0}

    return work


def failing(before: Json) -> Json:
    """Receives an answer only just before it gives up, again and again."""
    rounds = before["answered"]["rounds"] + 1
    left = before["answered"].get("answers", PROMPTS_PER_CHUNK * CONTESTANTS) - (rounds > FUTILE_ROUNDS)
    return {"left": left, "answers": left, "pause": 30 if left else 0, "rounds": rounds % (FUTILE_ROUNDS + 1)}


def of_chunks(definition: Json, heldout: int, pace: Pace) -> tuple[int, int]:
    """The events of the run's history and of the longest other history, with chunks of two lengths."""
    before = state(heldout, pace)
    counted: dict[tuple[int, int], int] = {}
    every = []
    for chunk in before["chunks"]:
        key = (chunk["stop"] - chunk["start"], bool(chunk["pause"]))
        if key not in counted:
            counted[key], output = events_of_item(
                definition["ItemProcessor"], selected(definition, before, chunk), paced(pace)
            )
            assert output == {}
        every.append(counted[key])
    return events_of_map(definition, every)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, MOST_TO_CHOOSE_FROM), st.none() | st.floats(0.05, 10_000))
def test_no_number_of_prompts_and_no_pace_reaches_the_limits(heldout: int, rate: float | None) -> None:
    pace = Pace(rate)
    own, others = of_chunks(CHUNKS, heldout, pace)
    assert own + OTHERS < EVENTS
    assert others < EVENTS
    before = state(heldout, pace)
    assert size(before) < BYTES
    assert max(size(selected(CHUNKS, before, chunk)) for chunk in before["chunks"][:1]) < BYTES
    assert size([{}] * len(before["chunks"])) < BYTES


@pytest.mark.parametrize("rate", [4 / 2 / 2, 4 / 2, 100, None])
def test_the_most_prompts_fit_whatever_the_quota_is(rate: float | None) -> None:
    own, others = of_chunks(CHUNKS, MOST_TO_CHOOSE_FROM, Pace(rate))
    assert (own < 10, others < 250) == (True, True)


def inline(definition: Json) -> Json:
    """The same Map in the history of its execution."""
    changed = copy.deepcopy(definition)
    changed["ItemProcessor"]["ProcessorConfig"]["Mode"] = "INLINE"
    return changed


@pytest.mark.parametrize(("rate", "fits", "does_not"), [(2, 2_500, 2_700), (100, 22_000, 42_000)])
def test_an_inline_map_would_not_hold_what_uploads_may_hold(rate: float, fits: int, does_not: int) -> None:
    assert of_chunks(inline(CHUNKS), fits, Pace(rate))[0] < EVENTS
    assert of_chunks(inline(CHUNKS), does_not, Pace(rate))[0] > EVENTS
    assert does_not < MOST_TO_CHOOSE_FROM


def test_a_chunk_whose_requests_keep_failing_fits_its_own_history() -> None:
    before = state(PROMPTS_PER_CHUNK, Pace(None))
    item = selected(CHUNKS, before, before["chunks"][0])
    killed = 3  # retries of each invocation
    events, _ = events_of_item(CHUNKS["ItemProcessor"], item, failing, retries=killed)
    rounds = PROMPTS_PER_CHUNK * CONTESTANTS * (FUTILE_ROUNDS + 1)
    assert EVENTS > events > rounds * (OF_STATE["Task"] + OF_STATE["Choice"])


def test_judges_are_followed_within_the_history() -> None:
    """Follow, look and wait until the round is given up."""
    assert MOST_ROUNDS * (OF_STATE["Task"] + OF_STATE["Choice"] + OF_STATE["Wait"]) + OTHERS < EVENTS
