"""What starts each stage, and the configuration of each function."""

import pytest

from distillery.core.env_vars import Variable
from tests.unit.stacks.assembly import Json, resources, templates

PIPELINE = templates("dev")["pipeline"]
RULES = resources(PIPELINE, "AWS::Events::Rule")
E, L, D, J, K, S, T = (
    Variable.ENVIRONMENT,
    Variable.LEDGER,
    Variable.DATA_BUCKET,
    Variable.JOB_ROLE,
    Variable.MODEL_KEY,
    Variable.STATE_MACHINE,
    Variable.TOPIC,
)


def _rule(prefix: str) -> Json:
    (found,) = [rule for name, rule in RULES.items() if name.startswith(prefix)]
    return found


def _targets(rule: Json) -> list[str]:
    return sorted(target["Arn"]["Fn::GetAtt"][0].rpartition("Function")[0] for target in rule["Targets"])


def test_new_objects_under_prompts_and_collected_go_to_the_dataset_function() -> None:
    rule = _rule("DatasetOnUpload")
    assert (rule["EventPattern"]["source"], rule["EventPattern"]["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "prompts/"}, {"prefix": "collected/"}]}
    assert _targets(rule) == ["Dataset"]


def test_the_prompts_bucket_alone_announces_its_objects() -> None:
    buckets = resources(templates("dev")["foundation"], "AWS::S3::Bucket")
    announced = [name for name, bucket in buckets.items() if "NotificationConfiguration" in bucket]
    assert [name.startswith("Prompts") for name in announced] == [True]


def test_ended_jobs_of_this_environment_go_to_the_settle_function() -> None:
    rule = _rule("DistillationOnEndedJob")
    assert rule["EventPattern"] == {
        "source": ["aws.bedrock"],
        "detail-type": ["Model Customization Job State Change"],
        "detail": {"jobName": [{"prefix": "dev-"}], "jobStatus": ["Completed", "Failed", "Stopped"]},
    }
    assert _targets(rule) == ["DistillationSettle"]


def test_broken_executions_of_this_machine_go_to_the_sweep() -> None:
    rule = _rule("EndpointOnBrokenRun")
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert rule["EventPattern"]["detail"]["stateMachineArn"][0]["Ref"].startswith("StateMachine")
    assert _targets(rule) == ["EndpointSweep"]


def test_both_nets_are_cast_every_quarter_of_an_hour() -> None:
    rule = _rule("SlowPoll")
    assert rule["ScheduleExpression"] == "rate(15 minutes)"
    assert {target["Input"] for target in rule["Targets"]} == {'{"poll":true}'}
    assert _targets(rule) == ["DistillationSettle", "EndpointSweep"]


def test_no_event_is_lost_that_a_function_could_not_be_given_or_could_not_handle() -> None:
    functions = resources(PIPELINE, "AWS::Lambda::Function")
    for rule in RULES.values():
        for target in rule["Targets"]:
            own = functions[target["Arn"]["Fn::GetAtt"][0]]["DeadLetterConfig"]["TargetArn"]
            assert target["DeadLetterConfig"]["Arn"] == own


@pytest.mark.parametrize(
    ("handler", "variables"),
    [
        ("lambdas.dataset.handler.receive", {E, L, D, S, T}),
        ("lambdas.dataset.approval.decide", {E, L, S, T}),
        ("lambdas.distillation.handler.step", {E, L, D, J, K}),
        ("lambdas.distillation.handler.settle", {E, L, T}),
        ("lambdas.endpoint.handler.step", {E, L}),
        ("lambdas.endpoint.handler.sweep", {E, L, S, T}),
        ("lambdas.evaluation.handler.step", {E, L, D}),
        ("lambdas.expiry.handler.expire", {E, L, D, Variable.DATA_DAYS, T}),
        ("lambdas.operations.deletion_handler.prune", {E, L}),
        ("lambdas.operations.deletion_handler.retire", {E, L}),
        ("lambdas.promotion.handler.step", {E, L, T}),
        ("lambdas.promotion.handler.rollback", {E, L, S}),
        ("lambdas.promotion.handler.accept", {E, L, S, T}),
        ("lambdas.serving.handler.invoke", {E}),
    ],
)
def test_every_function_is_told_what_it_reads_and_nothing_else(handler: str, variables: set[Variable]) -> None:
    everywhere = [PIPELINE, templates("dev")["serving"]]
    functions = [f for template in everywhere for f in resources(template, "AWS::Lambda::Function").values()]
    (function,) = [f for f in functions if f["Handler"] == handler]
    assert set(function["Environment"]["Variables"]) == {str(variable) for variable in variables}
    assert (function["Runtime"], function["Architectures"]) == ("python3.14", ["arm64"])


def test_only_those_who_open_runs_or_are_asked_for_decisions_carry_the_recipes() -> None:
    (recipes,) = [name for name in resources(PIPELINE, "AWS::Lambda::LayerVersion") if "Recipes" in name]
    functions = resources(PIPELINE, "AWS::Lambda::Function").values()
    carrying = [f["Handler"] for f in functions if {"Ref": recipes} in f["Layers"]]
    assert sorted(carrying) == [
        "lambdas.dataset.approval.decide",
        "lambdas.dataset.handler.receive",
        "lambdas.evaluation.request.evaluate",
        "lambdas.operations.deletion_handler.prune",
        "lambdas.operations.deletion_handler.retire",
        "lambdas.operations.handler.operate",
        "lambdas.promotion.handler.accept",
        "lambdas.promotion.handler.rollback",
        "lambdas.teardown.handler.clean",
    ]
