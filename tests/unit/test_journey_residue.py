"""The check after every journey: it finds whatever goes on billing, and what the idle policies report."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from distillery.core.hosting_mode import HostingMode
from distillery.core.inventory import CustomModel, HostedModel, Inventory, JobKind, RunningJob
from distillery.core.names import TAG_RUN
from tests.fakes.pipeline import MODEL, alias
from tests.journey import idle_policies, residue

LIVE = alias()
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)
NOTHING: dict[str, list[Any]] = {
    kind: [] for kind in ("provisioned_throughput", "deployments", "custom_models", *residue.JOBS)
}


def row(name: str, status: str, arn: str = "") -> dict[str, str]:
    return {"name": name, "status": status, "arn": arn or f"arn:{name}", "region": "us-east-1"}


@pytest.mark.parametrize("kind", ["provisioned_throughput", "deployments"])
@pytest.mark.parametrize("status", ["Creating", "Active", "InService", "Updating", "Failed"])
def test_an_endpoint_bills_unless_an_alias_names_it(kind: str, status: str) -> None:
    inventory = NOTHING | {kind: [row("candidate", status), row("live", status, LIVE.endpoint.arn)]}
    assert [line.split()[1] for line in residue.bills(inventory, [LIVE])] == ["candidate"]
    assert len([*residue.bills(inventory, [])]) == 2


@pytest.mark.parametrize("kind", residue.JOBS)
def test_a_job_bills_until_it_has_ended(kind: str) -> None:
    at_work = [row(status, status) for status in ("Submitted", "Validating", "Scheduled", "InProgress", "Stopping")]
    ended = [row(status, status) for status in ("Completed", "Failed", "Stopped")]
    found = [line.split()[1] for line in residue.bills(NOTHING | {kind: [*at_work, *ended]}, [])]
    assert found == [each["name"] for each in at_work]


def test_what_no_inventory_has_is_nobodys() -> None:
    inventory = NOTHING | {"custom_models": [row("ours", "Active"), row("stray", "Active")]}
    (found,) = residue.unowned(inventory, {"arn:ours"})
    assert "stray" in found


STUDENT = CustomModel(arn=f"{MODEL}k", name="dev-support-k", created=BEGUN, status="Active", base_arn="arn:base")
HOST = HostedModel(
    arn="arn:host", name="c", created=BEGUN, status="InService", mode=HostingMode.PROVISIONED, model_arn=STUDENT.arn
)
THROUGHPUT, DEPLOYMENT = (
    replace(HOST, units=2),
    replace(HOST, status="Active", mode=HostingMode.ON_DEMAND),
)
JOB = RunningJob(arn="arn:job", name="j", created=BEGUN, status="InProgress", kind=JobKind.CUSTOMIZATION)
MODELS, UNITS, BY_TOKEN, JOBS = (policy.name for policy in idle_policies.POLICIES)


@pytest.mark.parametrize(
    ("held", "kept", "found"),
    [
        (Inventory(models=(STUDENT,)), set(), [MODELS]),
        (Inventory(models=(STUDENT,)), {STUDENT.arn}, []),
        (Inventory(models=(replace(STUDENT, status="Creating"),)), set(), []),
        (Inventory(models=(STUDENT,), endpoints=(THROUGHPUT,)), set(), [UNITS]),
        (Inventory(models=(STUDENT,), endpoints=(replace(DEPLOYMENT, status="Failed"),)), set(), [MODELS, BY_TOKEN]),
        (Inventory(endpoints=(replace(THROUGHPUT, arn=LIVE.endpoint.arn),)), set(), []),
        (Inventory(models=(replace(STUDENT, arn=LIVE.current),)), set(), []),
        (Inventory(jobs=(JOB,)), set(), [JOBS]),
        (Inventory(jobs=(replace(JOB, tags={TAG_RUN: "support-1"}),)), set(), []),
    ],
)
def test_the_idle_policies_report_what_nobody_keeps(held: Inventory, kept: set[str], found: list[str]) -> None:
    lines = idle_policies.findings(held, kept_models=kept, live=[LIVE])
    assert [line.partition(":")[0] for line in lines] == found
