"""Who is asked: the recipe's contenders and the live model too, each as it is called, and by what settings."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from distillery.core.conversation import Prompt
from distillery.core.errors import SystemPromptLost
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire
from distillery.core.system_prompt import SystemPrompt, SystemPromptUse
from distillery.datasets import split
from lambdas.evaluation import live
from lambdas.evaluation.live import seen
from lambdas.evaluation.plan import EvaluationPlan, answer_key
from tests.fakes.errors import service_error
from tests.fakes.pipeline import MODEL, alias, distilled, open_run, recipe, student
from tests.unit.evaluation.harness import BASE, HAIKU, STUDENT, TEACHER, WIDE, Harness

LIVE = alias().endpoint.arn
PARAMETER = "/distillery/dev/alias/support"


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def promote(harness: Harness, trained: list[str] | None, **changed: Any) -> None:
    """Makes a model live that was trained on these lines; None if they have expired."""
    before = open_run(harness.ledger, recipe(name="support"), digest="bb")
    distilled(harness.ledger, before, "b")
    harness.ledger.close(before.id, Outcome.PROMOTED)
    live = replace(alias(), run=before.id, **changed)
    harness.ssm.parameters[PARAMETER] = json.dumps(to_wire(live))
    harness.runtime.answers[LIVE] = "label.1"
    if trained is not None:
        harness.store.objects[before.dataset.uri] = "".join(trained).encode()


def report(harness: Harness) -> Any:
    """The report, with the contestants by role."""
    told = json.loads(harness.store.objects[harness.judged().report_uri])
    return told | {"contestants": {row["role"]: row for row in told["contestants"]}}


def asked(harness: Harness) -> dict[str, int]:
    models = [request["modelId"] for request in harness.runtime.requests]
    return {model: models.count(model) for model in models}


def test_a_contender_is_asked_through_its_profile_with_settings_that_it_accepts(harness: Harness) -> None:
    harness.open(heldout=3, of=recipe(contenders=(HAIKU,)))
    told = report(harness)
    assert asked(harness) == {TEACHER: 3, BASE: 3, STUDENT: 3, f"us.{HAIKU}": 3}
    settings = {request["modelId"]: request["inferenceConfig"] for request in harness.runtime.requests}
    assert settings[f"us.{HAIKU}"] == {"maxTokens": 64 + 2000}
    assert settings[TEACHER] == {"maxTokens": 64, "temperature": 0.0}
    assert told["contestants"][f"contender/{HAIKU}"]["value"] == 1.0
    assert told["prices"][f"contender/{HAIKU}"]["usd_per_million_output"] == "0.55"


def test_the_live_model_is_asked_at_its_endpoint_but_not_what_it_was_trained_on(harness: Harness) -> None:
    promote(harness, [harness.line(3, "x"), harness.line(7, None).replace("message 7", "MESSAGE   7")])
    harness.open(heldout=10)
    told = report(harness)
    assert asked(harness) == {TEACHER: 10, BASE: 10, STUDENT: 10, LIVE: 8}
    row = told["contestants"]["live"]
    assert (row["asked"], row["left_out"], row["value"]) == (8, 2, 1 / 8)
    assert set(told["prompts"][3]["answers"]) == {"teacher", "base", "student"}
    assert row["model"] == MODEL + "b" * 12


@pytest.mark.parametrize("trained", [None, []])
def test_a_live_model_of_unknown_training_is_asked_everything_and_the_report_says_so(
    harness: Harness, trained: list[str] | None
) -> None:
    promote(harness, trained)
    harness.open(heldout=2)
    told = report(harness)
    assert asked(harness)[LIVE] == 2
    assert ("no longer exists" in told["contestants"]["live"]["price"]["note"]) == (trained is None)


def test_a_live_model_whose_run_the_ledger_does_not_have_is_still_asked(harness: Harness) -> None:
    harness.ssm.parameters[PARAMETER] = json.dumps(to_wire(alias()))
    harness.runtime.answers[LIVE] = "label.1"
    harness.open(heldout=2)
    assert "there is no run" in report(harness)["contestants"]["live"]["price"]["note"]


def test_a_student_that_is_live_already_is_not_compared_with_itself(harness: Harness) -> None:
    promote(harness, [], current=student().model_arn)
    harness.open(heldout=2)
    assert "live" not in report(harness)["contestants"]
    assert LIVE not in asked(harness)


def test_a_promotion_in_between_changes_nobody(harness: Harness) -> None:
    harness.open(heldout=2)
    (chunk,) = harness.step("plan")
    harness.ssm.parameters[PARAMETER] = json.dumps(to_wire(alias()))
    assert harness.step("plan") == [chunk]
    harness.answer(chunk)
    assert set(asked(harness)) == {TEACHER, BASE, STUDENT}


def test_an_answer_is_kept_when_the_same_student_gets_another_candidate(harness: Harness) -> None:
    run = harness.open(heldout=4)
    (chunk,) = harness.step("plan")
    harness.answer(chunk)
    harness.state = {**harness.state, "candidate": {**harness.state["candidate"], "arn": f"{STUDENT}b"}}
    del harness.store.objects[f"s3://data/evaluations/{run.id}/part-0000.jsonl"]
    harness.answer(harness.step("plan")[0])
    assert sum(asked(harness).values()) == 12


def test_every_run_asks_in_an_order_of_its_own_that_never_changes(harness: Harness) -> None:
    run = harness.open(heldout=20)
    harness.step("plan")
    stored = EvaluationPlan.read(harness.store, f"s3://data/evaluations/{run.id}/contestants.json")
    assert stored is not None
    order = [(index, one.role) for index, one in stored.calls(0, 20)]
    assert order == [(index, one.role) for index, one in stored.calls(0, 20)]
    assert sorted(order) != order
    assert len(set(order)) == 60
    assert order != [(index, one.role) for index, one in replace(stored, seed="other").calls(0, 20)]
    first = {order[at][1] for at in range(0, 60, 3)}
    assert first == {"teacher", "base", "student"}, "one model is always asked first"


SYSTEM = "answer"
FAMILIES = [
    ([("user", "where is it")], [("user", "WHERE  is it")], True),
    ([("user", "where is it")], [("user", "where is she")], False),
    (
        [("user", "my parcel has been late since May"), ("assistant", "sorry"), ("user", "so?")],
        [("user", "my parcel has been late since May")],
        True,
    ),
]


@pytest.mark.parametrize(("held", "trained", "is_seen"), FAMILIES)
def test_a_prompt_is_seen_if_one_of_its_family_was_trained_on(
    held: list[tuple[str, str]], trained: list[tuple[str, str]], is_seen: bool
) -> None:
    def prompt(messages: list[tuple[str, str]]) -> Prompt:
        return Prompt(system=SYSTEM, messages=tuple(messages), reference=None)

    assert seen([prompt(held)], [prompt(trained)]).left_out == ({0} if is_seen else set())


def test_a_dialogue_opens_where_the_split_says() -> None:
    assert live.MIN_OPENING == split.MIN_OPENING


def test_the_whole_family_of_a_prompt_that_was_trained_on_is_left_out() -> None:
    one, two, three = (Prompt(system=None, messages=(("user", text),), reference=None) for text in "abc")
    assert seen([one, two, three], [two]).left_out == {1}
    assert seen([one, two, three], [two], [0, 0, 1]).left_out == {0, 1}


def test_the_families_are_those_that_the_data_set_has_stored(harness: Harness) -> None:
    promote(harness, [harness.line(1, None)])
    run = harness.open(heldout=4)
    stored = replace(run, dataset=replace(run.dataset, families_uri="s3://data/families.json"))
    harness.store.objects["s3://data/families.json"] = b"[0, 1, 2, 1]"
    harness.state["run"] = to_wire(stored)
    assert report(harness)["contestants"]["live"]["left_out"] == 2


def test_a_contender_that_refuses_everybody_leaves_the_verdict_to_the_others(harness: Harness) -> None:
    harness.open(heldout=25, of=recipe(contenders=(HAIKU,), **WIDE))
    harness.runtime.refuse[f"us.{HAIKU}"] = service_error("AccessDeniedException")
    told = report(harness)
    assert told["passed"]
    facts = told["contestants"][f"contender/{HAIKU}"]
    assert (facts["asked"], facts["scored"], facts["missing"]) == (25, 0, 25)
    assert "AccessDeniedException" in told["prompts"][0]["answers"][f"contender/{HAIKU}"]["reason"]


TEXT = "You are the live classifier. 漢字 " * 400
STORED = "s3://data/system-prompts/support/abc.txt"
SHARED = SystemPrompt(use=SystemPromptUse.SHARED, uri=STORED, sha256=hashlib.sha256(TEXT.encode()).hexdigest())
ASKED_WITH = [
    (SHARED, TEXT),
    (None, "label it"),
    (SystemPrompt(use=SystemPromptUse.NONE), "label it"),
    (SystemPrompt(use=SystemPromptUse.SEVERAL), "label it"),
]


@pytest.mark.parametrize(("system", "expected"), ASKED_WITH)
def test_the_live_model_is_asked_with_the_system_prompt_that_its_route_sends(
    harness: Harness, system: SystemPrompt | None, expected: str
) -> None:
    harness.store.objects[STORED] = TEXT.encode()
    promote(harness, [], system=system)
    harness.open(heldout=2)
    told = report(harness)
    sent = {(request["modelId"], request["system"][0]["text"]) for request in harness.runtime.requests}
    assert sent == {(TEACHER, "label it"), (BASE, "label it"), (STUDENT, "label it"), (LIVE, expected)}
    assert ("as it is served" in told["contestants"]["live"]["price"]["note"]) == (expected == TEXT)


def test_an_answer_that_the_live_model_gave_with_another_system_prompt_is_not_taken_for_this_one(
    harness: Harness,
) -> None:
    harness.store.objects[STORED] = TEXT.encode()
    promote(harness, [], system=SHARED)
    run, prompt = harness.open(heldout=1), Prompt(system="label it", messages=(("user", "a"),), reference=None)
    harness.step("plan")
    plan = EvaluationPlan.read(harness.store, f"s3://data/evaluations/{run.id}/contestants.json")
    assert plan is not None
    (one,) = [each for each in plan.contestants if each.role == "live"]
    assert answer_key(run, prompt, one) != answer_key(run, prompt, replace(one, system=None))
    assert answer_key(run, prompt, one) == answer_key(run, replace(prompt, system="another"), one)


@pytest.mark.parametrize("stored", [None, b"altered"])
def test_a_live_model_whose_system_prompt_is_lost_is_not_asked_another_way(
    harness: Harness, stored: bytes | None
) -> None:
    if stored:
        harness.store.objects[STORED] = stored
    promote(harness, [], system=SHARED)
    harness.open(heldout=1)
    with pytest.raises(SystemPromptLost, match=STORED):
        harness.step("plan")
