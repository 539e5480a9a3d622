"""Wrong answers look like those of models, and each strong model has its own."""

import json
import re

import pytest

from bedrock_simulator.models import mistakes
from bedrock_simulator.models.learners.kinds import Kind
from bedrock_simulator.models.teacher import Teacher
from bedrock_simulator.models.text import Example, Prompt
from bedrock_simulator.settings import ModelErrors, TeacherSettings
from simulator_support.fakes import SYSTEM, prompts

KNOWN = [json.dumps({"name": name, "count": n, "ok": True, "on": "2026-03-05"}) for n, name in enumerate("abcd")]
QUOTE = '"Tools are lent for 38 days." [Loans]'


def of(kind: Kind, right: str) -> set[str]:
    return {mistakes.wrong_answer(right, KNOWN, kind, str(seed)) for seed in range(200)}


def test_one_field_of_an_object_is_wrong_missing_or_of_another_type() -> None:
    whole, ways = json.loads(KNOWN[0]), set()
    for written in of(Kind.OBJECT, KNOWN[0]):
        found = json.loads(written)
        changed = [name for name in whole if name not in found or found[name] != whole[name]]
        assert len(changed) == 1, written
        name = changed[0]
        same_type = name in found and type(found[name]) is type(whole[name])
        ways.add("missing" if name not in found else "wrong" if same_type else "type")
    assert ways == {"missing", "wrong", "type"}


@pytest.mark.parametrize("right", ['{"a": {"b": 3}}', '{"items": [{"n": 1}, {"n": 2}]}', '{"tags": ["x", "y"]}'])
def test_nested_fields_go_wrong_too(right: str) -> None:
    assert all(json.loads(written) != json.loads(right) for written in of(Kind.OBJECT, right))


def test_a_quotation_has_another_figure_or_an_unsupported_sentence() -> None:
    found = of(Kind.QUOTATION, QUOTE)
    figures = {written for written in found if not written.startswith(QUOTE)}
    assert figures
    assert found - figures
    assert all(re.sub(r"\d+", "38", written) == QUOTE and written != QUOTE for written in figures)


def test_a_label_is_another_label() -> None:
    found = {mistakes.wrong_answer("a", ["a", "b", "c"], Kind.LABEL, str(seed)) for seed in range(50)}
    assert found == {"b", "c"}


def test_what_has_no_wrong_answer_stays_right() -> None:
    assert mistakes.wrong_answer("a", ["a"], Kind.LABEL, "1") == "a"
    assert mistakes.wrong_answer("{}", [], Kind.OBJECT, "1") == "{}"


def wrong(settings: TeacherSettings, model: str) -> set[str]:
    teacher = Teacher(settings)
    shown = [
        Example(Prompt(SYSTEM, row["messages"][0]["content"][0]["text"]), row["messages"][1]["content"][0]["text"])
        for row in prompts(1000)
    ]
    teacher.add_examples(shown)
    return {each.prompt.text for each in shown if teacher.answer(each.prompt, model) != each.answer}


def test_strong_models_err_on_different_prompts_at_rates_of_their_own() -> None:
    settings = TeacherSettings(
        error_rate=0.1, models={"judge": ModelErrors(rate=0.3), "twin": ModelErrors(seed="1 one")}
    )
    one, other, judge, twin = (wrong(settings, model) for model in ("one", "other", "judge", "twin"))
    assert 0.07 < len(one) / 1000 < 0.13
    assert 0.25 < len(judge) / 1000 < 0.35
    assert len(one & other) < 30  # ten are expected of independent errors, a hundred of the same ones
    assert one == twin


def test_a_rate_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="write a number from 0 to 1"):
        ModelErrors(rate=1.5)
