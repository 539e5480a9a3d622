"""Which environments of branches are deleted, which are left alone, and in which order their stacks go."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core import clock
from distillery.core.names import TAG_ENVIRONMENT
from infra.deployment import expired
from infra.deployment.branch_environments import BranchEnvironment, find
from infra.deployment.ephemeral import name_of
from infra.deployment.expired import BranchDeletion, remove
from tests.assemblies import assembly_of
from tests.unit.stacks.assembly import settings_of

OLD, NEW = "feature/old", "feature/new"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOME, INFERENCE = "us-east-1", "us-east-2"
PARTS = {
    HOME: ("foundation", "pipeline", "telemetry", "teardown"),
    INFERENCE: ("foundation-inference", "serving", "telemetry-inference"),
}
ORDER = [
    "teardown",
    *("telemetry", "telemetry-inference", "serving", "pipeline", "foundation-inference", "foundation"),
]


def _tags(branch: str, last_day: str) -> dict[str, str]:
    return {TAG_ENVIRONMENT: name_of(branch), "branch": branch, "last_day": last_day}


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass
class FakeStacks:
    """The stacks of an account, of which those in `stuck` cannot be deleted. `deleted` has names in order."""

    stacks: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    stuck: set[str] = field(default_factory=set)

    def deploy(self, branch: str, last_day: str, **changed: Any) -> None:
        for region, parts in PARTS.items():
            for part in parts:
                self.add(region, f"distillery-{name_of(branch)}-{part}", tags=_tags(branch, last_day), **changed)

    def add(self, region: str, name: str, *, tags: Mapping[str, str], **changed: Any) -> None:
        self.stacks[region, name] = {
            "StackName": name,
            "StackStatus": "CREATE_COMPLETE",
            "Tags": _listed(tags),
            "Template": {"Resources": {"Key": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Delete"}}},
            **changed,
        }

    def change(self, part: str, **changed: Any) -> None:
        for (_, name), stack in self.stacks.items():
            if name == f"distillery-{name_of(OLD)}-{part}":
                stack.update(changed)

    def client(self, region: str) -> "FakeCloudFormation":
        return FakeCloudFormation(self, region)

    def look(self) -> list[BranchEnvironment]:
        return find(self.client, (HOME, INFERENCE))


@dataclass
class FakeCloudFormation:
    """The client of a Region. A stack that is deleted is still there at the next look."""

    account: FakeStacks
    region: str

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "list_stacks"
        return self

    def paginate(self, **given: Any) -> list[dict[str, Any]]:
        here = [stack for (region, _), stack in self.account.stacks.items() if region == self.region]
        return [{"StackSummaries": [stack]} for stack in here if stack["StackStatus"] in given["StackStatusFilter"]]

    def describe_stacks(self, **given: Any) -> dict[str, Any]:
        stack = self._stack(given["StackName"], "DescribeStacks")
        if stack["StackStatus"] == "DELETE_IN_PROGRESS":
            if given["StackName"] in self.account.stuck:
                stack["StackStatus"] = "DELETE_FAILED"
            else:
                del self.account.stacks[self.region, given["StackName"]]
        return {"Stacks": [dict(stack)]}

    def get_template(self, **given: Any) -> dict[str, Any]:
        assert given["TemplateStage"] == "Original"
        return {"TemplateBody": self._stack(given["StackName"], "GetTemplate")["Template"]}

    def delete_stack(self, **given: Any) -> None:
        self._stack(given["StackName"], "DeleteStack")["StackStatus"] = "DELETE_IN_PROGRESS"
        self.account.deleted.append(given["StackName"])

    def describe_stack_events(self, **given: Any) -> dict[str, Any]:
        failed = {"LogicalResourceId": "Guard", "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "it bills"}
        return {"StackEvents": [{"LogicalResourceId": "A", "ResourceStatus": "CREATE_COMPLETE"}, failed]}

    def _stack(self, name: str, operation: str) -> dict[str, Any]:
        if (self.region, name) not in self.account.stacks:
            refused = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            raise ClientError({"Error": refused}, operation)  # type: ignore[typeddict-item] # no metadata
        return self.account.stacks[self.region, name]


@dataclass
class Removal:
    """One `make destroy-expired`, with what it said and ran."""

    account: FakeStacks
    said: list[str] = field(default_factory=list)
    ran: list[Sequence[str]] = field(default_factory=list)
    renewed: int = 0
    cleaned: int = 0

    def run(self, branch: str | None = None, *, dry_run: bool = False) -> int:
        deletion = BranchDeletion(
            client=self.account.client, run=self._run, renew=self._renew, pause=lambda: None, tell=self.said.append
        )
        return remove(deletion, branch, read=self.account.look, dry_run=dry_run)

    def _run(self, command: Sequence[str]) -> int:
        assert not self.account.deleted, "the environment is emptied before a stack is deleted"
        self.ran.append(command)
        return self.cleaned

    def _renew(self) -> None:
        self.renewed += 1


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> FakeStacks:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    found = FakeStacks()
    found.add(HOME, "distillery-prod-pipeline", tags={TAG_ENVIRONMENT: "prod"})
    found.add(HOME, "CDKToolkit", tags={})
    return found


def _parts(names: Sequence[str]) -> list[str]:
    return [name.removeprefix(f"distillery-{name_of(OLD)}-") for name in names]


def test_an_environment_is_emptied_and_deleted_the_day_after_its_last(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.deploy(NEW, "2026-11-30")
    removal = Removal(account)
    assert removal.run() == 0
    assert _parts(account.deleted) == ORDER
    (cleaned,) = removal.ran
    assert cleaned[:6] == ["--env", name_of(OLD), "--region", HOME, "clean", "--retire"]
    assert removal.renewed == 2
    assert [each.branch for each in account.look()] == [NEW]
    assert (HOME, "distillery-prod-pipeline") in account.stacks
    assert Removal(account).run() == 0, "there is nothing left to do"


def test_a_dry_run_names_the_stacks_in_order_and_changes_nothing(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    removal = Removal(account)
    assert removal.run(dry_run=True) == 0
    (said,) = removal.said
    assert [part in said for part in ORDER] == [True] * len(ORDER)
    assert said.index("-teardown in us-east-1") < said.index("-serving in us-east-2") < said.index("-foundation in")
    assert (account.deleted, removal.ran) == ([], [])


def test_the_order_is_the_reverse_of_every_assemblys_dependencies() -> None:
    from infra.deployment.branch_environments import BranchStack

    for environment in ("dev", "staging", "prod", "launch"):
        manifest = json.loads((assembly_of(settings_of(environment)).folder / "manifest.json").read_text())
        stacks = {name: one for name, one in manifest["artifacts"].items() if one["type"] == "aws:cloudformation:stack"}
        places = {
            name: BranchStack(
                region="",
                name=name,
                part=name.removeprefix(f"distillery-{environment}-"),
                status="",
                protected=False,
                tags={},
                retains=False,
            ).position
            for name in stacks
        }
        for name, one in stacks.items():
            for needed in set(one["dependencies"]) & set(stacks):
                assert places[name] < places[needed], f"{name} needs {needed}"


WRONG: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "protected": ({"EnableTerminationProtection": True}, "is protected"),
    "keeps data": (
        {"Template": {"Resources": {"Key": {"Type": "AWS::KMS::Key", "DeletionPolicy": "Retain"}}}},
        "keeps data",
    ),
    "keeps data, in YAML": ({"Template": "Resources:\n  Key:\n    DeletionPolicy: Retain\n"}, "keeps data"),
    "no tags": ({"Tags": []}, "has no tag branch, distillery:environment"),
    "another branch": (
        {"Tags": _listed({**_tags(OLD, "2026-11-29"), "branch": NEW})},
        "has no tag branch",
    ),
    "no day": (
        {"Tags": _listed(_tags(OLD, "never"))},
        "has no tag last_day with a day",
    ),
    "deployed now": ({"StackStatus": "UPDATE_IN_PROGRESS"}, "somebody deploys it now"),
}


@pytest.mark.parametrize(("changed", "why"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("part", ["serving", "foundation"])
def test_one_stack_that_is_not_of_a_branch_keeps_all(
    account: FakeStacks, changed: Mapping[str, Any], why: str, part: str
) -> None:
    account.deploy(OLD, "2026-11-29")
    account.change(part, **changed)
    removal = Removal(account)
    assert removal.run() == 1
    assert removal.run(OLD) == 1
    assert account.deleted == []
    assert why in removal.said[0]


def test_a_tag_does_not_make_another_environment_one_of_a_branch(account: FakeStacks) -> None:
    account.add(HOME, "distillery-dev-pipeline", tags=_tags(OLD, "2026-11-29"))
    account.add(HOME, "distillery-europewest-pipeline", tags=_tags(OLD, "2026-11-29"))
    removal = Removal(account)
    assert removal.run() == 1
    assert account.deleted == []
    (said,) = removal.said
    assert f"europewest is left alone: its branch is '{OLD}', whose environment is {name_of(OLD)}" in said


def test_an_environment_of_the_repository_is_none_of_a_branch(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    (found,) = account.look()
    assert "is a file of the repository" in expired.refusal(found, {name_of(OLD)})
    assert expired.refusal(found, {"dev"}) == ""


def test_a_deletion_that_failed_is_continued_before_the_last_day(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.stuck = {f"distillery-{name_of(OLD)}-serving"}
    removal = Removal(account)
    assert removal.run() == 1
    assert removal.said[-1] == f"stack distillery-{name_of(OLD)}-serving was not deleted: Guard: it bills"
    assert _parts(account.deleted) == ORDER[:4]
    for stack in account.stacks.values():  # somebody prolonged it meanwhile
        stack["Tags"] = [{**tag, "Value": "2026-12-05"} if tag["Key"] == "last_day" else tag for tag in stack["Tags"]]
    account.stuck, account.deleted = set(), []
    assert Removal(account).run() == 0
    assert _parts(account.deleted) == ORDER[3:]
    assert account.look() == []


def test_a_deletion_under_way_is_waited_for_and_not_begun_again(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.change("pipeline", StackStatus="DELETE_IN_PROGRESS")
    assert Removal(account).run() == 0
    assert _parts(account.deleted) == [part for part in ORDER if part != "pipeline"]


@pytest.mark.parametrize(
    ("part", "status", "continued"),
    [
        ("teardown", "DELETE_IN_PROGRESS", True),
        ("teardown", "DELETE_FAILED", False),  # the guard refused, so everything is still there
        ("serving", "DELETE_FAILED", False),  # somebody deleted one stack by hand, and it is deployed again
        ("serving", "DELETE_IN_PROGRESS", False),
    ],
)
def test_before_the_last_day_a_deletion_goes_on_only_where_the_guard_has_gone_first(
    account: FakeStacks, part: str, status: str, continued: bool
) -> None:
    account.deploy(OLD, "2026-12-20")
    account.change(part, StackStatus=status)
    assert Removal(account).run() == 0
    assert bool(account.deleted) == continued


@pytest.mark.parametrize(
    ("last_day", "status", "said"),
    [
        ("2026-12-20", "UPDATE_COMPLETE", "its last day is 2026-12-20 now"),
        ("2026-12-20", "UPDATE_IN_PROGRESS", "somebody deploys it now"),
        ("2026-11-29", "UPDATE_IN_PROGRESS", "somebody deploys it now"),
    ],
)
def test_one_that_is_deployed_while_another_is_deleted_is_left_alone(
    account: FakeStacks, monkeypatch: pytest.MonkeyPatch, last_day: str, status: str, said: str
) -> None:
    first, second = sorted((OLD, NEW), key=name_of)
    account.deploy(first, "2026-11-29")
    account.deploy(second, "2026-11-29")

    def deployed(_command: Sequence[str]) -> int:
        for (_, name), stack in account.stacks.items():
            if name_of(second) in name:
                stack.update(Tags=_listed(_tags(second, last_day)), StackStatus=status)
        return 0

    removal = Removal(account)
    monkeypatch.setattr(removal, "_run", deployed)  # the first one is emptied
    removal.run()
    assert [each.branch for each in account.look()] == [second]
    assert said in removal.said[-1]


def test_a_deployment_that_never_ended_has_nothing_to_be_emptied_by(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29", StackStatus="ROLLBACK_COMPLETE")
    removal = Removal(account)
    assert removal.run() == 0
    assert removal.ran == []


def test_what_cannot_be_emptied_keeps_its_stacks_and_the_others_go_on(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.deploy(NEW, "2026-11-29")
    removal = Removal(account, cleaned=4)
    assert removal.run() == 1
    assert account.deleted == []
    assert len(removal.ran) == 2


def test_a_prolongation_that_reached_one_stack_counts(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.change("foundation", Tags=_listed(_tags(OLD, "2026-12-02")))
    assert Removal(account).run() == 0
    assert account.deleted == []


def test_a_branch_is_deleted_before_its_last_day_and_no_other_with_it(account: FakeStacks) -> None:
    account.deploy(OLD, "2026-11-29")
    account.deploy(NEW, "2026-12-05")
    assert Removal(account).run(NEW) == 0
    assert [each.branch for each in account.look()] == [OLD]
    assert Removal(account).run("") == 0, "no branch is none, not all"
    assert [each.branch for each in account.look()] == [OLD]


def test_the_list_exits_with_1_if_there_is_one(
    account: FakeStacks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(expired, "_client", account.client)
    assert expired.main(["list"]) == 0
    account.deploy(OLD, "2026-11-29")
    assert expired.main(["list"]) == 1
    assert f"{name_of(OLD)} of branch {OLD}, whose last day was 2026-11-29" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("", False), ("n", False)])
def test_a_person_is_asked_before_a_branch_is_deleted(
    account: FakeStacks, monkeypatch: pytest.MonkeyPatch, answer: str, deleted: bool
) -> None:
    account.deploy(OLD, "2026-11-29", StackStatus="ROLLBACK_COMPLETE")
    monkeypatch.setattr(expired, "_client", account.client)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    monkeypatch.setenv("DISTILLERY_LOCAL", "true")
    assert expired.main(["delete", "--branch", OLD]) == (0 if deleted else 1)
    assert bool(account.deleted) == deleted
