"""The jobs of judges: started once, followed until they end, read, and stopped. Nothing scored is paid for twice."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.report import wire
from distillery.evaluation.scoring.judging import METRIC
from lambdas.evaluation import scoring
from lambdas.evaluation.judge_jobs import MOST_ROUNDS
from lambdas.evaluation.parts import Parts
from lambdas.evaluation.scores import StoredScores
from tests.fakes.errors import service_error
from tests.fakes.pipeline import recipe
from tests.fakes.services import MemoryStore
from tests.unit.evaluation.harness import Harness, Time

JUDGE = "anthropic.claude-haiku-4-5-20251001-v1:0"
CREATE = get_session().get_service_model("bedrock").operation_model("CreateEvaluationJob").input_shape
KEY = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RUNNING = ("InProgress", "Stopping")
Rate = Callable[[str, str], Any]


def right(answer: str, reference: str) -> Any:
    return 1.0 if answer == reference else 0.0


class Meta:
    region_name = "us-east-1"


class FakeJobs:
    """Evaluation jobs that end when a test says so. refuse: errors of the next creations. lose: whether the next
    creation succeeds and its response is lost."""

    meta = Meta()

    def __init__(self, store: MemoryStore, rate: Rate = right) -> None:
        self.store, self.rate = store, rate
        self.requests: dict[str, dict[str, Any]] = {}
        self.status: dict[str, str] = {}
        self.failures: list[str] = []
        self.refuse: list[Exception] = []
        self.lose = False
        self.creations = 0

    def create_evaluation_job(self, **request: Any) -> dict[str, str]:
        self.creations += 1
        assert CREATE is not None
        validate_parameters(request, CREATE)
        if self.refuse:
            raise self.refuse.pop()
        if request["jobName"] in self.requests:
            raise service_error("ConflictException")
        self.requests[request["jobName"]] = request
        self.status[self.arn(request["jobName"])] = "InProgress"
        if self.lose:
            self.lose = False
            raise service_error("InternalServerException")
        return {"jobArn": self.arn(request["jobName"])}

    def get_evaluation_job(self, *, jobIdentifier: str) -> dict[str, Any]:  # noqa: N803 the API's name
        if jobIdentifier not in self.status:
            raise service_error("ResourceNotFoundException")
        return {"status": self.status[jobIdentifier], "failureMessages": self.failures}

    def stop_evaluation_job(self, *, jobIdentifier: str) -> None:  # noqa: N803 the API's name
        if self.status.get(jobIdentifier) != "InProgress":
            raise service_error("ConflictException")
        self.status[jobIdentifier] = "Stopping"

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_evaluation_jobs"
        return self

    def paginate(self, *, nameContains: str) -> Iterator[dict[str, Any]]:  # noqa: N803 the API's name
        yield {"jobSummaries": [{"jobName": f"{nameContains}-other", "jobArn": "other"}]}
        yield {"jobSummaries": [{"jobName": n, "jobArn": self.arn(n)} for n in self.requests if nameContains in n]}

    @staticmethod
    def arn(name: str) -> str:
        return f"arn:aws:bedrock:us-east-1:111111111111:evaluation-job/{name}"

    def end(self, status: str = "Completed") -> None:
        for name, request in self.requests.items():
            if self.status[self.arn(name)] not in RUNNING:
                continue
            self.status[self.arn(name)] = status
            if status == "Completed":
                self._write(name, request)

    def _write(self, name: str, request: dict[str, Any]) -> None:
        (config,) = request["evaluationConfig"]["automated"]["datasetMetricConfigs"]
        lines = []
        for text in self.store.read(config["dataset"]["datasetLocation"]["s3Uri"]).splitlines():
            line = json.loads(text)
            (response,) = line["modelResponses"]
            answer = response["response"].split("\n", 1)[1].rsplit("\n", 1)[0]
            score = {"metricName": METRIC, "result": self.rate(answer, line["referenceResponse"])}
            rated = {"automatedEvaluationResult": {"scores": [score]}, "modelResponses": [response]}
            lines.append(json.dumps({**rated, "inputRecord": {"prompt": line["prompt"]}}))
        root = request["outputDataConfig"]["s3Uri"]
        body = "\n".join(lines).encode()
        self.store.write(f"{root}{name}/uuid/models/m/taskTypes/General/datasets/answers/uuid_output.jsonl", body)
        self.store.write(f"{root}{name}/uuid/custom_metrics/{METRIC}.json", b"{}")


class Judging(Harness):
    """A run whose answers are there and whose recipe has a judge."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.jobs = FakeJobs(self.store)
        clients = {"bedrock": self.jobs, "bedrock-runtime": self.runtime, "service-quotas": self.quotas}
        monkeypatch.setattr(aws, "_client", lambda service, region: {**clients, "ssm": self.ssm}[service])
        monkeypatch.setattr("lambdas.evaluation.scoring.ObjectStore", lambda: self.store)
        monkeypatch.setenv(Variable.JOB_ROLE, "arn:aws:iam::111111111111:role/judging")
        monkeypatch.setenv(Variable.MODEL_KEY, KEY)

    def answered(self, *, heldout: int = 3, **options: Any) -> None:
        spec = GraderSpec(kind=GraderKind.JUDGE, options={"model": JUDGE, **options})
        self.run = self.open(heldout=heldout, of=recipe(graders=(spec,), tags={"team": "a"}))
        for chunk in self.step("plan"):
            self.answer(chunk)

    def call(self, name: str, **more: Any) -> Any:
        return scoring.step({"step": name, "state": self.state, **more}, Time())

    def follow(self, rounds: int = 0) -> dict[str, int]:
        found: dict[str, int] = self.call("follow", judged={"pending": 1, "rounds": rounds})
        return found

    def evaluate(self, execution: str) -> None:
        """A person asks for an evaluation, with that execution."""
        self.state = {**self.state, "evaluation": {"execution": execution}}

    def lines(self) -> dict[str, int]:
        """How many answers each job has had to judge, but for those that are planted."""
        folder = f"s3://data/evaluations/{self.run.id}/judging/"
        return {name: self.store.objects[f"{folder}{name}.jsonl"].count(b"\n") - 2 for name in self.jobs.requests}

    def scores(self) -> dict[str, Grade | str]:
        return StoredScores(Parts(self.run, "data", self.store)).read()


@pytest.fixture
def judging(monkeypatch: pytest.MonkeyPatch) -> Judging:
    return Judging(monkeypatch)


def test_a_round_is_started_followed_and_stored(judging: Judging) -> None:
    judging.answered()
    assert judging.call("plan") == {"chunks": [], "judges": 1}
    assert judging.follow() == {"pending": 2, "rounds": 1}
    assert judging.follow(1) == {"pending": 2, "rounds": 2}
    assert judging.scores() == {}
    judging.jobs.end()
    assert judging.follow(2) == {"pending": 0, "rounds": 3}
    found = judging.scores().values()
    # of three prompts: the right answer of teacher and student, judged once, and the untrained student's wrong one
    assert sorted(each.score for each in found if isinstance(each, Grade)) == [0, 0, 0, 1, 1, 1]
    assert judging.follow(3) == {"pending": 0, "rounds": 4}
    assert judging.jobs.creations == 2


def test_the_request_is_a_judge_on_answers_that_the_job_brings(judging: Judging) -> None:
    judging.answered()
    judging.follow()
    for name, request in judging.jobs.requests.items():
        assert name.startswith("dev-judge-")
        assert len(name) <= 63
        assert name == name.lower()
        automated = request["evaluationConfig"]["automated"]
        assert automated["customMetricConfig"]["evaluatorModelConfig"] == {
            "bedrockEvaluatorModels": [{"modelIdentifier": f"us.{JUDGE}"}]
        }
        assert request["roleArn"].endswith("role/judging")
        assert request["customerEncryptionKeyId"] == KEY
        assert request["outputDataConfig"]["s3Uri"] == f"s3://data/evaluations/{judging.run.id}/judging/output/"
        tags = {tag["key"]: tag["value"] for tag in request["jobTags"]}
        assert tags == {
            "distillery:environment": "dev",
            "distillery:recipe": "support",
            "distillery:run": judging.run.id,
            "team": "a",
        }
    sources = [
        request["inferenceConfig"]["models"][0]["precomputedInferenceSource"]["inferenceSourceIdentifier"]
        for request in judging.jobs.requests.values()
    ]
    assert sources == ["answers-1", "answers-2"]


@pytest.mark.parametrize("scale", ["right-or-wrong", "five"])
def test_every_field_of_the_request_keeps_the_pattern_and_the_bounds_of_the_service(
    scale: str, judging: Judging
) -> None:
    judging.answered(scale=scale)
    judging.follow()
    assert CREATE is not None
    for request in judging.jobs.requests.values():
        found = [*violations(request, CREATE)]
        # AWS's samples send it for judges; the model of the API does not list it
        assert found == ["taskType: 'General' is none of the values"]
    broken = {**request, "jobName": "Upper", "jobTags": [{"key": "a", "value": "é"}]}
    assert len([*violations(broken, CREATE)]) == 3


def violations(value: Any, shape: Any, name: str = "") -> Iterator[str]:
    """What the model of the API forbids, which botocore itself does not check."""
    if shape.type_name == "structure":
        for key, member in value.items():
            yield from violations(member, shape.members[key], key)
        return
    if shape.type_name == "list":
        for each in value:
            yield from violations(each, shape.member, name)
    size, rules = value if isinstance(value, int | float) else len(value), shape.metadata
    if size < rules.get("min", size) or size > rules.get("max", size):
        yield f"{name}: {size} is out of bounds"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"{name}: {value!r} does not match"
    if "enum" in rules and value not in rules["enum"]:
        yield f"{name}: {value!r} is none of the values"


def test_a_job_that_was_started_by_a_lost_request_is_found(judging: Judging) -> None:
    judging.answered()
    judging.jobs.lose = True
    with pytest.raises(Exception, match="InternalServerException"):
        judging.follow()
    assert judging.follow() == {"pending": 2, "rounds": 1}
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert len(judging.jobs.requests) == 2


@pytest.mark.parametrize("code", ["ServiceQuotaExceededException", "ThrottlingException"])
def test_a_job_that_the_account_has_no_room_for_is_started_later(code: str, judging: Judging) -> None:
    judging.answered()
    judging.jobs.refuse = [service_error(code)]
    assert judging.follow()["pending"] == 2
    assert len(judging.jobs.requests) == 1
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 1
    judging.jobs.end()
    assert judging.follow(2)["pending"] == 0


def test_a_request_that_is_refused_for_good_fails_the_step(judging: Judging) -> None:
    judging.answered()
    judging.jobs.refuse = [service_error("ValidationException")]
    with pytest.raises(Exception, match="ValidationException"):
        judging.follow()


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Deleting"])
def test_a_job_that_fails_leaves_its_answers_unscored(status: str, judging: Judging) -> None:
    judging.answered(heldout=1)
    judging.follow()
    judging.jobs.failures = ["The role may not do that. 'message 0' is secret"]
    judging.jobs.end(status)
    assert judging.follow(1)["pending"] == 0
    found = judging.scores()
    assert len(found) == 2
    assert all(isinstance(each, str) and f"ended as {status}" in each for each in found.values())
    assert "secret" not in str(found)


def test_a_job_is_not_waited_for_for_ever(judging: Judging) -> None:
    judging.answered(heldout=1)
    assert judging.follow(MOST_ROUNDS - 1)["pending"] == 2
    assert judging.follow(MOST_ROUNDS)["pending"] == 0
    assert set(judging.scores().values()) == {"the judge's job has not ended within a day, and was stopped"}
    assert set(judging.jobs.status.values()) == {"Stopping"}, "what nobody waits for must not bill"


def test_a_judge_that_is_fooled_scores_nothing_and_a_repeat_does_not_try_again(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: 1.0 if "highest rating" in answer else right(answer, reference)
    judging.answered()
    judging.follow()
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert all("the round is void" in str(each) for each in judging.scores().values())
    judging.jobs.rate = right
    judging.jobs.end()
    assert judging.follow(2)["pending"] == 0
    assert all("the round is void" in str(each) for each in judging.scores().values())
    assert len(judging.jobs.requests) == 2


def test_a_later_evaluation_asks_only_for_what_has_no_score(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: None if answer in ("label.1", "label.2") else right(answer, reference)
    judging.answered()
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    first = judging.scores()
    missing = {key for key, found in first.items() if found == "the judge could not rate it"}
    assert (len(first), len(missing)) == (6, 2)
    before = set(judging.jobs.requests)

    judging.evaluate("evaluation-1")
    assert judging.follow()["pending"] == 1
    (again,) = set(judging.jobs.requests) - before
    assert judging.lines()[again] == 2
    judging.jobs.rate = lambda answer, reference: None if answer == "label.1" else right(answer, reference)
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert judging.follow(2)["pending"] == 0, "what is missing is asked for once in an evaluation"
    second = judging.scores()
    assert sum(isinstance(each, str) for each in second.values()) == 1
    assert {key: second[key] for key in first.keys() - missing} == {key: first[key] for key in first.keys() - missing}

    judging.evaluate("evaluation-2")
    assert judging.follow()["pending"] == 1
    assert sorted(judging.lines().values()) == [1, 2, 3, 3]


def test_answers_that_stay_unscored_are_judged_in_a_new_job_each_time(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: None
    judging.answered(heldout=1)
    for number in range(3):
        if number:
            judging.evaluate(f"evaluation-{number}")
        assert judging.follow()["pending"] == 2
        judging.jobs.end()
        assert judging.follow(1)["pending"] == 0
        assert len(judging.jobs.requests) == 2 * (number + 1)
    judging.jobs.rate = right
    judging.evaluate("evaluation-3")
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    assert all(isinstance(each, Grade) for each in judging.scores().values())


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Stopping", "Deleting"])
@pytest.mark.parametrize("was_read", [False, True])
def test_jobs_that_failed_or_were_stopped_are_repeated_by_an_evaluation(
    status: str, was_read: bool, judging: Judging
) -> None:
    judging.answered(heldout=1)
    judging.follow()
    judging.jobs.end(status)
    if was_read and status != "Stopping":
        assert judging.follow(1)["pending"] == 0
    judging.evaluate("evaluation-1")
    assert judging.follow()["pending"] == 2
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert len(judging.jobs.requests) == 4
    assert all(isinstance(each, Grade) for each in judging.scores().values())


@pytest.mark.parametrize("ended", [False, True])
def test_jobs_that_a_run_left_before_it_read_them_are_not_paid_for_again(ended: bool, judging: Judging) -> None:
    judging.answered()
    judging.follow()
    if ended:
        judging.jobs.end()
    judging.evaluate("evaluation-1")
    assert judging.follow()["pending"] == (0 if ended else 2)
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert judging.jobs.creations == 2
    assert all(isinstance(each, Grade) for each in judging.scores().values())


def test_an_evaluation_that_failed_leaves_its_jobs_to_the_next(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: None
    judging.answered(heldout=1)
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    judging.evaluate("evaluation-1")
    judging.jobs.rate = right
    judging.follow()
    judging.jobs.end()
    judging.evaluate("evaluation-2")
    assert judging.follow()["pending"] == 0
    assert len(judging.jobs.requests) == 4
    assert all(isinstance(each, Grade) for each in judging.scores().values())


def test_a_void_round_stays_void_and_nothing_is_paid_for_a_judge_that_was_fooled(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: 1.0
    judging.answered()
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    judging.evaluate("evaluation-1")
    part = f"s3://data/evaluations/{judging.run.id}/part-0000.jsonl"
    judging.store.objects[part] = judging.store.objects[part].replace(b"label.3", b"label.4")
    assert judging.follow()["pending"] == 0
    assert len(judging.jobs.requests) == 2
    assert len(judging.scores()) == 9
    assert all("the round is void" in str(each) for each in judging.scores().values())


def test_a_judge_that_is_fooled_later_voids_what_it_said_before(judging: Judging) -> None:
    judging.jobs.rate = lambda answer, reference: None if answer == "label.1" else right(answer, reference)
    judging.answered()
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    judging.evaluate("evaluation-1")
    judging.follow()
    judging.jobs.rate = lambda answer, reference: 1.0
    judging.jobs.end()
    judging.follow(1)
    assert all("the round is void" in str(each) for each in judging.scores().values())


def test_a_run_that_fails_stops_its_jobs_and_no_others(judging: Judging) -> None:
    judging.answered()
    assert judging.call("stop") == {"stopped": 0}
    judging.follow()
    other = FakeJobs.arn("of-another-run")
    judging.jobs.status[other] = "InProgress"
    assert judging.call("stop") == {"stopped": 2}
    assert judging.call("stop") == {"stopped": 0}
    assert judging.jobs.status.pop(other) == "InProgress"
    assert set(judging.jobs.status.values()) == {"Stopping"}
    judging.jobs.end("Stopped")
    judging.jobs.status.clear()
    assert judging.call("stop") == {"stopped": 0}, "jobs may be deleted"


def test_output_of_other_answers_is_refused(judging: Judging) -> None:
    judging.answered(heldout=1)
    judging.follow()
    judging.jobs.end()
    for uri in [uri for uri in judging.store.objects if uri.endswith("_output.jsonl")]:
        judging.store.objects[uri] = judging.store.objects[uri].replace(b"<answer ", b"<answer f")
    assert judging.follow(1)["pending"] == 0
    assert all("line without the answer" in str(each) for each in judging.scores().values())


def test_other_answers_are_a_new_round(judging: Judging) -> None:
    judging.answered(heldout=1)
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    part = f"s3://data/evaluations/{judging.run.id}/part-0000.jsonl"
    judging.store.objects[part] = judging.store.objects[part].replace(b"label.3", b"label.4")
    assert judging.follow()["pending"] == 1
    judging.jobs.end()
    assert judging.follow(1)["pending"] == 0
    assert len(judging.jobs.requests) == 3
    assert len(judging.scores()) == 3, "what was paid for stays"


def test_an_answer_reaches_the_verdict(judging: Judging) -> None:
    judging.answered(heldout=25)
    judging.follow()
    judging.jobs.end()
    judging.follow(1)
    found = judging.step("judge")
    assert found["measure"] == f"share that {JUDGE} judged right"
    assert (found["student"]["value"], found["base"]["value"]) == (1, 1 / 25)
    assert found["student"]["scored"] == 25


def test_without_scores_the_verdict_is_inconclusive_and_says_why(judging: Judging) -> None:
    judging.answered(heldout=25)
    judging.follow()
    judging.jobs.end("Failed")
    judging.follow(1)
    found = judging.step("judge")
    assert (found["passed"], found["outcome"]) == (False, "inconclusive")
    assert found["student"]["scored"] == 0
    report = wire.parse(judging.store.objects[found["report_uri"]])
    assert {(one.scored, one.unscored, one.missing) for one in report.contestants} == {(0, 25, 0)}
    assert any("25 of 25 answers of the student have no score: the judge's job" in each for each in found["reasons"])


def test_prompts_are_what_the_judge_reads(judging: Judging) -> None:
    judging.answered(heldout=1)
    judging.follow()
    (uri, *_) = [uri for uri in judging.store.objects if "/judging/dev-judge" in uri and uri.endswith(".jsonl")]
    assert json.loads(judging.store.objects[uri].splitlines()[0])["prompt"] == "[system]\nlabel it\n\n[user]\nmessage 0"
