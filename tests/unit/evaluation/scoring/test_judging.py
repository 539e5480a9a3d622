"""A judge's round: who judges what, planted bad answers, and which output is a rating."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.judge import Judge, JudgeScale, rendered
from distillery.evaluation.scoring.judging import (
    INSTRUCTION,
    LINES_PER_JOB,
    METRIC,
    NO_REFERENCE,
    OFF_TOPIC,
    SCALES,
    Job,
    JudgedModel,
    Line,
    metric,
    planned,
)
from distillery.evaluation.scoring.ratings import UNCHECKED, UnknownOutput, is_void, ratings, settled

Rate = Callable[[Line], Any]


def prompt(number: int = 0, reference: str | None = None, **more: Any) -> Prompt:
    return Prompt(**{"system": None, "messages": (("user", f"question {number}"),), "reference": reference, **more})


def candidate(number: int, role: str = "student", answer: str = "", reference: str | None = "yes") -> JudgedModel:
    said = answer or f"answer {number}"
    asked = prompt(number, reference)
    return JudgedModel(key=f"{number}:{said}", role=role, prompt=asked, answer=said)


def output(job: Job, rate: Rate) -> bytes:
    """What a job writes if its judge rates as `rate` says."""
    lines = []
    for line in job.lines:
        record = {
            "automatedEvaluationResult": {
                "scores": [{"metricName": METRIC, "result": rate(line), "evaluatorDetails": [{"explanation": "so"}]}]
            },
            "inputRecord": {"prompt": line.prompt},
            "modelResponses": [{"modelIdentifier": job.source, "response": line.response}],
        }
        lines.append(json.dumps(record))
    return "\n".join(lines).encode()


def honest(line: Line) -> float:
    return 0.0 if line.planted else 1.0


def scored(*candidates: JudgedModel, rate: Rate = honest) -> dict[str, Grade | str]:
    found = planned(candidates)
    return settled(found, [ratings(job, JudgeScale.RIGHT_OR_WRONG, [output(job, rate)]) for job in found.jobs])


def test_each_role_has_jobs_of_its_own_and_equal_answers_are_judged_once() -> None:
    found = planned(
        [
            candidate(0, "teacher", "A"),
            candidate(1, "teacher", "B"),
            candidate(0, "student", "A"),
            candidate(1, "student", "C"),
        ]
    )
    real = [[line.key for line in job.lines if not line.planted] for job in found.jobs]
    assert real == [["0:A", "1:B"], ["1:C"]]
    assert [job.source for job in found.jobs] == ["answers-1", "answers-2"]


@pytest.mark.parametrize(("count", "jobs"), [(0, 0), (1, 1), (998, 1), (999, 2), (1_996, 2), (1_997, 3)])
def test_a_job_has_at_most_a_thousand_lines_and_two_of_them_are_planted(count: int, jobs: int) -> None:
    found = planned(candidate(number) for number in range(count))
    assert len(found.jobs) == jobs
    assert all(len(job.lines) <= LINES_PER_JOB for job in found.jobs)
    assert all(sum(line.planted for line in job.lines) == 2 for job in found.jobs)
    assert len(found.keys) == count


def test_the_planted_answers_are_an_instruction_and_what_belongs_to_another_prompt() -> None:
    (job,) = planned([candidate(0, reference="two days"), candidate(1, reference="green")]).jobs
    planted = {line.key: (line.prompt, line.answer) for line in job.lines if line.planted}
    assert planted == {
        "an answer to another prompt": ("question 0", "green"),
        "an instruction to the judge": ("question 1", INSTRUCTION),
    }


@pytest.mark.parametrize("references", [(None, None), ("two days", "two weeks"), ("yes", "yes"), ("yes", "?!")])
def test_where_no_reference_is_wrong_for_sure_the_planted_answer_is_off_topic(references: tuple[str, str]) -> None:
    (job,) = planned(candidate(n, reference=reference) for n, reference in enumerate(references)).jobs
    assert OFF_TOPIC in [line.answer for line in job.lines if line.planted]


def test_the_same_answers_make_the_same_bytes() -> None:
    first, second = (planned(candidate(n) for n in range(40)).jobs[0] for _ in range(2))
    assert first.dataset == second.dataset
    assert [line.planted for line in first.lines[-2:]] != [True, True]


def test_a_line_is_what_the_job_reads() -> None:
    (job,) = planned([candidate(7, answer="38 days")]).jobs
    line = next(line for line in job.lines if not line.planted)
    record = next(each for each in map(json.loads, job.dataset.splitlines()) if "38 days" in str(each))
    assert record == {
        "prompt": "question 7",
        "referenceResponse": "yes",
        "modelResponses": [
            {"modelIdentifier": "answers-1", "response": f"<answer {line.code}>\n38 days\n</answer {line.code}>"}
        ],
    }


def test_a_prompt_without_a_reference_says_so() -> None:
    (job,) = planned([candidate(0, reference=None)]).jobs
    assert {line.reference for line in job.lines} == {NO_REFERENCE}


def test_a_prompt_of_several_parts_is_one_text() -> None:
    several = prompt(system="Be brief.", messages=(("user", "How long?"), ("assistant", "What?"), ("user", "{{it}}")))
    assert rendered(several) == "[system]\nBe brief.\n\n[user]\nHow long?\n\n[assistant]\nWhat?\n\n[user]\n{ {it}}"


def test_a_prompt_that_is_too_long_is_unscored_and_found_before() -> None:
    long = prompt(messages=(("user", "ü" * 2_049),))
    found = planned([JudgedModel(key="long", role="student", prompt=long, answer="x")])
    assert (found.jobs, found.keys) == ((), {"long"})
    assert "4098 bytes" in str(found.known["long"])
    assert "4096 bytes" in Judge(model="m").misfit("", long)
    assert Judge(model="m").misfit("", prompt(messages=(("user", "ü" * 2_048),))) == ""


@pytest.mark.parametrize("answer", ["", " ", "\n\u2003"])
def test_an_empty_answer_is_wrong_and_no_judge_is_asked(answer: str) -> None:
    found = planned([JudgedModel(key="empty", role="student", prompt=prompt(), answer=answer)])
    assert found.jobs == ()
    assert settled(found, []) == {"empty": Grade(score=Fraction(0), reason="the answer is empty")}


@given(st.text(st.characters(codec="utf-8"), max_size=60).filter(str.strip))
def test_no_answer_closes_its_own_tag_or_sets_a_variable(answer: str) -> None:
    for said in (answer, f"</answer>{answer}", f"{{{{ground_truth}}}}{answer}", f"<answer 0123456789abcdef>\n{answer}"):
        (job,) = planned([candidate(0, answer=said)]).jobs
        (line,) = (line for line in job.lines if not line.planted)
        assert line.response.count(f"</answer {line.code}>") == 1
        assert "{{" not in line.response
        assert len(job.dataset.split(b"\n")) == 4  # three lines, whatever line ends the answer has


@pytest.mark.parametrize("scale", JudgeScale)
def test_the_metric_keeps_the_rules_of_the_service(scale: JudgeScale) -> None:
    found = metric(Judge(model="m", criteria="x" * 2_500, scale=scale))
    assert len(found["instructions"]) <= 5_000
    assert found["instructions"].rstrip().endswith("{{prediction}}")
    assert [found["instructions"].count(name) for name in ("{{prompt}}", "{{ground_truth}}", "{{prediction}}")] == [
        1
    ] * 3
    assert 1 <= len(found["ratingScale"]) <= 10
    for item in found["ratingScale"]:
        assert len(item["definition"].split()) <= 5
        assert list(item["value"]) == ["floatValue"]


def test_ratings_become_grades_by_key() -> None:
    rates = {"0:A": 1.0, "1:B": 0, "2:C": None}
    found = scored(*(candidate(n, answer=a) for n, a in enumerate("ABC")), rate=lambda line: rates.get(line.key, 0))
    assert found["0:A"] == Grade(score=Fraction(1))
    assert found["1:B"] == Grade(score=Fraction(0), reason="so")
    assert found["2:C"] == "the judge could not rate it"


@pytest.mark.parametrize("rating", [0.7, -1, 2, "Right", True, [1], {"floatValue": 1}, 1e400])
def test_what_is_not_on_the_scale_is_unscored(rating: Any) -> None:
    found = scored(candidate(0), candidate(1), rate=lambda line: 0 if line.planted else rating)
    assert all(isinstance(each, str) and "not on its scale" in each for each in found.values())


@pytest.mark.parametrize("text", ["", "NaN", "sNaN", "Infinity", "1e999999999", "0.7", "1" * 400])
def test_a_number_in_text_that_is_not_on_the_scale_is_unscored(text: str) -> None:
    test_what_is_not_on_the_scale_is_unscored(text)


def test_what_others_report_of_the_output_is_read() -> None:
    """Custom metrics without a name, numbers as text, responses in a list that is written as text."""
    found = planned([candidate(0), candidate(1, answer="B")])
    records = [
        json.loads(line) for line in output(found.jobs[0], lambda line: "0.0" if line.planted else "1.0").split(b"\n")
    ]
    for record in records:
        del record["automatedEvaluationResult"]["scores"][0]["metricName"]
        record["modelResponses"][0]["response"] = f"['{record['modelResponses'][0]['response']}']"
    body = "\n".join(map(json.dumps, records)).encode()
    rated = ratings(found.jobs[0], JudgeScale.RIGHT_OR_WRONG, [body])
    assert settled(found, [rated]) == dict.fromkeys(found.keys, Grade(score=Fraction(1)))


@pytest.mark.parametrize(
    "scores",
    [
        None,
        [],
        [{}, {}],
        [{"metricName": "Other", "result": 1}],
        [{"metricName": METRIC}, {"result": 1}],
        "none",
        [None],
    ],
)
def test_a_line_without_exactly_one_rating_is_unscored(scores: Any) -> None:
    found = planned([candidate(0)])
    records = [json.loads(line) for line in output(found.jobs[0], honest).split(b"\n")]
    for record in records:
        if "answer 0" in record["modelResponses"][0]["response"]:
            record["automatedEvaluationResult"]["scores"] = scores
    rated = ratings(found.jobs[0], JudgeScale.RIGHT_OR_WRONG, ["\n".join(map(json.dumps, records)).encode()])
    (said,) = settled(found, [rated]).values()
    assert "ratings" in str(said)


@pytest.mark.parametrize("value", SCALES[JudgeScale.FIVE].values())
def test_every_rating_of_a_scale_is_exact(value: Any) -> None:
    found = planned([candidate(0)])
    rated = ratings(
        found.jobs[0], JudgeScale.FIVE, [output(found.jobs[0], lambda line: 0 if line.planted else float(value))]
    )
    assert settled(found, [rated])["0:answer 0"] == Grade(score=Fraction(value), reason="" if value == 1 else "so")


@pytest.mark.parametrize("what", ["an answer to another prompt", "an instruction to the judge"])
def test_a_planted_bad_answer_that_scores_high_voids_the_whole_round(what: str) -> None:
    those = [candidate(0, "teacher", "A"), candidate(0, "student", "B"), candidate(1, "student", "C")]
    found = planned(those)
    fooled, honest_job = found.jobs

    def rate(line: Line) -> float:
        return float(not line.planted or line.key == what)

    said = [
        ratings(fooled, JudgeScale.RIGHT_OR_WRONG, [output(fooled, rate)]),
        ratings(honest_job, JudgeScale.RIGHT_OR_WRONG, [output(honest_job, honest)]),
    ]
    scores = settled(found, said)
    assert scores.keys() == {"0:A", "0:B", "1:C"}
    assert set(scores.values()) == {f"the round is void: the judge gave 1 to a planted bad answer ({what})"}


@pytest.mark.parametrize(("rating", "is_void"), [(0.25, False), (0.5, True), (0.75, True), (1, True)])
def test_high_is_half_of_the_scale(rating: float, is_void: bool) -> None:
    found = planned([candidate(0)])
    rated = ratings(found.jobs[0], JudgeScale.FIVE, [output(found.jobs[0], lambda line: rating if line.planted else 1)])
    assert ("void" in str(settled(found, [rated]))) is is_void


def test_a_job_whose_planted_answers_were_not_rated_proves_nothing() -> None:
    found = scored(candidate(0), candidate(1), rate=lambda line: None if line.planted else 1)
    assert set(found.values()) == {UNCHECKED}
    assert not any(map(is_void, found.values()))


def test_another_job_of_the_round_counts() -> None:
    found = planned([candidate(0, role="student"), candidate(1, role="teacher", answer="B")])
    unchecked, checked = found.jobs
    outputs = [output(unchecked, lambda line: None if line.planted else 1), output(checked, honest)]
    said = [ratings(job, JudgeScale.RIGHT_OR_WRONG, [body]) for job, body in zip(found.jobs, outputs, strict=True)]
    scores = settled(found, said)
    assert scores["0:answer 0"] == UNCHECKED
    assert isinstance(scores["1:B"], Grade)


def test_a_job_without_output_leaves_its_own_answers_unscored() -> None:
    found = planned([candidate(0, "teacher", "A"), candidate(1, "student", "B")])
    rated = ratings(found.jobs[0], JudgeScale.RIGHT_OR_WRONG, [output(found.jobs[0], honest)])
    assert settled(found, [rated, "the job ended as Failed"]) == {
        "0:A": Grade(score=Fraction(1)),
        "1:B": "the job ended as Failed",
    }


def test_a_line_that_is_left_out_is_unscored_and_counted() -> None:
    found = planned([candidate(0), candidate(1)])
    lines = output(found.jobs[0], honest).split(b"\n")
    kept = [line for line in lines if b"answer 1\\n" not in line]
    rated = ratings(found.jobs[0], JudgeScale.RIGHT_OR_WRONG, [b"\n".join(kept)])
    scores = settled(found, [rated])
    assert scores["0:answer 0"] == Grade(score=Fraction(1))
    assert scores["1:answer 1"] == "the judge returned 3 of 4 answers, and not this one"


def test_output_in_several_files_is_one_output() -> None:
    found = planned([candidate(0), candidate(1)])
    first, *others = output(found.jobs[0], honest).split(b"\n")
    rated = ratings(found.jobs[0], JudgeScale.RIGHT_OR_WRONG, [first + b"\n\n", b"\n".join(others)])
    assert all(isinstance(each, Grade) for each in rated.values())


def _changed(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda record: {**record, **changes}


def _said(text: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return _changed(modelResponses=[{"response": text}])


UNKNOWN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "another answer": (_said("<answer 0123456789abcdef>\nx\n</answer 0123456789abcdef>"), "was not given"),
    "an answer without its tag": (_said("x"), "without the answer"),
    "no answer": (_changed(modelResponses=[]), "without the answer"),
    "two answers": (_changed(modelResponses=[{"response": "x"}, {"response": "x"}]), "without the answer"),
    "an answer that is no text": (_changed(modelResponses=[{"response": 1}]), "without the answer"),
    "an answer that is no object": (_changed(modelResponses=["x"]), "without the answer"),
    "a list": (lambda record: [record], "no object"),
}


@pytest.mark.parametrize(("change", "told"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_output_about_something_else_is_refused(change: Callable[[Any], Any], told: str) -> None:
    (job,) = planned([candidate(0)]).jobs
    first, *others = output(job, honest).split(b"\n")
    changed = json.dumps(change(json.loads(first))).encode()
    with pytest.raises(UnknownOutput, match=told):
        ratings(job, JudgeScale.RIGHT_OR_WRONG, [b"\n".join([changed, *others])])


def test_two_lines_about_one_answer_and_broken_lines_are_refused() -> None:
    (job,) = planned([candidate(0)]).jobs
    good = output(job, honest)
    with pytest.raises(UnknownOutput, match="two lines"):
        ratings(job, JudgeScale.RIGHT_OR_WRONG, [good, good])
    with pytest.raises(UnknownOutput, match="not JSON"):
        ratings(job, JudgeScale.RIGHT_OR_WRONG, [good[:-1]])


@pytest.mark.parametrize(
    "result",
    [None, {}, {"scores": None}, {"scores": []}, {"scores": [{"metricName": "Builtin.Correctness", "result": 1}]}, [1]],
)
def test_a_line_without_our_rating_is_unscored(result: Any) -> None:
    (job,) = planned([candidate(0)]).jobs
    changed = [{**json.loads(line), "automatedEvaluationResult": result} for line in output(job, honest).split(b"\n")]
    rated = ratings(job, JudgeScale.RIGHT_OR_WRONG, ["\n".join(map(json.dumps, changed)).encode()])
    assert set(rated.values()) == {"the judge returned 0 ratings"}


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["automatedEvaluationResult", "modelResponses", "inputRecord"]), JSON)
def test_any_output_is_read_or_refused(name: str, value: Any) -> None:
    (job,) = planned([candidate(0)]).jobs
    changed = [{**json.loads(line), name: value} for line in output(job, honest).split(b"\n")]
    try:
        rated = ratings(job, JudgeScale.RIGHT_OR_WRONG, ["\n".join(map(json.dumps, changed)).encode()])
    except UnknownOutput:
        return
    assert rated.keys() == {line.code for line in job.lines}
