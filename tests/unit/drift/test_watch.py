"""The drift watch: what it finds, notifies once, measures and asks for."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from distillery.core import stack_drift
from distillery.core.names import Names, digest
from distillery.core.notices import Notices
from distillery.core.serialization import to_wire
from distillery.core.stack_drift import DriftKind, PromotedTemplates
from infra.constructs.permissions import drift
from lambdas.drift.watch import KNOWN_MAX, DriftWatch
from tests.fakes.drift import COMPARED_AT, UPDATED, FakeComparisons, drifted
from tests.fakes.services import FakeSns, FakeSsm
from tests.policy.resource_handlers import HANDLERS
from tests.unit.stacks.assembly import templates

NAMES = Names("dev")
HOME, THERE = "us-east-1", "us-east-2"
PIPELINE, SERVING = NAMES.stack("pipeline"), NAMES.stack("serving")
TEMPLATE = {"Resources": {"Function": {"Type": "AWS::Lambda::Function"}}}
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Watched:
    """An environment with two stacks, both promoted."""

    ssm: FakeSsm = field(default_factory=FakeSsm)
    sns: FakeSns = field(default_factory=FakeSns)
    home: FakeComparisons = field(default_factory=lambda: FakeComparisons({PIPELINE: TEMPLATE}))
    there: FakeComparisons = field(default_factory=lambda: FakeComparisons({SERVING: TEMPLATE}))

    def __post_init__(self) -> None:
        self.promote(pipeline=TEMPLATE, serving=TEMPLATE)

    def promote(self, **parts: Any) -> None:
        digests = {NAMES.stack(part): digest(template) for part, template in parts.items()}
        promotion = PromotedTemplates(commit="abc", at="2026-11-01T00:00:00+00:00", by="arn", templates=digests)
        self.ssm.parameters[NAMES.promoted] = json.dumps(to_wire(promotion))

    def compare(self, result: str, *drifts: dict[str, Any], at: datetime = COMPARED_AT) -> None:
        self.home.compared[PIPELINE] = (result, at)
        self.home.drifts[PIPELINE] = list(drifts)

    def run(self) -> list[DriftKind]:
        regions = {HOME: self.home, THERE: self.there}
        found = DriftWatch(
            names=NAMES,
            regions=(HOME, THERE),
            ssm=self.ssm,  # type: ignore[arg-type]
            notices=Notices("topic", self.sns),  # type: ignore[arg-type]
            cloudformation=lambda region: regions[region],  # type: ignore[arg-type,return-value]
        ).run(NOW)
        return [each.kind for each in found]


def _measured(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return {key: value for line in lines for key, value in line.items() if isinstance(value, int)}


def test_what_is_as_it_was_promoted_is_measured_and_not_notified(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched()
    watched.compare("IN_SYNC")
    assert watched.run() == []
    assert watched.sns.published == []
    assert _measured(capsys) == {"ChangedResources": 0, "UnpromotedStacks": 0}
    assert json.loads(watched.ssm.parameters[NAMES.drift]) == {
        "at": "2026-11-02T12:00:00+00:00",
        "count": 0,
        "known": [],
    }


def test_each_stack_is_compared_again_in_what_the_watch_may_read() -> None:
    watched = Watched()
    watched.run()
    assert watched.home.asked == [(PIPELINE, ["Function"])]
    assert watched.there.asked == [(SERVING, ["Function"])]


def test_a_comparison_at_work_is_left_alone_and_the_others_begin() -> None:
    watched = Watched()
    watched.home.busy = {PIPELINE}
    watched.run()
    assert (watched.home.asked, watched.there.asked) == ([], [(SERVING, ["Function"])])


@pytest.mark.parametrize(
    ("result", "found", "kind", "said", "measured"),
    [
        ("DRIFTED", drifted("MODIFIED", "/Timeout", "/Role"), "modified", "past CloudFormation: /Role, /Timeout", 1),
        ("DRIFTED", drifted("DELETED"), "deleted", "f-1 of stack distillery-dev-pipeline in us-east-1 was deleted", 1),
        ("UNKNOWN", drifted("UNKNOWN", DriftStatusReason="no s3:GetX"), "unreadable", "compared: no s3:GetX", 0),
    ],
)
def test_a_resource_that_differs_is_notified_once(
    result: str, found: dict[str, Any], kind: str, said: str, measured: int, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched()
    watched.compare(result, drifted("IN_SYNC"), found)
    assert watched.run() == [kind]
    assert _measured(capsys)["ChangedResources"] == measured
    assert watched.run() == [kind]
    (notice,) = watched.sns.published
    assert said in notice["Message"]
    assert notice["Subject"] == "Distillery: dev is not what was promoted (1 findings)"


def test_a_resource_that_differs_again_is_notified_again() -> None:
    watched = Watched()
    for result, drifts in (("DRIFTED", [drifted()]), ("IN_SYNC", []), ("DRIFTED", [drifted()])):
        watched.compare(result, *drifts)
        watched.run()
    assert len(watched.sns.published) == 2


def test_an_answer_from_before_the_last_deployment_does_not_count() -> None:
    watched = Watched()
    watched.compare("DRIFTED", drifted(), at=UPDATED)
    assert watched.run() == []


def test_all_pages_of_an_answer_are_read() -> None:
    watched = Watched()
    watched.home.page = 2
    watched.compare("DRIFTED", *(drifted(PhysicalResourceId=f"f-{number}") for number in range(5)))
    assert len(watched.run()) == 5


def test_a_template_that_nobody_promoted_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched()
    watched.there.templates[SERVING] = json.dumps({"Resources": {"Other": {"Type": "AWS::SNS::Topic"}}})
    assert watched.run() == [DriftKind.UNPROMOTED]
    assert _measured(capsys)["UnpromotedStacks"] == 1
    watched.there.templates[SERVING] = json.dumps(TEMPLATE, indent=2)
    assert watched.run() == [], "the same template, spelled otherwise"


def test_a_stack_that_nobody_promoted_is_found_and_others_are_not_ours() -> None:
    watched = Watched()
    watched.promote(pipeline=TEMPLATE)
    watched.home.templates |= {"distillery-dev-deployers": {}, "distillery-dev-x-pipeline": {}, "other": {}}
    assert watched.run() == [DriftKind.UNPROMOTED]
    assert "stack distillery-dev-serving in us-east-2 was not promoted (commit abc" in str(watched.sns.published)


def test_without_a_promotion_templates_are_not_compared_and_resources_are() -> None:
    watched = Watched()
    del watched.ssm.parameters[NAMES.promoted]
    watched.there.templates[SERVING] = {}
    watched.compare("DRIFTED", drifted())
    assert watched.run() == [DriftKind.MODIFIED]


def test_what_is_remembered_fits_a_standard_parameter() -> None:
    watched = Watched()
    watched.compare("DRIFTED", *(drifted(PhysicalResourceId=f"f-{number}") for number in range(KNOWN_MAX + 50)))
    watched.run()
    kept = watched.ssm.parameters[NAMES.drift]
    assert len(kept) <= 4096
    assert json.loads(kept)["count"] == KNOWN_MAX + 50


def test_the_parts_are_those_of_the_assemblies() -> None:
    found = {part for environment in ("dev", "staging", "prod", "launch") for part in templates(environment)}
    assert found == set(stack_drift.PARTS)


UNCOMPARED = {
    *("AWS::Athena::NamedQuery", "AWS::Athena::WorkGroup", "AWS::Bedrock::ApplicationInferenceProfile"),
    *(
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SSM::Parameter",
        "AWS::Glue::Database",
        "AWS::Glue::Table",
    ),
    *("AWS::IAM::Policy", "AWS::KMS::Alias", "AWS::KMS::Key", "AWS::Lambda::LayerVersion", "AWS::Lambda::Permission"),
    *(
        "AWS::Lambda::Url",
        "AWS::Logs::LogGroup",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
    ),
    *("AWS::SQS::QueuePolicy", "Custom::EmptiedBucket", "Custom::GuardedEnvironment"),
    *("Custom::InvocationLogging", "Custom::KeptRecipes"),
}
"""Types that nothing compares, which docs/promotion-infrastructure.md says."""


def test_each_type_is_compared_or_known_not_to_be() -> None:
    types = {
        resource["Type"]
        for environment in ("dev", "staging", "prod", "launch")
        for template in templates(environment).values()
        for resource in template["Resources"].values()
    }
    assert types == set(stack_drift.COMPARED) | UNCOMPARED


def test_the_watch_may_read_what_it_compares() -> None:
    assert set(drift.READ) == set(stack_drift.COMPARED)
    for environment in ("dev", "staging", "prod", "launch"):
        for part, template in templates(environment).items():
            types = {each["Type"] for each in template["Resources"].values()} & set(drift.READ)
            assert [kind for kind in types if part not in drift.READ[kind].parts] == [], part


NOT_READ = {
    "iam:PassRole": "a comparison gives no role to a rule",
    "kms:Decrypt": "no variable and no definition is encrypted under a key",
}
"""Actions that the schemas declare for reading and the watch does not have, with the reason."""


def test_the_watch_has_every_action_with_which_a_handler_reads() -> None:
    missing = {
        (kind, action)
        for kind, read in drift.READ.items()
        for action in HANDLERS[kind]["read"]
        if action not in {f"{read.service}:{one}" for one in read.actions}
    }
    assert {action for _, action in missing} == NOT_READ.keys()
