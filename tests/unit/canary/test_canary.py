"""A canary from the verdict to its end: it passes, is withdrawn, or decides nothing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from distillery.client.alias import parse_alias
from distillery.client.canary import CANARY, LIVE
from distillery.client.metrics import NAMESPACE, Dimension, Metric
from distillery.core.aws import ClientError
from distillery.core.canary import CanaryOutcome
from distillery.core.claims import ClaimKind, Claims
from distillery.core.env_vars import Variable
from distillery.core.errors import Unfinished
from distillery.core.ledger.leases import Leases
from distillery.core.names import TAG_ROUTE, Names
from distillery.core.pipeline import Endpoint
from distillery.core.serialization import from_wire
from lambdas.canary import handler, metrics
from lambdas.canary.canary import UNMEASURED
from tests.fakes.pipeline import student
from tests.unit.canary.harness import CanaryHarness
from tests.unit.promotion.harness import PARAMETER

SECOND = "dev-canary-"


def test_one_that_passes_goes_live_and_leaves_nothing(harness: CanaryHarness) -> None:
    state = harness.begin()
    assert harness.outcome == "canary"
    assert harness.ledger.active() == {}
    harness.admit(state)
    assert harness.alias["current"] == student("a").model_arn
    assert harness.watch(state) == 13  # every five minutes of an hour, and once more when the last metrics are there
    assert state["look"]["step"] == "promote"
    assert harness.ledger.active() == {"support": state["holder"]}
    assert harness.end(state) == "promoted"
    assert harness.alias["current"] == student("b").model_arn
    assert harness.alias["canary"] is None
    assert (harness.endpoints, harness.ledger.active(), Leases(harness.table).all()) == ([], {}, ())
    (record,) = harness.canaries.of("support")
    assert (record.outcome, harness.canaries.current("support")) == (CanaryOutcome.PASSED, None)
    assert "It passed with 1300 answers" in record.reason
    assert harness.sns.published[-1]["Subject"] == "Distillery: canary of support passed"


def test_the_alias_carries_what_callers_need(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    found = parse_alias(with_real_arns(harness), "us-east-1").canary
    assert found is not None
    assert (found.share, found.salt, found.model) == (0.2, state["holder"], student("b").model_arn)
    assert found.end == pytest.approx(harness.seconds + 3600, abs=1)
    assert harness.alias["version"] == 2


def with_real_arns(harness: CanaryHarness) -> str:
    """The alias, with ids as Bedrock gives them: those of the fake are names."""
    text = harness.ssm.parameters[PARAMETER]
    for number, name in enumerate(sorted(harness.bedrock.deployments)):
        text = text.replace(f"custom-model-deployment/{name}", f"custom-model-deployment/{number:012}")
    return text


def test_callers_are_let_in_no_earlier_than_the_alias_names_it(harness: CanaryHarness) -> None:
    state = harness.begin()
    state["candidate"] = harness.canary("create", state)
    (endpoint,) = [each for each in harness.bedrock.deployments.values() if each.name.startswith(SECOND)]
    assert TAG_ROUTE not in endpoint.tags
    assert "canary" not in harness.ssm.parameters[PARAMETER] or harness.alias["canary"] is None
    harness.admit(state)
    assert endpoint.tags[TAG_ROUTE] == "distilled/support"


def test_a_lease_keeps_its_endpoint_until_after_the_end(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    (lease,) = Leases(harness.table).all()
    end = datetime.fromisoformat(harness.alias["canary"]["end"])
    assert (lease.resource, lease.owner) == (state["candidate"]["name"], state["holder"])
    assert end + timedelta(hours=2) < datetime.fromisoformat(lease.until) < end + timedelta(hours=4)


@pytest.mark.parametrize("what", ["errors", "latency", "refusals", "fallbacks"])
def test_one_that_is_worse_is_withdrawn_long_before_its_end(harness: CanaryHarness, what: str) -> None:
    state = harness.admit(harness.begin())
    if what == "errors":
        harness.cloudwatch.failed = {SECOND: 10}
    elif what == "latency":
        harness.cloudwatch.latency = {SECOND: 900.0}
    else:
        metric = "Refused" if what == "refusals" else "Diverted"
        harness.cloudwatch.requests = {
            ("canary", "Assigned"): 20,
            ("live", "Assigned"): 80,
            ("canary", metric): 10,
        }
    assert harness.watch(state) <= 4
    assert (state["look"]["step"], state["look"]["outcome"]) == ("withdraw", "worse")
    assert harness.end(state) == "rejected"
    assert harness.alias["current"] == student("a").model_arn
    assert (harness.alias["canary"], harness.endpoints) == (None, [])
    record = harness.ledger.run(harness.run)
    assert record.reason.startswith("Its canary: It is worse than the live model: ")


@pytest.mark.parametrize(("failed", "outcome"), [(0, "passed"), (10, "worse")])
def test_errors_of_callers_which_both_endpoints_return_decide_nothing(
    harness: CanaryHarness, failed: int, outcome: str
) -> None:
    """The live endpoint has them twice: of its own requests, and of those that the canary returned first."""
    state = harness.admit(harness.begin())
    harness.cloudwatch.refused = {SECOND: 4, "-live-": 24}
    harness.cloudwatch.failed = {SECOND: failed}
    harness.watch(state)
    assert state["look"]["outcome"] == outcome
    assert not failed or "error rate" in state["look"]["reason"]


def test_errors_of_callers_which_only_the_canary_returns_are_in_the_metrics_of_callers(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.cloudwatch.refused = {SECOND: 10}
    harness.cloudwatch.requests = {
        ("canary", "Assigned"): 20,
        ("live", "Assigned"): 80,
        ("canary", "Diverted"): 10,
    }
    assert harness.watch(state) <= 4
    assert (state["look"]["outcome"], "fallback ratio" in state["look"]["reason"]) == ("worse", True)
    assert "error rate" not in state["look"]["reason"]


@pytest.mark.parametrize(
    ("follows", "outcome", "letter"),
    [("wait", "awaiting-acceptance", "a"), ("keep", "inconclusive", "a"), ("promote", "promoted", "b")],
)
def test_the_recipe_says_what_follows_too_little_traffic(
    monkeypatch: pytest.MonkeyPatch, follows: str, outcome: str, letter: str
) -> None:
    harness = CanaryHarness(monkeypatch, inconclusive=follows)
    state = harness.admit(harness.begin())
    harness.cloudwatch.calls = 1
    assert harness.watch(state) == 13
    assert state["look"]["outcome"] == "inconclusive"
    assert "it answered 65 requests, and 100 are needed" in state["look"]["reason"]
    repeated = handler.step({"step": "look", "state": state}, None)
    assert (repeated["step"], repeated["outcome"]) == (state["look"]["step"], "inconclusive")
    assert harness.end(state) == outcome
    assert harness.alias["current"] == student(letter).model_arn
    assert harness.alias["canary"] is None


def test_one_of_which_nothing_was_measured_never_goes_live_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = CanaryHarness(monkeypatch, inconclusive="promote")
    state = harness.admit(harness.begin())
    harness.cloudwatch.calls = 0
    harness.watch(state)
    assert (state["look"]["step"], state["look"]["outcome"]) == ("withdraw", "inconclusive")
    assert str(state["look"]["reason"]).endswith(UNMEASURED)
    assert harness.end(state) == "awaiting-acceptance"
    assert harness.alias["current"] == student("a").model_arn


def test_an_evaluation_of_its_run_does_not_keep_its_endpoint(harness: CanaryHarness) -> None:
    """Its lease alone does, although the run is active again and has a candidate with a lease."""
    state = harness.admit(harness.begin())
    endpoint = from_wire(Endpoint, state["candidate"])
    leases = Leases(harness.table)
    leases.take(harness.run, owner=harness.run, purpose="evaluation")

    def claim() -> ClaimKind | None:
        claims = Claims(active={"support": harness.run}, leases=leases.all(), live_arn=lambda _recipe: None)
        found = claims.of(endpoint, recipe="support", run=harness.run)
        return found.kind if found else None

    assert claim() is ClaimKind.LEASE
    leases.release_all(owner=state["holder"])
    assert claim() is None
    leases.end(harness.run)
    assert claim() is None


def test_its_metrics_are_those_of_both_regions_since_it_has_begun(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.look(state)
    bedrock, callers = harness.cloudwatch.asked
    assert bedrock["StartTime"].isoformat(timespec="seconds") == harness.alias["canary"]["begun"]
    assert {query["MetricStat"]["Period"] for query in bedrock["MetricDataQueries"]} == {60}
    assert (len(bedrock["MetricDataQueries"]), len(callers["MetricDataQueries"])) == (12, 6)


@pytest.mark.parametrize(
    "statuses", [("InternalError",), ("Forbidden",), ("PartialData",), ("Complete", "InternalError"), ()]
)
def test_metrics_that_are_not_complete_decide_nothing(harness: CanaryHarness, statuses: tuple[str, ...]) -> None:
    """A canary whose failures CloudWatch could not return would pass. The state machine retries the step."""
    state = harness.admit(harness.begin())
    harness.cloudwatch.statuses = {"InvocationServerErrors": statuses}
    with pytest.raises(Unfinished, match="InvocationServerErrors: " + (statuses[-1] if statuses else "missing")):
        harness.look(state)
    harness.cloudwatch.statuses = {"InvocationServerErrors": ("PartialData", "Complete")}
    harness.watch(state)
    assert state["look"]["outcome"] == "passed"


def test_a_canary_of_days_asks_for_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = CanaryHarness(monkeypatch, minutes=10_080)
    state = harness.admit(harness.begin())
    assert state["look"] == {"wait": 35 * 60}
    harness.look(state)
    assert {query["MetricStat"]["Period"] for query in harness.cloudwatch.asked[0]["MetricDataQueries"]} == {300}


def test_where_another_run_has_the_recipe_one_that_passed_waits_for_a_person(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.ledger.lock("support", "support-aaaaa-cccccccc-1")
    harness.watch(state)
    assert (state["look"]["step"], state["look"]["outcome"]) == ("withdraw", "passed")
    assert harness.end(state) == "awaiting-acceptance"
    assert harness.ledger.active() == {"support": "support-aaaaa-cccccccc-1"}
    assert "locked by support-aaaaa-cccccccc-1" in harness.ledger.run(harness.run).reason
    harness.ledger.unlock("support", "support-aaaaa-cccccccc-1")
    status, answer = harness.decide(harness.run)
    assert (status, answer["outcome"]) == (200, "running")
    assert harness.started()["action"] == "promote"  # it has passed already


def test_what_went_live_meanwhile_ends_it_as_superseded(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    harness.walk(harness.state("c"))
    assert harness.alias["canary"] is None
    assert harness.look(state)["outcome"] == "superseded"
    assert harness.end(state) == "inconclusive"
    assert harness.alias["current"] == student("c").model_arn
    assert harness.endpoints == []


def test_a_roll_back_ends_it(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    assert harness.alias["canary"]["model"] == student("b").model_arn
    harness.roll_back()
    assert (harness.alias["current"], harness.alias["canary"]) == (student("f").model_arn, None)
    assert harness.look(state)["outcome"] == "superseded"
    harness.end(state)
    assert (harness.alias["current"], harness.endpoints) == (student("f").model_arn, [])


def test_one_that_was_superseded_before_it_was_admitted_never_takes_a_call(harness: CanaryHarness) -> None:
    state = harness.begin()
    harness.walk(harness.state("c"))
    harness.admit(state)
    assert harness.alias["canary"] is None
    assert harness.look(state)["outcome"] == "superseded"


def test_its_execution_cannot_be_invented(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    with pytest.raises(Exception, match="has not ended as its recipe demands"):
        harness.twice("promote", {**state, "look": {"step": "promote"}})
    with pytest.raises(Exception, match="there is no canary"):
        harness.canary("create", {**state, "holder": "canary-support-20200101T000000Z"})


def test_the_first_student_goes_live_at_once(harness: CanaryHarness) -> None:
    del harness.ssm.parameters[PARAMETER]
    assert harness.twice("follow_up", harness.run_state) == {"outcome": "promoted", "why": ""}


def test_a_second_canary_of_the_recipe_waits_for_a_person(harness: CanaryHarness) -> None:
    harness.begin()
    harness.seconds += 60
    state: dict[str, Any] = harness.state("c", of=harness.with_canary())
    answer = harness.twice("follow_up", state)
    assert answer["outcome"] == "awaiting-acceptance"
    assert "is in progress" in answer["why"]


def test_a_broken_one_is_withdrawn_and_a_person_decides(harness: CanaryHarness) -> None:
    state = harness.admit(harness.begin())
    broken = {**state, "error": {"Error": "EndpointFailed", "Cause": "{}"}}
    harness.withdraw(broken)
    assert (harness.outcome, harness.alias["canary"], harness.endpoints) == ("awaiting-acceptance", None, [])
    assert harness.canaries.of("support")[0].outcome is CanaryOutcome.FAILED


def test_the_lease_of_a_borrowed_student_is_there_before_its_endpoint(harness: CanaryHarness) -> None:
    state = harness.begin()
    key = ("recipe#support", f"run#{harness.run}")
    made = {"model_arn": student("b").model_arn, "job_arn": "arn:job", "borrowed": True}
    harness.table.items[key]["distillation_product"] = json.dumps(made)
    harness.bedrock.refuse["create_custom_model_deployment"] = "AccessDeniedException"
    with pytest.raises(ClientError):
        handler.step({"step": "create", "state": state}, None)
    assert [*harness.bedrock.leases] == ["distillery:lease/dev"]
    assert [(each.arn, each.run) for each in harness.ledger.borrowed.all()] == [(student("b").model_arn, harness.run)]


def test_the_metrics_of_callers_have_the_names_that_the_client_writes() -> None:
    assert (metrics.ASSIGNED, metrics.DIVERTED, metrics.REFUSED) == (Metric.ASSIGNED, Metric.DIVERTED, Metric.REFUSED)
    assert metrics.VARIANTS == (CANARY, LIVE)
    assert (Names("dev").metric_namespace, Dimension.VARIANT) == (NAMESPACE, "Variant")


@pytest.mark.parametrize("deployed", ["", '["faq"]'], ids=["no recipe", "another recipe"])
def test_where_its_recipe_has_canaries_no_more_a_student_goes_live_at_once(
    harness: CanaryHarness, monkeypatch: pytest.MonkeyPatch, deployed: str
) -> None:
    """A run keeps the table that it began with, and no role may carry its canary out."""
    monkeypatch.setenv(Variable.CANARIES, deployed)
    assert harness.twice("follow_up", harness.run_state)["outcome"] == "promoted"
    assert harness.walk(harness.run_state)["alias"]["current"] == student("b").model_arn
