"""A student of dev goes through staging to prod by the commands of docs/promotion.md, each run by the person that the
page names, in three accounts with IAM enforced; and what must not go through is refused.
"""

import json
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from distillery.client.errors import FunctionRefused, NotAllowed
from distillery.core.names import PROMPTS_PREFIX, UPLOADS_PREFIX
from distillery.core.pipeline import Outcome, Stage
from distillery.core.promotions import FILES, MARKER
from distillery.records import envelope
from distillery.records.public_key import PublicKey
from distillery.records.verification import Verified, verify
from tests import promotion_page
from tests.fakes.records import Signer
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.passage import Passage
from tests.journey.prompts import DELIVERY, MONEY, support
from tests.promotion_page import PageCommand

Done = subprocess.CompletedProcess[str]
WAITS = 3
REFUSED = 4


def test_a_student_goes_through_every_environment_by_the_commands_of_the_page(deploy: Deploy, tmp_path: Path) -> None:
    passage, keys = Passage(deploy, tmp_path), {}
    page = promotion_page.commands()
    dev = passage.add("dev", valid_days="1")
    keys["dev"] = _follow(passage, page, "key").stdout
    staging = passage.add("staging", keys["dev"])
    keys["staging"] = _follow(passage, page, "key").stdout
    prod = passage.add("prod", keys["staging"], keys["dev"])
    older = _live_model(staging)  # judged before the student that is promoted, which is compared with it
    trained = dev.run(support(*DELIVERY))
    assert trained.outcome is Outcome.PROMOTED, trained.reason
    passage.values["RUN"] = trained.run.id
    record = _record(dev, trained.run.id)

    _a_promotion_is_begun_and_interrupted(passage, record)
    _promote(passage, page, "staging")
    assert staging.ledger.run(passage.values["STAGING_RUN"]).run.dataset.digest == trained.run.dataset.digest
    _decline(passage, page)
    _accept(passage, page, "staging")

    second = _verified(staging, passage.values["STAGING_RUN"], keys["staging"])
    assert [(one.environment, one.run) for one in second.statement.record.chain] == [("dev", trained.run.id)]
    assert older in [one.model for one in second.statement.record.evaluation.models if one.role == "live"]
    assert second.statement.record.chain[0].digest == _verified(dev, trained.run.id, keys["dev"]).digest

    _promote(passage, page, "prod")
    _accept(passage, page, "prod")
    assert prod.promoted().run == passage.values["PROD_RUN"]
    listed = _follow(passage, page, "promotions")
    assert "promoted" in listed.stdout
    assert page == [], "every command of the page was run"
    _what_must_not_go_through_is_refused(passage, record)
    for environment in (dev, staging, prod):
        assert_nothing_is_left(environment)


def _live_model(environment: Environment) -> str:
    """Has an own student of the environment go live, which an approver accepts. Returns its model."""
    own = environment.run(support(*MONEY))
    assert own.outcome is Outcome.INCONCLUSIVE, own.reason
    environment.command("accept", own.run.id, "--reason", "the first one", by="approver")
    environment.until(lambda: environment.alias() is not None, "first alias")
    environment.until(lambda: environment.ledger.active() == {}, "end of the acceptance")
    return environment.promoted().current


def _follow(passage: Passage, page: list[PageCommand], verb: str, *, code: int = 0) -> Done:
    """Runs the next command of the page, which has that verb and ends with that code."""
    command = page.pop(0)
    assert command.verb == verb, command
    done = passage.run(command)
    assert done.returncode == code, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
    return done


def _record(environment: Environment, run: str) -> bytes:
    report = str(environment.ledger.run(run).stages[Stage.EVALUATION].product["report_uri"])
    return environment.read(report.replace("/report.json", "/record.json"))


def _verified(environment: Environment, run: str, pem: str) -> Verified:
    return verify(_record(environment, run), [PublicKey.from_pem(pem)])


def _a_promotion_is_begun_and_interrupted(passage: Passage, record: bytes) -> None:
    """The record is used, and other files than its own arrive: they are refused, and the promotion waits."""
    staging = passage["staging"]
    answer = passage.ask("staging", "promoter", record)
    assert (answer["first"], answer["run"]) == (True, "")
    s3, bucket = staging.client_as("promoter", "s3"), str(staging.outputs["prompts_bucket"])
    for name in (*FILES, MARKER):
        s3.put_object(Bucket=bucket, Key=f"{answer['prefix']}{name}", Body=b'{"prompt": "another"}\n')
    staging.until(lambda: staging.uris_under("reports/"), "report of the refusal")
    assert passage.ask("staging", "promoter", record, resumed=str(answer["promotion"]))["run"] == ""
    waits = passage.distillery("staging", "promoter", "promotions", "--json")
    (found,) = json.loads(waits.stdout)["promotions"]
    assert (found["state"], found["source"], found["promotion"]) == ("admitted", "dev", answer["promotion"])
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key=f"{PROMPTS_PREFIX}{RECIPE}/own.jsonl", Body=b"{}\n")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key=f"{UPLOADS_PREFIX}{RECIPE}/own.jsonl", Body=b"{}\n")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key=f"{answer['prefix']}{FILES[0]}")


def _promote(passage: Passage, page: list[PageCommand], to: str) -> None:
    """What the page says from the preview to the run that waits for an approver."""
    _follow(passage, page, "promote")
    said = _follow(passage, page, "promote").stdout
    (run,) = {record.run.id for record in passage[to].runs() if record.promotion}
    assert f"run {run} has begun" in " ".join(said.split()), said
    passage.values[f"{to.upper()}_RUN"] = run
    if page[0].verb == "promotions":
        assert run in _follow(passage, page, "promotions").stdout
    record = passage[to].wait_for_run(run)
    assert record.outcome is Outcome.AWAITING_ACCEPTANCE, record.reason
    _follow(passage, page, "watch", code=WAITS)


def _decline(passage: Passage, page: list[PageCommand]) -> None:
    """The approver declines the student, and thinks better of it."""
    _follow(passage, page, "report")
    (declines,) = [command for command in page if command.instead]
    page.remove(declines)
    _follow(passage, [declines], "reject")
    assert passage["staging"].ledger.run(passage.values["STAGING_RUN"]).outcome is Outcome.DECLINED


def _accept(passage: Passage, page: list[PageCommand], to: str) -> None:
    _follow(passage, page, "accept")
    run = passage.values[f"{to.upper()}_RUN"]
    passage[to].until(lambda: passage[to].ledger.run(run).outcome is Outcome.PROMOTED, f"promotion of {run}")
    passage[to].until(lambda: passage[to].ledger.active() == {}, "end of the acceptance")


def _what_must_not_go_through_is_refused(passage: Passage, record: bytes) -> None:
    """By the command with its exit code, and by the admission function, whoever calls it."""
    run = passage.values["RUN"]
    again = passage.locally("dev", "promote", run, "--to", "staging", "--yes", dev="reader", staging="promoter")
    assert (again.returncode, "refused (replayed)" in again.stdout) == (REFUSED, True), again.stdout
    used = passage["staging"].ledger.run(passage.values["STAGING_RUN"]).promotion
    given_up = passage.distillery("staging", "promoter", "promotions", "abandon", used, "--reason", "late")
    assert (given_up.returncode, "only a promotion without a run" in given_up.stderr) == (2, True), given_up.stderr
    assert _reason(passage, "prod", record) == "skipped-environment"
    skipped = passage.distillery("dev", "reader", "promote", run, "--to", "prod", "--to-profile", "prod", "--yes")
    assert (skipped.returncode, "refused (skipped-environment)" in skipped.stdout) == (REFUSED, True), skipped.stdout
    read = envelope.read(record)
    (signed,) = read.signatures
    changed = read.payload.replace(b'"prompts":', b'"Prompts":')
    assert changed != read.payload
    assert _reason(passage, "staging", envelope.write(changed, signed.signature, signed.key_id)) == "bad-signature"
    assert _reason(passage, "staging", record.replace(b'"sig": "M', b'"sig": "N')) == "bad-signature"
    assert _reason(passage, "staging", json.dumps(json.loads(record) | {"signatures": []}).encode()) == "unreadable"
    assert _reason(passage, "staging", Signer().sign(read.payload)) == "unlisted-key"
    for kind, of in (("operator", "staging"), ("approver", "staging"), ("promoter", "prod"), ("reader", "dev")):
        with pytest.raises(NotAllowed, match="not authorized"):
            passage.ask("staging", kind, record, of=of)
    passage["dev"].advance_hours(25)
    late = passage.distillery(
        "dev", "reader", "promote", run, "--to", "staging", "--to-profile", "staging", "--json", "--yes"
    )
    found = json.loads(late.stdout)
    assert (late.returncode, "expired" in [one["reason"] for one in found["refusals"]]) == (REFUSED, True)


def _reason(passage: Passage, environment: str, record: bytes) -> str:
    """The word with which the admission function of an environment refuses a record that its promoter sends."""
    with pytest.raises(FunctionRefused) as refused:
        passage.ask(environment, "promoter", record)
    assert refused.value.name == "RecordRefused"
    return refused.value.details["reason"]
