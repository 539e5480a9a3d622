"""Who may read, write and delete the stored texts: system prompts, and an evaluation's answers, scores and reports.

Every policy of an environment is asked for every action on every key, so a policy that is added is asked too.
"""

import functools
import re

import pytest

from tests.policy.engine import Ask, decide
from tests.policy.policy_holders import ACCOUNT, PolicyHolder, holders
from tests.policy.synthesis import templates
from tests.policy.test_scoring import FUNCTION, JUDGE, graded_by

RUN = "support-k3x9a-p0q2m7ab-1"
WRITES = ("s3:PutObject", "s3:AbortMultipartUpload")
READS = ("s3:GetObject", "s3:GetObjectVersion")
DELETES = ("s3:DeleteObject", "s3:DeleteObjectVersion")
OTHERS = ("s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectRetention", "s3:BypassGovernanceRetention")
OBJECTS = {
    "system prompt": "system-prompts/support/0a1b.txt",
    "answer": f"evaluations/{RUN}/answers/part-0000/0a1b.json",
    "part": f"evaluations/{RUN}/part-0000.jsonl",
    "scores": f"evaluations/{RUN}/scores/part-0000.jsonl",
    "judging": f"evaluations/{RUN}/judging/j/input.jsonl",
    "report": f"evaluations/{RUN}/report.json",
    "page": f"evaluations/{RUN}/report.html",
}
EVALUATION = {"Evaluation", "EvaluationGrading", "EvaluationReporting"}


@functools.cache
def policies(environment: str) -> tuple[PolicyHolder, ...]:
    of = graded_by(FUNCTION, JUDGE) if environment == "dev with scores" else templates(environment)
    return tuple(holders(of))


def bucket(every: tuple[PolicyHolder, ...]) -> str:
    """The data bucket as policies name it that are not of callers."""
    found = {each for one in every for each in re.findall(r":s3:::([^/'*]+)/system-prompts/", str(one.document))}
    (name,) = found
    return str(name)


def short(holder: PolicyHolder) -> str:
    """The owner of a policy without its stack and CDK's own parts."""
    return re.sub(
        r"(Function)?Role(DefaultPolicy|Chunks).*|[0-9A-F]{8}$", "", holder.name.rpartition(" ")[2].rpartition("/")[2]
    )


def who(environment: str, key: str, *actions: str, named: str = "") -> set[str]:
    every = policies(environment)
    keys = {"aws:ResourceAccount": ACCOUNT}
    asks = [Ask(action, f"arn:aws:s3:::{named or bucket(every)}/{key}", keys) for action in actions]
    decided = decide([(one.document, asks) for one in every])
    return {short(one) for one, each in zip(every, decided, strict=True) if any(each)}


PEOPLE = {"DataReaders", "Erasers"}
CALLERS = {"ServingCallersdistilledsupport", "Serving"}
ENVIRONMENTS = ("dev", "prod", "dev with scores")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_promotion_alone_writes_system_prompts_and_nothing_else(environment: str) -> None:
    assert who(environment, OBJECTS["system prompt"], *WRITES) == {"Promotion"}
    beside = [*OBJECTS.values(), "system-prompts", "system-promptsx/a.txt", "datasets/support/0a1b/system.txt", "a.txt"]
    for key in beside:
        if key != OBJECTS["system prompt"]:
            assert "Promotion" not in who(environment, key, *WRITES, *DELETES, *OTHERS), key


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_who_needs_a_system_prompt_reads_it(environment: str) -> None:
    callers = CALLERS if environment.startswith("dev") else set()
    assert who(environment, OBJECTS["system prompt"], *READS) == {"Promotion", "Evaluation", *PEOPLE, *callers}
    assert who(environment, OBJECTS["system prompt"], *DELETES) == {"Expiry", "Erasers"}


def test_callers_read_the_system_prompts_of_their_recipe_and_nothing_more() -> None:
    named = f"{'distillery-dev-foundation'[:24]}-databucket0123-abc"
    caller = "ServingCallersdistilledsupport"
    assert who("dev", OBJECTS["system prompt"], *READS, named=named) == CALLERS
    others = [*OBJECTS.values(), "system-prompts/banking77/0a1b.txt", "system-prompts/supportx/0a1b.txt"]
    others += ["system-prompts/support.txt", "datasets/support/0a1b/system.txt", "system-prompts/support"]
    for key in others:
        if key != OBJECTS["system prompt"]:
            assert caller not in who("dev", key, *READS, named=named), key
    for key in (*others, OBJECTS["system prompt"]):
        assert not CALLERS & who("dev", key, *WRITES, *DELETES, *OTHERS, named=named), key
    foreign = "distillery-prod-foundati-databucket0123-abc"
    assert who("dev", OBJECTS["system prompt"], *READS, *WRITES, *DELETES, named=foreign) == set()


WRITERS = {
    "answer": {"Evaluation"},
    "part": {"Evaluation"},
    "scores": {"Evaluation", "EvaluationScoring"},
    "judging": {"Evaluation", "EvaluationScoring", "EvaluationScoringJob"},
    "report": {"Evaluation", "EvaluationGrading"},
    "page": {"Evaluation", "EvaluationReporting"},
}
"""The function that asks also judges executions of 0.1.0, so it may write all of it."""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", WRITERS)
def test_whoever_judges_or_reports_writes_no_answers(environment: str, name: str) -> None:
    scoring = {each for each in WRITERS[name] if "Scoring" in each and environment != "dev with scores"}
    assert who(environment, OBJECTS[name], *WRITES) == WRITERS[name] - scoring
    assert who(environment, OBJECTS[name], *DELETES) == {"Erasers"}
    assert who(environment, OBJECTS[name], *OTHERS) == set()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", WRITERS)
def test_only_the_evaluation_and_those_who_may_read_texts_read_them(environment: str, name: str) -> None:
    readers = {"Evaluation", "EvaluationGrading", *PEOPLE}
    readers |= {"EvaluationReporting"} if name == "report" else set()
    readers |= {"EvaluationScoring"} if environment == "dev with scores" else set()
    readers |= {"EvaluationScoringJob"} if environment == "dev with scores" and name == "judging" else set()
    assert who(environment, OBJECTS[name], *READS) == readers
