"""Runs that are promoted: in both hosting modes, with and without references."""

import json
from decimal import Decimal

import pytest

from distillery.core.conversation import parse
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Alias, Outcome, Stage
from distillery.core.serialization import from_wire
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.notifications import listen
from tests.journey.prompts import support, unlabelled


def test_an_upload_becomes_a_live_alias_that_answers_in_the_inference_region(deploy: Deploy) -> None:
    environment = deploy("dev")
    notices = listen(environment)
    record = environment.run(support())
    assert record.outcome is Outcome.PROMOTED, record.reason
    alias = environment.promoted()
    answer = environment.ask(support()[0])
    assert answer["identifier"] == alias.endpoint.arn
    assert (answer["model"], answer["region"]) == (alias.current, environment.home)
    assert answer["text"] in {prompt.reference for prompt in support()}
    _lineage_is_complete(environment, record.run.id)
    _held_out_prompts_never_reached_the_job(environment, record)
    assert "promoted" in notices()[-1]["Subject"]
    assert_nothing_is_left(environment)


def _lineage_is_complete(environment: Environment, run: str) -> None:
    """prompts → data set → job → model → candidate → verdict → alias: each names the one before."""
    record, alias = environment.ledger.run(run), environment.promoted()
    products = {stage: record.stages[stage].product for stage in Stage}
    times = [moment for stage in Stage for moment in (record.stages[stage].started, record.stages[stage].ended)]
    assert times == sorted(time for time in times if time), "the stages ran in another order than the pipeline's"
    job = environment.client("bedrock").get_model_customization_job(
        jobIdentifier=products[Stage.DISTILLATION]["job_arn"]
    )
    assert job["jobName"] == environment.names.job(run)
    assert job["trainingDataConfig"]["s3Uri"] == products[Stage.DATASET]["uri"]
    assert job["outputModelArn"] == products[Stage.DISTILLATION]["model_arn"] == alias.current
    assert products[Stage.ENDPOINT]["name"] == environment.names.candidate(run)
    report = json.loads(environment.read(products[Stage.EVALUATION]["report_uri"]))
    assert (report["run"], report["passed"], report["measure"]) == (run, True, "accuracy")
    assert len(report["prompts"]) == record.run.dataset.heldout
    assert from_wire(Alias, products[Stage.PROMOTION]) == alias
    assert (alias.run, alias.version, alias.previous) == (run, 1, None)


def _held_out_prompts_never_reached_the_job(environment: Environment, record: RunRecord) -> None:
    """The job names one file, and that file contains no held-out prompt."""
    dataset = record.run.dataset
    job = environment.client("bedrock").get_model_customization_job(jobIdentifier=environment.names.job(record.run.id))
    assert job["trainingDataConfig"] == {"s3Uri": dataset.uri}
    assert not job.get("validationDataConfig", {}).get("validators")
    train, heldout = (
        {parse(line.decode()).digest for line in environment.read(uri).splitlines()}
        for uri in (dataset.uri, dataset.heldout_uri)
    )
    assert (len(train), len(heldout)) == (dataset.prompts, dataset.heldout)
    assert not train & heldout


def test_a_provisioned_candidate_is_billed_until_its_verdict(
    deploy: Deploy,
) -> None:
    environment = deploy("launch", model_units=2)
    record = environment.run(support())
    assert record.outcome is Outcome.PROMOTED, record.reason
    live = environment.promoted().endpoint.arn
    assert ":provisioned-model/" in live
    before = _hours(environment)
    assert before["candidate"] > 0
    environment.advance_hours(10)
    after = _hours(environment)
    assert after["candidate"] == pytest.approx(before["candidate"], abs=0.01), "the candidate is still billed"
    assert after["live"] >= before["live"] + 10
    assert environment.ask(support()[0])["identifier"] == live
    _announced_optimized_latency(environment)
    assert_nothing_is_left(environment)


def _announced_optimized_latency(environment: Environment) -> None:
    """Claude 3.5 Haiku with optimized latency in us-east-2, at $1 and $5 per million tokens."""
    answer = environment.ask(support()[0], route="fast")
    assert answer["identifier"] == "us.anthropic.claude-3-5-haiku-20241022-v1:0"
    assert (answer["region"], answer["served"]["latency"]) == ("us-east-2", "optimized")
    usage = answer["usage"]
    paid = Decimal(1) * usage["input_tokens"] + Decimal(5) * usage["output_tokens"]
    assert Decimal(str(answer["cost_usd"])) == paid / 1_000_000


def _hours(environment: Environment) -> dict[str, float]:
    inventory = environment.inventory()
    live = sum(one["hours"] for one in inventory["provisioned_throughput"])
    return {"live": live, "candidate": inventory["hours_billed"] - live}


def test_prompts_without_references_report_agreement_with_the_teacher_and_decide_nothing(deploy: Deploy) -> None:
    environment = deploy("dev")
    record = environment.run(unlabelled(support()))
    verdict = record.stages[Stage.EVALUATION].product
    assert verdict["measure"] == "agreement with the teacher"
    assert verdict["teacher"]["value"] == 1.0
    assert verdict["base"]["value"] < verdict["student"]["value"] < 1.0
    assert (verdict["outcome"], record.outcome) == ("inconclusive", Outcome.INCONCLUSIVE)
    assert "no reference answers" in record.reason
    assert environment.alias() is None
    assert_nothing_is_left(environment)
