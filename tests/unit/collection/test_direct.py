"""Logs that a job reads directly: counted first by the service's rules, with held-out prompts that the job
never sees.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from distillery.core.conversation import Prompt, parse
from distillery.core.errors import BadRequest, UnusableLogs
from distillery.core.holdout import Side, of_side, side_of
from distillery.core.logs import DirectLogs, LogReadMode, LogSource
from distillery.core.names import METADATA_SIDE
from distillery.core.serialization import from_wire
from lambdas.collection.events import CollectionStatus, CollectRequest
from lambdas.collection.reasons import Reason
from lambdas.collection.requests import prompt_of
from tests.unit.collection.fakes import Stage
from tests.unit.collection.records import BUCKET, PREFIX, PRO, ROUTE, URI, Json, converse, packed, record, reply
from tests.unit.collection.test_collector import RECIPE

ASK = CollectRequest(recipe="support")
TRAIN, HELDOUT = ({**ROUTE, METADATA_SIDE: side.value} for side in (Side.TRAIN, Side.HELDOUT))


def call(text: str, metadata: Json, **more: Any) -> Json:
    return record(converse(text), reply("x"), metadata=metadata, **more)


def sided(text: str, side: Side) -> bool:
    """Whether the invoke function would assign this side."""
    return side_of(Prompt(system="Classify.", messages=(("user", text),), reference=None)) is side


ASIDE = [text for number in range(1000) if sided(text := f"Other question {number}", Side.HELDOUT)]
LEARN = [call(f"Question {number}", TRAIN) for number in range(110)]
JUDGE = [call(text, HELDOUT) for text in ASIDE[:30]]


def stage(*calls: Json, **source: Any) -> Stage:
    recipe = replace(RECIPE, heldout_max=20, logs=LogSource(match=ROUTE, how=LogReadMode.DIRECT, **source))
    made = Stage(recipe)
    made.s3.objects[BUCKET, f"{PREFIX}2026/11/01/09/a.json.gz"] = packed(*calls)  # more than two days ago
    return made


def delivered(made: Stage) -> DirectLogs:
    ((key, body),) = made.home.objects.items()
    assert key[1].startswith("collected/support/")
    assert key[1].endswith("/logs.json")
    return from_wire(DirectLogs, json.loads(body))


def test_a_job_is_told_where_the_logs_are_and_which_calls_are_its_own() -> None:
    made = stage(*LEARN, *JUDGE, *LEARN[:5])
    answer = made.collector.collect(ASK)
    direct = delivered(made)
    assert (answer.status, answer.calls, answer.prompts) == (CollectionStatus.COLLECTED, 115, 115)
    assert (direct.logs.uri, direct.logs.match, direct.logs.use_responses) == (URI, TRAIN, False)
    assert (direct.calls, direct.different) == (115, 110)
    assert direct.tokens > 0
    held = {parse(line).messages[0][1] for line in direct.heldout}
    assert len(held) == 20
    assert all(text.startswith("Other question") for text in held)


def test_what_the_job_may_see_is_never_held_out() -> None:
    seen = call(ASIDE[16], TRAIN)
    made = stage(*LEARN, seen, *JUDGE[:15], call(ASIDE[16].upper(), HELDOUT))
    made.collector.collect(ASK)
    assert {parse(line).messages[0][1] for line in delivered(made).heldout} == set(ASIDE[:15])


def test_a_call_with_a_forged_side_is_not_held_out() -> None:
    mine = [text for number in range(100) if sided(text := f"My question {number}", Side.TRAIN)]
    made = stage(*LEARN, *JUDGE[:15], *(call(text, HELDOUT) for text in mine))
    made.collector.collect(ASK)
    assert {parse(line).messages[0][1] for line in delivered(made).heldout} == set(ASIDE[:15])


def test_prompts_that_differ_in_case_alone_are_held_out_once() -> None:
    made = stage(*LEARN, *JUDGE[:15], *(call(text.upper(), HELDOUT) for text in ASIDE[:15]))
    made.collector.collect(ASK)
    assert len({parse(line).folded_digest for line in delivered(made).heldout}) == 15
    assert len(delivered(made).heldout) == 15


APPLICATION = "arn:aws:bedrock:us-east-1:111111111111:application-inference-profile/x"


@pytest.mark.parametrize(
    ("calls", "source", "why"),
    [
        (LEARN[:99] + JUDGE, {}, r"contain 99 prompts .* in 99 calls .* takes 100 to 15000"),
        (LEARN, {}, "0 held-out prompts of recipe 'support' .* and 10 are needed"),
        (LEARN + JUDGE[:10], {}, "10 held-out prompts .* and 11 are needed"),
        (
            [*LEARN[:60], *(call(f"Q{n}", TRAIN, model="amazon.nova-micro-v1:0") for n in range(60)), *JUDGE],
            {"use_responses": True},
            "60 pairs of the teacher",
        ),
        (
            [*(call(f"Q{n}", TRAIN, model=APPLICATION) for n in range(120)), *JUDGE],
            {"use_responses": True},
            "0 pairs of the teacher",
        ),
    ],
)
def test_logs_that_a_job_would_refuse_are_not_sent(calls: list[Json], source: dict[str, Any], why: str) -> None:
    made = stage(*calls, **source)
    with pytest.raises(UnusableLogs, match=why):
        made.collector.collect(ASK)
    assert made.home.objects == {}


def test_more_calls_than_a_job_takes_are_not_sent() -> None:
    with pytest.raises(UnusableLogs, match="15001 calls"):
        stage(*(LEARN * 137)[:15_001], *JUDGE).collector.collect(ASK)


def test_responses_are_the_teachers_by_each_of_its_own_names() -> None:
    calls = [call(f"Q{n}", TRAIN, model=f"us.{PRO}") for n in range(100)]
    made = stage(*calls, *JUDGE, use_responses=True)
    made.collector.collect(ASK)
    direct = delivered(made)
    assert (direct.logs.use_responses, direct.calls) == (True, 100)
    assert parse(direct.heldout[0]).reference == "x"


def test_a_job_reads_all_logs_there_are_so_no_day_can_be_said() -> None:
    with pytest.raises(BadRequest, match="since has no effect"):
        stage(*LEARN, *JUDGE).collector.collect(CollectRequest(recipe="support", since="2026-11-20"))


def test_a_side_is_one_pair_more() -> None:
    source = LogSource(match=ROUTE)
    assert of_side(source, Side.TRAIN).matches({**TRAIN, "more": "x"})
    assert not of_side(source, Side.TRAIN).matches(ROUTE)
    assert not of_side(source, Side.TRAIN).matches(HELDOUT)


def dialogue(text: str, metadata: Json) -> Json:
    turns = [("user", text), ("assistant", "Which card?"), ("user", "The red one")]
    body = {"messages": [{"role": role, "content": [{"text": said}]} for role, said in turns]}
    return record(body, reply("x"), metadata=metadata)


def test_dialogues_are_not_counted_though_the_student_learns_from_them() -> None:
    """ "Multi-turn prompts are not supported for invocation logs" (AWS's validation of logs)."""
    made = stage(*LEARN, *JUDGE, *(dialogue(f"Dialogue {n}", TRAIN) for n in range(7)))
    answer = made.collector.collect(ASK)
    assert (answer.calls, answer.prompts) == (117, 110)
    assert answer.left_out == {Reason.SEVERAL_TURNS_DIRECT: 7}
    with pytest.raises(UnusableLogs, match="99 prompts"):
        stage(*LEARN[:99], *(dialogue(f"Dialogue {n}", TRAIN) for n in range(7)), *JUDGE).collector.collect(ASK)


def test_dialogues_are_not_held_out() -> None:
    aside = [
        n
        for n in range(60)
        if side_of(prompt_of(dialogue(f"Dialogue {n}", HELDOUT)["input"]["inputBodyJson"])) is Side.HELDOUT
    ]
    made = stage(*LEARN, *JUDGE[:15], *(dialogue(f"Dialogue {n}", HELDOUT) for n in aside))
    made.collector.collect(ASK)
    assert {parse(line).turns for line in delivered(made).heldout} == {1}


LLAMA = (
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>{}<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
)


def test_prompts_in_a_models_own_template_are_counted() -> None:
    """AWS's own example of a log for distillation has one."""
    answered = {"generation": "\n\nx", "prompt_token_count": 9, "stop_reason": "stop"}
    calls = [
        record(
            {"prompt": LLAMA.format(f"Question {n}"), "top_p": 0.9}, answered, metadata=TRAIN, operation="InvokeModel"
        )
        for n in range(100)
    ]
    for use_responses in (True, False):
        made = stage(*calls, *JUDGE, use_responses=use_responses)
        made.collector.collect(ASK)
        assert (delivered(made).calls, delivered(made).different) == (100, 100)


def test_a_held_out_prompt_is_one_that_the_student_can_be_asked() -> None:
    unknown = [record({"prompt": f"[INST] {n} [/INST]"}, reply("x"), metadata=HELDOUT) for n in range(200)]
    made = stage(*LEARN, *JUDGE[:15], *unknown)
    made.collector.collect(ASK)
    assert len(delivered(made).heldout) == 15
