"""What operators and callers can do with the command, each under the policy that the stacks declare, and what they
cannot.
"""

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core.names import GOLDEN_PREFIX, TAG_RECIPE, UPLOADS_PREFIX
from distillery.core.pipeline import Outcome
from local.account import ROOT
from tests import readme
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, jsonl, support

ASK = ("ask", RECIPE, "Where is my parcel?")
SAID = support(*DELIVERY)[0].messages[-1][1]
FORGET = ("forget", "--text", SAID, "--dry-run")


def test_operators_and_callers_can_do_their_own_work_only(
    deploy: Deploy, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    environment, file = deploy("dev"), tmp_path / "prompts.jsonl"
    file.write_bytes(jsonl(support(*DELIVERY)))
    run = _run_as_operator(environment, file)
    assert environment.promoted().endpoint.arn in environment.command(*ASK, by="caller").replace("\n", "")
    assert_nothing_is_left(environment)
    others = {
        ("operator", ASK): "ssm:GetParameter",
        ("caller", ("run", RECIPE, str(file))): "s3:PutObject",
        ("caller", ("status",)): "dynamodb:Query",
        ("caller", ("watch", run)): "dynamodb:GetItem",
        ("caller", ("rollback", RECIPE, "--reason", "worse")): "ssm:GetParameter",
        ("operator", FORGET): "s3:ListBucketVersions",
    }
    for (kind, verb), action in others.items():
        with subtests.test(kind, verb=verb[0]):
            done = environment.command_as(*verb, by=kind)
            assert (done.returncode, done.stdout) == (7, "")
            assert f"user/distillery-dev-{kind} is not authorized to perform: {action}" in done.stderr
            assert f"`distillery {verb[0]}` needs the policy in output" in done.stderr
    _only_data_readers_read_texts(environment, subtests)
    _uploaders_cannot_access_golden_sets(environment)
    _the_commands_of_the_readme_work(environment, file, run)
    _a_tag_limits_operators(environment, run)
    _erasers_delete_texts(environment, run)


def _only_data_readers_read_texts(environment: Environment, subtests: pytest.Subtests) -> None:
    (record,) = environment.runs()
    report = record.run.dataset.report_uri
    texts = [record.run.dataset.uri, record.run.dataset.heldout_uri]
    texts += [f"s3://{environment.outputs['prompts_bucket']}/uploads/{RECIPE}/prompts.jsonl"]
    texts += environment.uris_under(f"evaluations/{record.run.id}/")
    assert len(texts) > 4, "expected parts of answers and the report that quotes them"
    for kind in ("operator", "approver", "examiner", "on-call", "caller", "measurer"):
        with subtests.test("texts", by=kind):
            assert [uri for uri in texts if _read(environment, kind, uri)] == []
            assert _read(environment, kind, report) == (kind in ("operator", "approver"))
    assert all(_read(environment, "reader", uri) for uri in (*texts, report))
    assert record.run.id in environment.command("status", by="approver")


def _uploaders_cannot_access_golden_sets(environment: Environment) -> None:
    """A user who uploads training prompts can neither write nor read the golden set."""
    where = {"Bucket": str(environment.outputs["prompts_bucket"]), "Key": f"{GOLDEN_PREFIX}{RECIPE}/golden.jsonl"}
    for kind in ("operator", "reader", "approver", "on-call"):
        assert "PutObject" in _refusal(environment.client_as(kind, "s3").put_object, **where, Body=b"{}")
    assert _refusal(environment.client_as("examiner", "s3").put_object, **where, Body=b"{}") == ""
    assert _refusal(environment.client_as("examiner", "s3").get_object, **where) == ""
    assert "GetObject" in _refusal(environment.client_as("operator", "s3").get_object, **where)
    assert len(environment.runs()) == 1, "a golden set must not start a run"


def _the_commands_of_the_readme_work(environment: Environment, file: Path, run: str) -> None:
    """Runs the commands and the program of the README, on prompts that already have a run."""
    assert "accepted" in environment.command(*readme.command("check", prompts=str(file)))
    assert run in environment.command(*readme.command("run", prompts=str(file)))
    assert run in environment.command(*readme.command("status"))
    answered = environment.command(*readme.command("ask"), by="caller")
    assert environment.promoted().endpoint.arn in answered.replace("\n", "")
    assert "0 copies among" in environment.command(*readme.command("forget"), by="eraser")
    assert "optimized" in environment.command(*readme.command("routes"), by="measurer")
    short = ("--requests", "2", "--warm-up", "1", "--yes")
    assert "fast:optimized" in environment.command(*readme.command("bench"), *short, by="measurer")
    assert "litellm" in environment.command(*readme.command("snippets"), by="measurer")
    (program,) = readme.blocks("python")
    variables = {**environment.account.environ(), **environment.credentials("measurer")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "optimized" in done.stdout


def _a_tag_limits_operators(environment: Environment, run: str) -> None:
    """With another recipe's tag, an operator sees nothing of this recipe; with this recipe's tag, only this recipe."""
    iam, prompts = environment.client("iam"), str(environment.outputs["prompts_bucket"])
    put = environment.client_as("operator", "s3").put_object
    for tag, own in (("returns", False), (RECIPE, True)):
        iam.tag_user(UserName="distillery-dev-operator", Tags=[{"Key": TAG_RECIPE, "Value": tag}])
        assert environment.command_as("watch", run, by="operator").returncode == (0 if own else 7)
        refused = _refusal(put, Bucket=prompts, Key=f"{UPLOADS_PREFIX}{RECIPE}/other.jsonl", Body=b"{}")
        assert ("PutObject" in refused) != own
        assert environment.command_as("rollback", RECIPE, "--reason", "worse", by="operator").returncode == 7, (
            "IAM cannot check the recipe of this request"
        )
    assert "returns" not in environment.command("status", by="operator")


def _erasers_delete_texts(environment: Environment, run: str) -> None:
    """An eraser with the recipe's tag can search but not delete. Without the tag, the eraser deletes permanently."""
    iam, eraser = environment.client("iam"), "distillery-dev-eraser"
    find = environment.client_as("eraser", "s3").list_object_versions
    prompts, model = str(environment.outputs["prompts_bucket"]), environment.promoted().current
    before = _objects_containing(environment)
    assert {uri.split("/")[3] for uri in before} >= {"uploads", "datasets"}
    iam.tag_user(UserName=eraser, Tags=[{"Key": TAG_RECIPE, "Value": RECIPE}])
    for prefix in ("", "uploads/", f"{UPLOADS_PREFIX}returns/", f"{UPLOADS_PREFIX}{RECIPE}-de/"):
        assert "ListBucketVersions" in _refusal(find, Bucket=prompts, Prefix=prefix)
    told = environment.command(*FORGET, "--recipe", RECIPE, by="eraser").replace("\n", "")
    assert all(uri in told for uri in before), told
    assert f"{model} of run {run} (promoted) learned it, and serves as the current model" in told
    assert "the alias's current model learned it; --everything deletes it as well" in told
    assert _objects_containing(environment) == before
    iam.untag_user(UserName=eraser, TagKeys=[TAG_RECIPE])
    done = environment.command_as("forget", "--text", SAID, "--yes", "--everything", by="eraser")
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.replace("\n", "")
    assert f"{model} of run {run} (promoted) learned it" in told
    assert _objects_containing(environment) == set()
    assert environment.uris_under(f"evaluations/{run}/") == [], "answers must be deleted with their prompts"


def _objects_containing(environment: Environment) -> set[str]:
    """Returns the objects in both buckets that contain the text in any version."""
    s3, found = environment.client("s3"), set()
    for bucket in (str(environment.outputs[name]) for name in ("prompts_bucket", "data_bucket")):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for one in page.get("Versions", []):
                named = {"Bucket": bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
                body = s3.get_object(**named)["Body"].read()
                if SAID.encode() in (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body):
                    found.add(f"s3://{bucket}/{one['Key']}")
    return found


def _read(environment: Environment, kind: str, uri: str) -> bool:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return not _refusal(environment.client_as(kind, "s3").get_object, Bucket=bucket, Key=key)


def _refusal(call: Any, **asked: Any) -> str:
    """Returns IAM's error message, or "" if the call is allowed."""
    try:
        call(**asked)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return str(error)
    return ""


def _run_as_operator(environment: Environment, file: Path) -> str:
    """Takes a file to a promoted run as an operator. Returns the run's id."""
    assert "has started" in environment.command("run", RECIPE, str(file))
    (record,) = environment.runs()
    ended = environment.wait_for_run(record.run.id)
    assert ended.outcome is Outcome.PROMOTED, ended.reason
    assert "promoted" in environment.command("watch", record.run.id)
    shown = " ".join(environment.command("status").split())
    assert re.search(rf"version 1 \(live\) \S+ \S+ {record.run.id}", shown), shown
    assert "run" in environment.command("run", RECIPE, str(file)), "the same prompts must give the same run"
    return record.run.id
