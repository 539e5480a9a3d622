"""Each IAM statement is needed: without it, a step of the pipeline fails."""

import re

import pytest

from distillery.core.names import TAG_RECIPE, TAG_ROUTE
from tests.journey import actions, canary_actions, steps
from tests.journey.conditions import (
    CANARY,
    COLLECTOR,
    CONDITION_CASES,
    DISTILLATION,
    ENDPOINT,
    EVALUATION,
    JOB,
    PROMOTION,
    SERVING,
    SETTLE,
    SIGNER,
    SWEEP,
    WITNESS,
)
from tests.journey.conftest import Deploy
from tests.journey.full_settings import full_settings
from tests.journey.policies import (
    Which,
    action,
    function,
    key,
    managed,
    queue,
    remove_statement,
    role,
    sid,
    source,
    topic,
    trust,
    via,
)
from tests.journey.statements import BY_URL, UNINVOKED, UNSIGNED, Case, fails, lets_through, log
from tests.journey.tagged_resources import OURS, Role

DATASET, MACHINE = role("DatasetFunctionRole"), role("StateMachineRole")
LETTERS = queue("DatasetFunctionDeadLettersQueue")
UNTOLD = ((DATASET, action("sns:Publish")),)
UNDELIVERED = ((function("DatasetFunction"), source("OnUpload")),)
UNCOUNTED = "quota cannot be checked"


def tags_with(tag: str) -> Which:
    """Matches the statement that lets a role tag endpoints with this tag's values."""
    return lambda statement: action("bedrock:TagResource")(statement) and f"aws:RequestTag/{tag}" in str(statement)


CASES = {
    "objects are encrypted under the key": Case(
        DATASET, via("s3"), steps.refuse_prompts, "cannot be read, S3 returned AccessDenied"
    ),
    "the ledger is encrypted under the key": Case(
        DATASET, via("dynamodb"), steps.run_pipeline, "kms:(Decrypt|GenerateDataKey)"
    ),
    "the function publishes to a topic": Case(DATASET, action("sns:Publish"), steps.refuse_prompts, "sns:Publish"),
    "a topic is encrypted under the key": Case(DATASET, via("sns"), steps.refuse_prompts, "kms:GenerateDataKey"),
    "the account uses its key": Case(
        key, action("kms:*"), steps.refuse_prompts, "operator is not authorized to perform: kms:"
    ),
    "dead letters are sent": Case(
        DATASET, action("sqs:SendMessage"), steps.fill_dead_letter_queue, "letter is lost.*sqs:SendMessage", UNTOLD
    ),
    "dead letters are encrypted under the key": Case(
        DATASET, via("sqs"), steps.fill_dead_letter_queue, "letter is lost.*kms:GenerateDataKey", UNTOLD
    ),
    "a function logs": Case(DATASET, action("logs:PutLogEvents"), steps.write_log, steps.NOTHING),
    "a log is encrypted under the key": Case(key, sid("LogGroups"), steps.write_log, steps.NOTHING),
    "an alarm publishes to a topic": Case(
        topic, sid("Alarms"), steps.trigger_alarm, "Failed to execute.*cloudwatch.*sns:Publish"
    ),
    "an alarm uses the key": Case(
        key, sid("AlarmsToTopics"), steps.trigger_alarm, "Failed to execute.*cloudwatch.*kms:"
    ),
    "an upload invokes a function": Case(
        *UNDELIVERED[0], steps.upload_bad_prompts, "OnUpload.*not delivered.*InvokeFunction"
    ),
    "a rule sends dead letters": Case(
        LETTERS, source("OnUpload"), steps.upload_bad_prompts, "is lost.*sqs:SendMessage", UNDELIVERED
    ),
    "a rule uses the key": Case(
        key, sid("RulesToQueues"), steps.upload_bad_prompts, "is lost.*events.*kms:", UNDELIVERED
    ),
    "a schedule invokes settle": Case(
        function("DistillationSettleFunction"),
        source("SlowPoll"),
        steps.wait_for_poll,
        "SlowPoll.*not delivered.*Settle",
    ),
    "a schedule invokes sweep": Case(
        function("EndpointSweepFunction"), source("SlowPoll"), steps.wait_for_poll, "SlowPoll.*not delivered.*Sweep"
    ),
    "an ended job invokes settle": Case(
        function("DistillationSettleFunction"), source("OnEndedJob"), steps.run_pipeline, "OnEndedJob.*not delivered"
    ),
    "a failed run invokes sweep": Case(
        function("EndpointSweepFunction"), source("OnBrokenRun"), steps.run_execution, "OnBrokenRun.*not delivered"
    ),
    "Lambda assumes a role": Case(
        trust("DatasetFunctionRole"), bool, steps.refuse_prompts, "cannot be assumed by Lambda"
    ),
    "Step Functions assumes a role": Case(
        trust("StateMachineRole"), bool, steps.run_execution, "assume the provided role"
    ),
    "Bedrock assumes a role": Case(trust("DistillationJobRole"), bool, steps.run_pipeline, "not assume … IAM role"),
    "a task invokes its function": Case(
        MACHINE, action("lambda:InvokeFunction"), steps.run_execution, "StateMachineRole.*lambda:InvokeFunction"
    ),
    "a machine logs": Case(
        MACHINE, action("logs:CreateLogDelivery"), steps.update_state_machine, "access the Log Destination"
    ),
    "a model is encrypted under the key": Case(
        role(DISTILLATION.ident), via("bedrock"), steps.run_pipeline, "kms:CreateGrant"
    ),
    "a job encrypts its model under the key": Case(
        role(JOB.ident), via("bedrock"), steps.run_pipeline, "JobRole.* not authorized … perform .kms:CreateGrant"
    ),
}


CASES |= {
    "an approver calls the function URL": Case(
        managed("Approvers"), action("lambda:InvokeFunctionUrl"), steps.approve_unknown_run, UNSIGNED
    ),
    "an approver invokes through the URL": Case(managed("Approvers"), BY_URL, steps.approve_unknown_run, UNINVOKED),
    "an operator calls the function URL": Case(
        managed("Operators"), action("lambda:InvokeFunctionUrl"), steps.request_rollback, UNSIGNED
    ),
    "an operator invokes through the URL": Case(managed("Operators"), BY_URL, steps.request_rollback, UNINVOKED),
    "a caller invokes through the URL": Case(managed("Callers", "serving"), BY_URL, steps.call_route, UNINVOKED),
    "the function counts usage": Case(
        role(SERVING.ident, SERVING.stack), action("dynamodb:UpdateItem"), steps.call_route, UNCOUNTED
    ),
    "usage counts are encrypted under the key": Case(
        role(SERVING.ident, SERVING.stack), via("dynamodb"), steps.call_route, UNCOUNTED
    ),
    "a measurer records a probe": Case(
        managed("Measurers", "serving"), action("ssm:PutParameter"), steps.record_probe, "ssm:PutParameter"
    ),
    "the function lists old data sets": Case(
        role("ExpiryFunctionRole"),
        action("s3:ListBucketVersions"),
        steps.expire_data_sets,
        "AccessDenied.*ListObjectVersions",
    ),
    **{
        f"{kind} {does}": Case(managed("Erasers", stack), which, step, expected)
        for kind, stack, step in (
            ("an eraser", "pipeline", steps.erase_upload),
            ("an eraser of logs", "collection", steps.erase_logged_call),
        )
        for does, which, expected in (
            ("lists versions", action("s3:ListBucketVersions"), "perform: s3:ListBucketVersions"),
            ("reads and deletes", action("s3:DeleteObjectVersion"), "s3:GetObjectVersion.*s3:DeleteObjectVersion"),
            ("decrypts", via("s3"), "perform: kms:Decrypt"),
        )
    },
    "S3 invokes the upload recorder": Case(
        function("WitnessFunction", "foundation"), bool, steps.refuse_prompts, "notification is lost.*InvokeFunction"
    ),
    "a job is created": Case(
        role(DISTILLATION.ident),
        action("bedrock:CreateModelCustomizationJob"),
        steps.run_pipeline,
        "perform: bedrock:CreateModelCustomizationJob",
    ),
    "Bedrock creates a grant": Case(
        role(DISTILLATION.ident), action("kms:CreateGrant"), steps.run_pipeline, "perform: kms:CreateGrant"
    ),
    "a job is tagged": Case(
        role(DISTILLATION.ident), action("bedrock:TagResource"), steps.run_pipeline, "perform: bedrock:TagResource"
    ),
} | {
    f"{who.ident} may {allowed}": Case(
        role(who.ident, who.stack),
        action(f"{service.partition('-')[0]}:{allowed}"),
        actions.as_role(who, service, operation),
        f"perform: {service.partition('-')[0]}:{allowed}",
    )
    for who, allowed, service, operation in (
        (DISTILLATION, "StopModelCustomizationJob", "bedrock", actions.stop_job(OURS)),
        (SETTLE, "StopModelCustomizationJob", "bedrock", actions.stop_job(OURS)),
        (ENDPOINT, "CreateCustomModelDeployment", "bedrock", actions.create_endpoint(OURS, OURS)),
        (ENDPOINT, "TagResource", "bedrock", actions.create_endpoint(OURS, OURS)),
        (ENDPOINT, "DeleteCustomModelDeployment", "bedrock", actions.delete_endpoint(OURS)),
        (SWEEP, "DeleteCustomModelDeployment", "bedrock", actions.delete_endpoint(OURS)),
        (PROMOTION, "CreateCustomModelDeployment", "bedrock", actions.create_endpoint(OURS, OURS)),
        (PROMOTION, "TagResource", "bedrock", actions.create_endpoint(OURS, OURS)),
        (PROMOTION, "DeleteCustomModelDeployment", "bedrock", actions.delete_endpoint(OURS)),
        (PROMOTION, "UpdateCustomModelDeployment", "bedrock", actions.update_endpoint(OURS)),
        (EVALUATION, "InvokeModel", "bedrock-runtime", actions.call_endpoint(OURS)),
        (SERVING, "InvokeModel", "bedrock-runtime", actions.call_endpoint(OURS)),
        (Role("ExpiryFunctionRole"), "DeleteObjectVersion", "s3", actions.delete_version),
        (COLLECTOR, "PutObject", "s3", actions.write_collected),
        (WITNESS, "PutItem", "dynamodb", actions.record_upload),
        (SIGNER, "Sign", "kms", actions.sign()),
        (SIGNER, "GetPublicKey", "kms", actions.read_public_key),
        (SIGNER, "PutObject", "s3", actions.write_record),
        (CANARY, "CreateCustomModelDeployment", "bedrock", canary_actions.create()),
        (CANARY, "DeleteCustomModelDeployment", "bedrock", canary_actions.delete()),
        (CANARY, "GetCustomModelDeployment", "bedrock", canary_actions.read),
        (CANARY, "ListCustomModelDeployments", "bedrock", canary_actions.find),
        (CANARY, "PutParameter", "ssm", canary_actions.write_alias),
        (CANARY, "GetParameter", "ssm", canary_actions.read_alias),
        (CANARY, "GetMetricData", "cloudwatch", canary_actions.read_metrics),
        (CANARY, "UpdateItem", "dynamodb", canary_actions.write_ledger),
        (CANARY, "Publish", "sns", canary_actions.notify),
    )
}

CASES |= {
    f"a canary {does}": Case(
        role(CANARY.ident),
        which,
        actions.as_role(CANARY, "bedrock", operation),
        "perform: bedrock:TagResource",
    )
    for does, which, operation in (
        ("is tagged when it is created", tags_with(TAG_RECIPE), canary_actions.create()),
        ("lets callers in", tags_with(TAG_ROUTE), canary_actions.tag(canary_actions.LET_IN)),
    )
}

CASES |= {
    f"a canary uses the key by {used}": Case(
        role(CANARY.ident), via(used), actions.as_role(CANARY, used, operation), f"kms:{allowed}"
    )
    for used, operation, allowed in (
        ("dynamodb", canary_actions.write_ledger, "(Decrypt|GenerateDataKey)"),
        ("sns", canary_actions.notify, "GenerateDataKey"),
    )
}

CASES |= {
    f"{who.ident} {does} an encrypted model": Case(
        role(who.ident, who.stack), via("bedrock"), actions.as_role(who, service, operation), "perform: kms:Decrypt"
    )
    for who, does, service, operation in (
        (ENDPOINT, "hosts", "bedrock", actions.create_endpoint(OURS, OURS)),
        (PROMOTION, "hosts", "bedrock", actions.create_endpoint(OURS, OURS)),
        (CANARY, "hosts", "bedrock", canary_actions.create()),
        (EVALUATION, "calls", "bedrock-runtime", actions.call_endpoint(OURS)),
        (SERVING, "calls", "bedrock-runtime", actions.call_endpoint(OURS)),
    )
}


def test_each_statement_and_condition_is_needed(deploy: Deploy, subtests: pytest.Subtests) -> None:
    """Without a statement a step fails. Without a condition, an attack succeeds."""
    environment = deploy("dev", settings=full_settings(canary=True), fail_jobs=("dev-",))
    said = "".join(step(environment) for step in {case.step for case in CASES.values()})
    said += log(environment)
    for name, case in CASES.items():
        with subtests.test(name):
            assert not re.search(case.expected, said), "the same result with the statement in place"
            fails(environment, case)
    for name, attacked in CONDITION_CASES.items():
        with subtests.test(name):
            lets_through(environment, attacked)
    assert environment.inventory()["bills_by_the_hour"] == []
    with subtests.test("buckets are emptied"):  # this case is last: it deletes the role with its stack
        remove_statement(role("EmptyingFunctionRole", "foundation")(environment), action("s3:DeleteObject"))
        assert "s3:DeleteObject" in steps.destroy_buckets(environment)
