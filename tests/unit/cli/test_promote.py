"""`distillery promote RUN --to ENV --dry-run` checks a record for its target, and shows the way there with its cost.

`test_promote_start.py` tests what the command does without `--dry-run`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.cli.promote.costs import promotion_costs
from distillery.cli.promote.evidence import dataset_size
from distillery.cli.target import Target
from distillery.client import NotDeployed, NotReached
from distillery.core.conversation import parse
from distillery.core.estimate import DatasetSize
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.promotions import Promotions
from distillery.core.promotions import Way
from distillery.core.recipe_options import OverBudgetPolicy
from distillery.core.serialization import to_wire
from distillery.evaluation.report import wire
from distillery.records.verification import verify
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, recipe
from tests.fakes.records import ACCEPTED, Signer, evaluation
from tests.fakes.report import document
from tests.fakes.s3 import FakeS3
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.promotable import FOLDER, HELD_OUT, RUN, SIGNER, SUBJECTS, TRAINED, URI, promotable
from tests.unit.core.ledger.test_promotions import promotion

ONE_ACCOUNT = (('account = "222222222222"', 'account = "111111111111"'),)
DISPOSABLE = (*ONE_ACCOUNT, ("keep_data = true", "keep_data = false"))
NO_ACCOUNT = (('account = "222222222222"', ""), ("keep_data = true", "keep_data = false"))

SetUp = Callable[..., FakeS3]
Examine = Callable[..., tuple[int, Mapping[str, Any]]]


@pytest.fixture
def set_up(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SetUp:
    return lambda **more: promotable(account, monkeypatch, tmp_path, **more)


@pytest.fixture
def examine(command: Command) -> Examine:
    def call(run: str = RUN) -> tuple[int, Mapping[str, Any]]:
        said = command("promote", run, "--to", "staging", "--dry-run", "--json")
        assert said.out, said.err
        return said.code, json.loads(said.out)

    return call


def test_a_run_is_admissible_and_its_way_is_shown_with_its_cost(set_up: SetUp, command: Command) -> None:
    set_up()
    said = command("promote", RUN, "--to", "staging", "--dry-run")
    assert said.code == 0, said.out + said.err
    for part in (
        f"run {RUN} of dev, to staging",
        f"signed by key {SIGNER.public.id}",
        "re-distil (this way is taken): staging trains its own student",
        "re-point: an account cannot use another account's model",
        "copy: Bedrock does not share custom models of Amazon Nova Micro between accounts",
        "training on 500 pairs ($1.00 per million tokens, 2026-11-23",
        "answers to 100 held-out prompts by 3 models",
        "then: model storage, a month",
        "unchecked (older-than-live): whether a student that was judged later is live",
        "unchecked (replayed)",
        "no reason against the promotion is known here",
        f"nothing was started; to start it: distillery promote {RUN} --to staging",
    ):
        assert part in said.out, part


def test_the_document_has_what_the_text_says(set_up: SetUp, examine: Examine) -> None:
    set_up()
    code, found = examine()
    assert (code, found["admitted"], found["refusals"], found["way"]) == (0, True, [], "re-distil")
    assert found["record_uri"] == URI
    (way,) = [one for one in found["ways"] if one["possible"]]
    assert Decimal(way["total_usd"]) == sum(Decimal(one["usd"]) for one in way["costs"])
    assert Decimal(way["at_most_usd"]) > Decimal(way["total_usd"])
    assert found["next"] == f"distillery promote {RUN} --to staging"
    assert (found["promotion"], found["started_run"]) == (None, None)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"environment": "launch"}, "skipped-environment"),
        ({"tokens": 65}, "other-training"),
        ({"recipe": "billing"}, "other-recipe"),
        ({"evaluation": evaluation(VerdictOutcome.FAILED), "accepted": ACCEPTED}, "not-passed"),
        ({"expires": "2026-11-23T12:00:00+00:00"}, "expired"),
        ({"issued": "2026-11-23T12:00:01+00:00"}, "not-yet-valid"),
        ({"run": "support-k3x9a-p0q2m7ab-2"}, "other-run"),
        ({"signer": Signer(8)}, "unlisted-key"),
        ({"edits": (('home_region = "us-east-1"', 'home_region = "us-east-2"'),)}, "no-way"),
    ],
)
def test_what_speaks_against_it_is_refused_with_the_reason(
    set_up: SetUp, examine: Examine, command: Command, more: dict[str, Any], reason: str
) -> None:
    set_up(**more)
    code, found = examine()
    assert code == 4
    assert [one["reason"] for one in found["refusals"]] == [reason]
    assert (found["admitted"], found["way"], found["next"]) == (False, None, None)
    plain = command("promote", RUN, "--to", "staging", "--dry-run")
    assert (plain.code, f"refused ({reason})" in plain.out) == (4, True)


def test_what_a_person_accepted_is_admitted_where_the_target_says_so(set_up: SetUp, examine: Examine) -> None:
    set_up(settings="admit_overruled = true\n", evaluation=evaluation(VerdictOutcome.FAILED), accepted=ACCEPTED)
    assert examine()[0] == 0


def test_a_changed_byte_is_refused_and_nothing_of_the_record_is_used(
    set_up: SetUp, examine: Examine, account: FakeAccount
) -> None:
    bucket = set_up()
    account.objects[URI] = account.objects[URI].replace(b'"sig": "M', b'"sig": "N')
    code, found = examine()
    assert (code, [one["reason"] for one in found["refusals"]]) == (4, ["bad-signature"])
    assert (found["ways"], bucket.reads) == ([], [])


@pytest.mark.parametrize(
    ("edits", "way"),
    [((), "re-distil"), (ONE_ACCOUNT, "re-distil"), (DISPOSABLE, "re-point"), (NO_ACCOUNT, "re-point")],
)
def test_disposable_environments_of_one_account_share_the_model(
    set_up: SetUp, examine: Examine, edits: tuple[tuple[str, str], ...], way: str
) -> None:
    set_up(edits=edits)
    _, found = examine()
    assert found["way"] == way
    costs = {one["way"]: one["total_usd"] for one in found["ways"]}
    if way == "re-point":
        assert all("2026-11-23" in one["basis"] for one in found["ways"][0]["costs"])
        assert Decimal(costs["re-point"]) < Decimal(costs["re-distil"])


@pytest.mark.parametrize("keeps_data", [True, None])
def test_a_model_of_an_environment_that_keeps_its_data_is_not_shared(
    set_up: SetUp, examine: Examine, keeps_data: bool | None
) -> None:
    """The record says so; the settings of the source may have changed since, or be in another checkout."""
    set_up(edits=DISPOSABLE, keeps_data=keeps_data)
    assert examine()[1]["way"] == "re-distil"


def test_a_copy_has_a_cost_that_no_source_gives(set_up: SetUp, examine: Examine, command: Command) -> None:
    set_up(edits=ONE_ACCOUNT, region="us-west-2", settings='copy_from = ["111111111111"]\n')
    _, found = examine()
    assert found["way"] == "copy"
    copying, *others = found["ways"][1]["costs"]
    assert (copying["what"], copying["usd"]) == ("the copy job", None)
    assert Decimal(found["ways"][1]["total_usd"]) == sum(Decimal(one["usd"]) for one in others)
    assert (
        "unknown the copy job (no source gives a price)" in command("promote", RUN, "--to", "staging", "--dry-run").out
    )


@pytest.mark.parametrize(
    ("judged", "refused", "unchecked"),
    [
        (None, [], []),
        ("2026-11-23T09:08:06+00:00", [], []),
        ("2026-11-23T09:08:07+00:00", ["older-than-live"], []),
    ],
)
def test_the_alias_of_a_target_in_reach_is_compared(
    set_up: SetUp,
    examine: Examine,
    account: FakeAccount,
    judged: str | None,
    refused: list[str],
    unchecked: list[str],
) -> None:
    set_up(edits=ONE_ACCOUNT)
    if judged:
        account.aliases["support"] = to_wire(alias())
        report = json.dumps(wire.write(document(judged=judged))).encode()
        account.objects[f"s3://data/evaluations/{alias().run}/report.json"] = report
    _, found = examine()
    assert [one["reason"] for one in found["refusals"]] == refused
    assert [one["reason"] for one in found["unchecked"]] == unchecked


@pytest.mark.parametrize(
    ("judged", "refused"),
    [("2026-11-23T09:08:06+00:00", []), ("2026-11-23T09:08:07+00:00", ["older-than-live"])],
)
def test_what_is_live_by_a_promotion_is_as_old_as_its_record(
    set_up: SetUp, examine: Examine, account: FakeAccount, judged: str, refused: list[str]
) -> None:
    """The target judged it later than the source, as its report says."""
    set_up(edits=ONE_ACCOUNT)
    account.aliases["support"] = to_wire(alias())
    report = json.dumps(wire.write(document(judged="2026-11-23T11:00:00+00:00"))).encode()
    account.objects[f"s3://data/evaluations/{alias().run}/report.json"] = report
    earlier = promotion()
    promotions = Promotions(account.table)
    promotions.begin(replace(earlier, record=replace(earlier.record, judged=judged)))
    assert account.table.put_all(promotions.link(earlier.id, alias().run))
    assert [one["reason"] for one in examine()[1]["refusals"]] == refused


def _denied(*_: object) -> None:
    raise service_error("AccessDeniedException")


def _no_report(account: FakeAccount, patch: pytest.MonkeyPatch) -> None:
    account.aliases["support"] = to_wire(alias())


def _no_alias(account: FakeAccount, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(account, "alias", _denied)


def _no_promotions(account: FakeAccount, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Promotions, "of", _denied)


@pytest.mark.parametrize(
    ("case", "unchecked"),
    [
        (_no_report, ["older-than-live"]),
        (_no_alias, ["older-than-live"]),
        (_no_promotions, ["replayed"]),
    ],
)
def test_a_target_that_is_not_in_reach_leaves_checks_to_its_account(
    set_up: SetUp,
    examine: Examine,
    account: FakeAccount,
    monkeypatch: pytest.MonkeyPatch,
    case: Callable[[FakeAccount, pytest.MonkeyPatch], None],
    unchecked: list[str],
) -> None:
    set_up(edits=ONE_ACCOUNT)
    case(account, monkeypatch)
    code, found = examine()
    assert (code, [one["reason"] for one in found["unchecked"]]) == (0, unchecked)


@pytest.mark.parametrize(
    ("more", "refused"),
    [({}, []), ({"run": True}, ["replayed"]), ({"abandoned": True}, ["replayed"])],
)
def test_a_record_whose_promotion_does_not_wait_for_prompts_was_used(
    set_up: SetUp, examine: Examine, account: FakeAccount, more: dict[str, bool], refused: list[str]
) -> None:
    set_up(edits=ONE_ACCOUNT)
    digest = verify(account.objects[URI], [SIGNER.public]).digest
    begun, promotions = promotion(), Promotions(account.table)
    assert promotions.begin(replace(begun, record=replace(begun.record, digest=digest)))
    if more.get("run"):
        assert account.table.put_all(promotions.link(begun.id, "support-c-d-1"))
    if more.get("abandoned"):
        promotions.abandon(begun.id, by="ann", reason="wrong")
    _, found = examine()
    assert [one["reason"] for one in found["refusals"]] == refused


@pytest.mark.parametrize("environment", ["dev", "qa"])
def test_another_record_of_a_run_that_was_promoted_was_used(
    set_up: SetUp, examine: Examine, account: FakeAccount, environment: str
) -> None:
    """Also while the promotion waits for its prompts: the target continues it by its own record alone."""
    set_up(edits=ONE_ACCOUNT)
    begun = promotion()
    of_run = replace(begun.record, digest="c" * 64, environment=environment, run=RUN)
    assert Promotions(account.table).begin(replace(begun, record=of_run))
    _, found = examine()
    assert [one["reason"] for one in found["refusals"]] == (["replayed"] if environment == "dev" else [])


@pytest.mark.parametrize("error", [NotDeployed("nothing there"), NotReached("denied")])
def test_a_target_of_an_unknown_account_shares_no_model(
    set_up: SetUp, examine: Examine, account: FakeAccount, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    set_up(edits=NO_ACCOUNT)

    class Unreached:
        @property
        def pipeline(self) -> Mapping[str, Any]:
            raise error

    def the_account(environment: str, region: str | None, **_: object) -> Any:
        return Unreached() if environment == "staging" else account

    monkeypatch.setattr("distillery.client.Account", the_account)
    _, found = examine()
    assert found["way"] == "re-distil"
    assert ["these credentials do not reach it" in one["reason"] for one in found["ways"]] == [True, True, False]


@pytest.mark.parametrize(
    ("prompts", "subjects", "why"),
    [
        ({"train": None}, SUBJECTS, "have expired or were deleted"),
        ({"heldout": None}, SUBJECTS, "have expired or were deleted"),
        ({"train": b"{}\n"}, SUBJECTS, "somebody changed the file"),
        ({"heldout": b"\xff\n"}, SUBJECTS, "somebody changed the file"),
        ({}, SUBJECTS | {"training-prompts": "0" * 64}, "somebody changed the file"),
        ({}, {"report": "b" * 64}, "the job read invocation logs itself"),
    ],
)
def test_without_the_prompts_that_were_signed_no_cost_is_invented(
    set_up: SetUp, examine: Examine, prompts: dict[str, bytes | None], subjects: dict[str, str], why: str
) -> None:
    bucket = set_up(subjects=subjects)
    for name, body in prompts.items():
        if body is None:
            bucket.delete_object(Bucket="data", Key=f"{FOLDER.removeprefix('s3://data/')}/{name}.jsonl")
        else:
            bucket.put(f"{FOLDER}/{name}.jsonl", body)
    code, found = examine()
    assert (code, found["way"], found["prices_as_of"]) == (0, "re-distil", None)
    assert why in found["no_prices"]
    assert [one["costs"] for one in found["ways"]] == [[], [], []]
    assert found["hosting"] == []


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_the_size_is_that_of_the_prompts_that_were_trained_on_and_asked(
    set_up: SetUp, account: FakeAccount, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    set_up()
    monkeypatch.setattr("distillery.cli.promote.evidence.BLOCK", block)
    on = Target(environment="dev", region=None, local=False)
    found = dataset_size(on, verify(account.objects[URI], [SIGNER.public]).statement)
    lines = [*TRAINED.decode().splitlines(), *HELD_OUT.decode().splitlines()[:100]]
    assert found == DatasetSize(prompts=500, heldout=100, tokens=sum(parse(line).tokens for line in lines))


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ((('hosting = "on-demand"', 'hosting = "provisioned"'),), "unit_price_usd_per_hour"),
    ],
)
def test_a_price_that_no_source_gives_is_named(
    set_up: SetUp, examine: Examine, command: Command, edits: tuple[tuple[str, str], ...], why: str
) -> None:
    set_up(edits=edits)
    _, found = examine()
    assert why in found["no_prices"]
    assert "the costs are unknown" in command("promote", RUN, "--to", "staging", "--dry-run").out


def test_hours_and_a_golden_set_are_named(set_up: SetUp, examine: Examine) -> None:
    units = 'hosting = "provisioned"\nunit_price_usd_per_hour = 20.00\ngolden_set = "exam.jsonl"'
    set_up(edits=(('hosting = "on-demand"', units),))
    _, found = examine()
    assert {one["what"]: one["usd"] for one in found["hosting"]}["live endpoint, a month"] == "14600.00"
    (way,) = [one for one in found["ways"] if one["possible"]]
    assert [one["what"] for one in way["costs"] if one["usd"] is None] == ["answers to the golden set exam.jsonl"]


def test_every_way_is_compared_with_the_budget() -> None:
    """The target compares an evaluation with it, too, after it has consumed the record."""
    size = DatasetSize(prompts=500, heldout=100, tokens=60_000)
    for budget, dear in (("0.01", set(Way)), ("999", set())):
        of = recipe(budget_usd=Decimal(budget), over_budget=OverBudgetPolicy.REFUSE)
        found = promotion_costs(of, size, region="us-east-1", on=date(2026, 11, 23))
        assert {way for way, cost in found.ways.items() if cost.over_budget} == dear


@pytest.mark.parametrize("policy", ["refuse", "approve"])
def test_a_run_that_its_target_would_find_too_dear_is_named(
    set_up: SetUp, examine: Examine, command: Command, policy: str
) -> None:
    set_up(edits=(("budget_usd = 25", f'budget_usd = 1\nmonthly_budget_usd = 25\nover_budget = "{policy}"'),))
    code, found = examine()
    (way,) = [one for one in found["ways"] if one["possible"]]
    assert (code, "the budget of recipe 'support' is $1" in way["over_budget"]) == (0, True), way["over_budget"]
    assert "over budget: " in command("promote", RUN, "--to", "staging", "--dry-run").out


@pytest.mark.parametrize(("opens", "closed"), [("14:00", True), ("11:00", False)])
def test_a_window_that_is_closed_is_shown_with_its_next_opening(
    set_up: SetUp, examine: Examine, command: Command, opens: str, closed: bool
) -> None:
    """It is Monday, 12:00 UTC."""
    set_up(settings=f'[promotion.window]\nopens = "{opens}"\ncloses = "16:00"\ntimezone = "UTC"\n')
    code, found = examine()
    assert (code, found["window"] != "") == (0, closed), found["window"]
    said = command("promote", RUN, "--to", "staging", "--dry-run").out
    assert (f"the window is closed ({found['window']}); a student that passes waits until it opens" in said) is closed
    assert ("14:00" in found["window"]) is closed


def test_a_record_is_named_by_its_address(set_up: SetUp, examine: Examine, account: FakeAccount) -> None:
    set_up()
    other = URI.replace("record.json", "record-acceptance-support-x.json")
    account.objects[other] = account.objects.pop(URI)
    code, found = examine(other)
    assert (code, found["run"], found["record_uri"]) == (0, RUN, other)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([RUN, "--to", "staging", "--dry-run"], "there is no record at"),
        (["s3://data", "--to", "staging", "--dry-run"], "names no object"),
        ([RUN, "--to", "dev", "--dry-run"], "the environment of the run itself"),
        ([RUN, "--to", "prod", "--dry-run"], "prod.toml has no public_keys"),
        ([RUN, "--to", "nowhere", "--dry-run"], "there is no environment 'nowhere'"),
        (
            [RUN, "--to", "staging", "--json"],
            "--json asks nothing; confirm with --yes, or start nothing with --dry-run",
        ),
    ],
)
def test_what_cannot_be_examined_is_said_in_a_sentence(
    set_up: SetUp, command: Command, account: FakeAccount, words: list[str], said: str
) -> None:
    set_up()
    if said == "there is no record at":
        del account.objects[URI]
    done = command("promote", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
