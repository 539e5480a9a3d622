"""The promotion stage, through its handler: only a passed model goes live, nothing happens twice, and
rollbacks work.
"""

import json
from typing import Any

import pytest

from distillery.core import redaction
from distillery.core.aws import ClientError
from distillery.core.errors import BadRequest, EndpointFailed, NotAdmitted, QuotaTooSmall, SystemPromptLost
from distillery.core.function_url import Caller
from distillery.core.pipeline import Outcome, Stage
from distillery.core.recipe import Recipe
from distillery.core.serialization import to_wire
from distillery.core.system_prompt import SystemPrompt, SystemPromptUse
from lambdas.promotion.handler import rollback, step
from tests.fakes.callers import ANA, FORGED, LEA, STRANGER, event, response
from tests.fakes.pipeline import open_run, provisioned, recipe, student
from tests.unit.promotion.harness import PARAMETER, Harness

TAGS = {
    "distillery:environment": "dev",
    "distillery:recipe": "support",
    "distillery:route": "distilled/support",
}


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_the_first_promotion_makes_the_live_endpoint_and_the_alias(harness: Harness, settings: Recipe) -> None:
    state = harness.walk(harness.state("a", settings))
    (live,) = harness.bedrock.everything().values()
    assert live.model == harness.alias["current"] == student("a").model_arn
    assert (harness.alias["version"], harness.alias["previous"]) == (1, None)
    assert harness.alias["endpoint"] == state["live"]
    assert harness.alias["region"] == "us-east-1"
    assert live.tags == TAGS
    record = harness.ledger.run(state["run"]["id"])
    assert record.outcome is Outcome.PROMOTED
    assert record.stages[Stage.PROMOTION].product == harness.alias
    assert harness.ledger.active() == {}
    assert "0.900" in harness.sns.published[0]["Message"]


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_a_later_promotion_keeps_the_endpoint_and_moves_its_model(harness: Harness, settings: Recipe) -> None:
    first = harness.walk(harness.state("a", settings))
    second = harness.walk(harness.state("b", settings))
    assert first["live"] == second["live"]
    assert harness.alias["version"] == 2
    assert harness.alias["previous"] == student("a").model_arn
    assert len(harness.bedrock.everything()) == 1


@pytest.mark.parametrize("settings", [recipe(), provisioned()])
def test_a_live_endpoint_without_its_route_s_tag_gets_it_before_its_model(harness: Harness, settings: Recipe) -> None:
    harness.walk(harness.state("a", settings))
    (live,) = harness.bedrock.everything().values()
    live.tags = {"distillery:environment": "dev", "somebody": "else"}
    step({"step": "promote", "state": harness.state("b", settings)}, None)
    assert live.tags == {"distillery:environment": "dev", "distillery:route": "distilled/support", "somebody": "else"}
    assert live.model == student("a").model_arn


def test_callers_keep_the_old_model_until_the_update_is_done(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    state = harness.state("b")
    state["live"] = step({"step": "promote", "state": state}, None)
    with pytest.raises(EndpointFailed, match=r"updating with .*aaaa"):
        step({"step": "record", "state": state}, None)
    assert harness.alias["current"] == student("a").model_arn


@pytest.mark.parametrize("name", ["promote", "describe", "record"])
@pytest.mark.parametrize("missing", [False, True])
def test_nothing_goes_live_without_a_passed_verdict(harness: Harness, name: str, missing: bool) -> None:
    state = harness.state("a", passed=False)
    if missing:
        del state["verdict"]
    with pytest.raises(BadRequest, match="verdict"):
        step({"step": name, "state": state}, None)
    assert harness.bedrock.everything() == {} == harness.ssm.parameters


def test_an_update_that_fails_leaves_the_alias_and_the_old_model(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    state = harness.state("b")
    state["live"] = step({"step": "promote", "state": state}, None)
    (live,) = harness.bedrock.everything().values()
    live.update = "UpdateFailed"
    with pytest.raises(EndpointFailed, match="update failed"):
        step({"step": "describe", "state": state}, None)
    assert (live.model, harness.alias["version"]) == (student("a").model_arn, 1)
    step({"step": "close", "state": {"run": state["run"], "error": {"Error": "EndpointFailed", "Cause": "x"}}}, None)
    harness.walk(harness.state("c"))
    assert harness.alias["current"] == student("c").model_arn


def test_an_update_left_by_an_aborted_run_is_waited_for_and_then_followed_by_ours(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    aborted = harness.state("b")
    step({"step": "promote", "state": aborted}, None)
    harness.ledger.close(aborted["run"]["id"], Outcome.FAILED, "aborted")
    state = harness.state("c")
    state["live"] = step({"step": "promote", "state": state}, None)
    assert step({"step": "describe", "state": state}, None) == {"status": "pending"}
    harness.bedrock.settle()  # the aborted run's model
    assert step({"step": "describe", "state": state}, None) == {"status": "pending"}
    harness.bedrock.settle()
    assert step({"step": "describe", "state": state}, None) == {"status": "ready"}


def test_a_live_endpoint_that_failed_and_that_nobody_uses_is_made_again(harness: Harness) -> None:
    broken = harness.state("a")
    step({"step": "promote", "state": broken}, None)
    (live,) = harness.bedrock.everything().values()
    live.status = "Failed"
    with pytest.raises(EndpointFailed):
        step({"step": "describe", "state": broken | {"live": to_wire({})}}, None)
    harness.ledger.close(broken["run"]["id"], Outcome.FAILED, "as the test wants")
    harness.walk(harness.state("b"))
    assert len(set(harness.bedrock.tokens)) == 2
    assert harness.alias["current"] == student("b").model_arn


def test_an_evaluation_asks_with_a_token_of_its_own_for_the_endpoint_that_the_guard_deleted(harness: Harness) -> None:
    state = harness.state("a")
    step({"step": "promote", "state": state}, None)
    harness.bedrock.deployments.clear()  # the execution failed before the alias was written
    again = state | {"action": "evaluate", "evaluation": {"execution": "evaluation-support-20261123T090807Z"}}
    harness.walk(again)
    assert len(set(harness.bedrock.tokens)) == 2
    assert harness.alias["current"] == student("a").model_arn


def test_a_live_endpoint_that_failed_in_use_is_not_deleted(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    (live,) = harness.bedrock.everything().values()
    live.status = "Failed"
    state = harness.state("b")
    step({"step": "promote", "state": state}, None)
    with pytest.raises(EndpointFailed):
        step({"step": "describe", "state": state}, None)
    assert live in harness.bedrock.everything().values()


CHANGES = [recipe(student="amazon.nova-lite-v1:0"), provisioned()]


@pytest.mark.parametrize("changed", CHANGES)
def test_a_new_base_or_hosting_mode_replaces_the_endpoint_after_the_alias(harness: Harness, changed: Recipe) -> None:
    first = harness.walk(harness.state("a"))
    second = harness.walk(harness.state("b", changed))
    assert first["live"]["arn"] != second["live"]["arn"]
    assert [fake.arn for fake in harness.bedrock.everything().values()] == [second["live"]["arn"]]
    assert harness.alias["previous"] == student("a").model_arn
    assert harness.alias["base"] == changed.student
    harness.roll_back()
    assert harness.alias["endpoint"]["mode"] == "on-demand"
    assert harness.alias["current"] == student("a").model_arn
    assert len(harness.bedrock.everything()) == 1
    assert len(set(harness.bedrock.tokens)) == 3  # an old client token would return the old endpoint and create none


def test_a_roll_back_and_a_second_one_swap_two_models(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    harness.walk(harness.state("b"))
    for version, letter, other in ((3, "a", "b"), (4, "b", "a")):
        state = harness.roll_back(to=version - 2)
        assert harness.alias["version"] == version
        assert harness.alias["current"] == student(letter).model_arn
        assert harness.alias["previous"] == student(other).model_arn
        assert {fake.model for fake in harness.bedrock.everything().values()} == {student(letter).model_arn}
        assert state["alias"]["run"].startswith("support-")
        assert harness.ledger.active() == {}
        harness.machine.started.clear()
    assert "rolled-back" in harness.sns.published[-1]["Message"]


def test_a_roll_back_that_fails_gives_the_recipe_free(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    harness.walk(harness.state("b"))
    assert harness.ask_back()[0] == 200
    state = json.loads(harness.machine.started[-1]["input"])
    assert harness.ledger.active() == {"support": state["holder"]}
    state["error"] = {"Error": "EndpointFailed", "Cause": json.dumps({"errorMessage": "it is gone"})}
    answer = step({"step": "close", "state": state}, None)
    assert answer == {"outcome": "failed", "reason": "EndpointFailed: it is gone"}
    assert harness.ledger.active() == {}
    assert harness.alias["version"] == 2
    (record,) = harness.rollbacks.of("support")
    assert (record.outcome, record.reason) == (Outcome.FAILED, "EndpointFailed: it is gone")


def test_the_way_back_is_refused_before_there_is_one(harness: Harness) -> None:
    for match in ("no alias", "one model only"):
        status, refused = harness.ask_back()
        assert (status, refused["error"]["type"]) == (409, "NothingToRollBack")
        assert match in refused["error"]["message"]
        if match == "no alias":
            harness.walk(harness.state("a"))
    assert harness.ledger.active() == {}
    assert harness.machine.started == []


def test_a_roll_back_waits_for_the_run_on_the_road(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    run = open_run(harness.ledger, digest="b")
    status, refused = harness.ask_back()
    assert (status, refused["error"]["type"]) == (409, "RunActive")
    assert harness.ledger.active() == {"support": run.id}


def test_a_roll_back_that_cannot_start_gives_the_recipe_free(harness: Harness) -> None:
    harness.walk(harness.state("a"))
    harness.walk(harness.state("b"))
    harness.machine.refuse = "ExecutionLimitExceeded"
    with pytest.raises(ClientError):
        harness.ask_back()
    assert harness.ledger.active() == {}
    (record,) = harness.rollbacks.of("support")
    assert (record.outcome, record.by) == (Outcome.FAILED, ANA.arn)


def test_a_roll_back_without_a_recipe_is_refused(harness: Harness) -> None:
    status, refused = response(rollback(event({}), None))
    assert (status, refused["error"]["type"]) == (400, "BadRequest")
    assert "recipe" in refused["error"]["message"]


def test_a_roll_back_says_who_asked_from_what_to_what(harness: Harness) -> None:
    for letter in "ab":
        harness.walk(harness.state(letter))
    left = harness.alias
    harness.roll_back()
    (record,) = harness.rollbacks.of("support")
    assert (record.by, record.left, record.to) == (ANA.arn, left["current"], left["previous"])
    assert (record.outcome, bool(record.closed)) == (Outcome.ROLLED_BACK, True)


def test_a_direct_invocation_rolls_nothing_back(harness: Harness) -> None:
    for letter in "ab":
        harness.walk(harness.state(letter))
    with pytest.raises(NotAdmitted, match="a direct invocation has no caller"):
        rollback({"recipe": "support", "version": 2}, None)
    assert (harness.machine.started, harness.rollbacks.of("support")) == ([], [])


def test_a_roll_back_that_is_sent_again_does_not_go_forward_again(harness: Harness) -> None:
    """A signed request can be replayed for some minutes, and would restore the model that was rolled back."""
    for letter in "ab":
        harness.walk(harness.state(letter))
    once = event({"recipe": "support", "version": harness.alias["version"], "reason": "worse answers"})
    harness.roll_back()
    status, refused = response(rollback(once, None))
    assert (status, refused["error"]["type"]) == (400, "BadRequest")
    assert "is version 3 by now, not 2" in refused["error"]["message"]
    assert (len(harness.machine.started), harness.ledger.active()) == (1, {})


@pytest.mark.parametrize("forged", [{"by": "arn"}, FORGED])
def test_a_caller_that_is_forged_in_the_body_rolls_nothing_back(harness: Harness, forged: dict[str, Any]) -> None:
    for letter in "ab":
        harness.walk(harness.state(letter))
    assert harness.ask_back(**forged)[0] == 400
    assert harness.rollbacks.of("support") == []


LEFT_OUT = f"{redaction.LEFT_OUT} (in full: the history of the execution)"
ERRORS = [
    ({"Error": "JobFailed", "Cause": json.dumps({"errorMessage": "no luck"})}, "JobFailed: no luck"),
    ({"Error": "States.Timeout", "Cause": ""}, "States.Timeout"),
    ({"Error": "States.TaskFailed", "Cause": "Rate exceeded"}, "States.TaskFailed: Rate exceeded"),
    ({"Error": "States.TaskFailed", "Cause": "My card was charged twice."}, f"States.TaskFailed: {LEFT_OUT}"),
    ({"Error": "KeyError", "Cause": json.dumps({"errorMessage": "'My card'"})}, f"KeyError: {LEFT_OUT}"),
    ({"Error": "E", "Cause": "[1]"}, f"E: {LEFT_OUT}"),
    ({}, "Unknown"),
]


@pytest.mark.parametrize(("error", "reason"), ERRORS)
def test_after_a_failure_the_run_alone_suffices_to_close_it(
    harness: Harness, error: dict[str, str], reason: str
) -> None:
    run = open_run(harness.ledger)
    state = {"action": "distil", "run": to_wire(run), "error": error}
    assert step({"step": "close", "state": state}, None) == {"outcome": "failed", "reason": reason}
    assert harness.ledger.run(run.id).reason == reason
    assert harness.ledger.active() == {}


def test_a_student_that_did_not_pass_closes_its_run_as_rejected(harness: Harness) -> None:
    state = harness.state("a", passed=False)
    assert step({"step": "close", "state": state}, None)["outcome"] == "rejected"
    assert "needed is 0.500" in harness.sns.published[0]["Message"]
    assert harness.sns.published[0]["Subject"] == "Distillery: support rejected"


def test_an_unknown_step_is_refused(harness: Harness) -> None:
    with pytest.raises(BadRequest, match="close, delete, describe, follow_up, keep_prompt, pause, promote, record"):
        step({"step": "dance", "state": harness.state("a")}, None)


LEADS, APPROVERS = ("assumed-role/leads/*",), ("assumed-role/approvers/*",)


@pytest.mark.parametrize("by", [ANA, STRANGER], ids=["a decider of another recipe", "a role of that name elsewhere"])
def test_nobody_rolls_back_a_recipe_that_names_others(harness: Harness, by: Caller) -> None:
    for letter in "ab":
        harness.walk(harness.state(letter))
    harness.recipes = {"support": recipe(deciders=LEADS), "returns": recipe(name="returns", deciders=APPROVERS)}
    reads = len(harness.ssm.reads)
    status, refused = harness.ask_back(by)
    assert (status, refused["error"]["type"]) == (403, "NotAdmitted")
    assert "recipe 'support': only the deciders" in refused["error"]["message"]
    assert (harness.machine.started, harness.rollbacks.of("support"), harness.ledger.active()) == ([], [], {})
    assert len(harness.ssm.reads) == reads
    assert harness.ask_back(LEA)[0] == 200


@pytest.mark.parametrize("others", [APPROVERS, ()], ids=["limited too", "for all"])
def test_a_recipe_that_the_settings_lost_goes_back_where_not_all_others_are_limited(
    harness: Harness, others: tuple[str, ...]
) -> None:
    for letter in "ab":
        harness.walk(harness.state(letter))
    harness.recipes = {"returns": recipe(name="returns", deciders=others)}
    assert harness.ask_back()[0] == (403 if others else 200)
    assert bool(harness.machine.started) is not bool(others)


LONG = "Answer with one label of this list. " * 430  # 15 KB
SHORT = "Antworte mit einem Wort: \u00e4\U0001f600\u2028."


def test_the_alias_names_the_system_prompt_of_the_live_and_the_previous_model(harness: Harness) -> None:
    harness.walk(harness.state("a", system=harness.learned(LONG)))
    system = harness.alias["system"]
    uri = f"s3://data/system-prompts/support/{system['sha256']}.txt"
    assert system == {"use": "shared", "uri": uri, "sha256": system["sha256"], "bytes": len(LONG)}
    assert harness.s3.get_object(Bucket="data", Key=uri.removeprefix("s3://data/"))["Body"].read() == LONG.encode()
    assert harness.alias["previous_system"] is None
    harness.walk(harness.state("b", system=harness.learned(SHORT)))
    assert harness.alias["previous_system"] == system
    assert harness.alias["system"]["sha256"] != system["sha256"]
    harness.roll_back()
    assert harness.alias["system"] == system
    harness.roll_back(to=2)
    assert harness.alias["previous_system"] == system
    assert len(harness.ssm.parameters[PARAMETER]) < 4096, "the limit of a standard parameter"
    keys = harness.s3.remaining_keys("data")
    assert sum(key.startswith("system-prompts/") for key in keys) == 2, "each is written once"


@pytest.mark.parametrize("use", [SystemPromptUse.NONE, SystemPromptUse.SEVERAL, None])
def test_without_a_shared_system_prompt_none_is_stored(harness: Harness, use: SystemPromptUse | None) -> None:
    harness.walk(harness.state("a", system=harness.learned(LONG)))
    harness.walk(harness.state("b", system=SystemPrompt(use=use) if use else None))
    assert (harness.alias["system"] or {}).get("use") == use
    assert len([key for key in harness.s3.remaining_keys("data") if key.startswith("system-prompts/")]) == 1


@pytest.mark.parametrize("gone", ["copy", "original", "both"])
@pytest.mark.parametrize("back", [False, True])
def test_a_missing_system_prompt_is_copied_again_or_the_model_does_not_go_live(
    harness: Harness, gone: str, back: bool
) -> None:
    learned = harness.learned(LONG)
    first = harness.walk(harness.state("a", system=learned))
    harness.walk(harness.state("b", system=harness.learned(SHORT)))
    stored = first["alias"]["system"]["uri"]
    for uri in {"copy": [stored], "original": [learned.uri], "both": [stored, learned.uri]}[gone]:
        harness.s3.delete_object(Bucket="data", Key=uri.removeprefix("s3://data/"))
    if gone == "both":
        _refused_and_nothing_moves(harness, learned, back, "is gone, and so is its copy")
        return
    after = harness.roll_back() if back else harness.walk(harness.state("c", system=learned))
    assert after["alias"]["system"]["uri"] == stored
    key = stored.removeprefix("s3://data/")
    assert harness.s3.get_object(Bucket="data", Key=key)["Body"].read() == LONG.encode()


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("body", [b"", b"something else"])
def test_an_altered_system_prompt_stops_the_promotion(harness: Harness, back: bool, body: bytes) -> None:
    learned = harness.learned(LONG)
    first = harness.walk(harness.state("a", system=learned))
    harness.walk(harness.state("b", system=harness.learned(SHORT)))
    harness.s3.put(first["alias"]["system"]["uri"], body)
    _refused_and_nothing_moves(harness, learned, back, "was altered")


def _refused_and_nothing_moves(harness: Harness, learned: SystemPrompt, back: bool, why: str) -> None:
    before = harness.alias
    state = harness.state("c", system=learned) if not back else {}
    if back:
        assert harness.ask_back()[0] == 200
        state = json.loads(harness.machine.started[-1]["input"])
    with pytest.raises(SystemPromptLost, match=why):
        step({"step": "promote", "state": state}, None)
    harness.bedrock.settle()
    (live,) = harness.bedrock.everything().values()
    assert (live.model, harness.alias) == (student("b").model_arn, before)


def test_an_alias_of_an_older_version_can_be_rolled_back(harness: Harness) -> None:
    """It has neither of the two keys."""
    harness.walk(harness.state("a", system=harness.learned(LONG)))
    harness.walk(harness.state("b"))
    older = {name: value for name, value in harness.alias.items() if "system" not in name}
    harness.ssm.parameters[PARAMETER] = json.dumps(older)
    harness.roll_back()
    assert harness.alias["system"]["bytes"] == len(LONG), "from the data set of its run"
    assert harness.alias["previous_system"] is None


def test_no_live_endpoint_is_created_above_the_ceiling_of_model_units(harness: Harness) -> None:
    harness.set("MAX_MODEL_UNITS", "1")
    state = harness.state("a", provisioned())
    with pytest.raises(QuotaTooSmall, match="max_model_units"):
        step({"step": "promote", "state": state}, None)
    assert harness.bedrock.everything() == {}
    harness.set("MAX_MODEL_UNITS", "2")
    harness.walk(state)


def test_the_lease_of_a_borrowed_student_is_there_before_it_goes_live(harness: Harness) -> None:
    state = harness.state("a")
    run, key = state["run"]["id"], f"run#{state['run']['id']}"
    model = "arn:aws:bedrock:us-east-1:111111111111:custom-model/m"
    borrowed = json.dumps({"model_arn": model, "job_arn": "arn:job", "borrowed": True})
    harness.table.items["recipe#support", key]["distillation_product"] = borrowed
    state["student"]["model_arn"] = model
    harness.bedrock.refuse["create_custom_model_deployment"] = "AccessDeniedException"
    with pytest.raises(ClientError):
        step({"step": "promote", "state": state}, None)
    assert [*harness.bedrock.leases] == ["distillery:lease/dev"]
    assert [(each.arn, each.run) for each in harness.ledger.borrowed.all()] == [(model, run)]
