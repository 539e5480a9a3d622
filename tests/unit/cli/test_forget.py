"""`distillery forget` deletes everything that may be deleted and reports what is left."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from distillery.client import NotDeployed, NotReached
from distillery.core.conversation import Prompt, to_line
from distillery.core.ledger.ledger import Ledger
from distillery.core.logs import InvocationLogs
from distillery.core.pipeline import Outcome, Run
from tests.fakes.pipeline import dataset, distilled, recipe, student
from tests.fakes.s3 import FakeS3
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

SAID = "My name is Zoe Miller"
PROMPT = Prompt(system=None, messages=(("user", SAID),), reference=None)
HIT = to_line(PROMPT)
OTHER = to_line(Prompt(system=None, messages=(("user", "Where is my card?"),), reference=None))


@pytest.fixture
def s3(account: FakeAccount) -> FakeS3:
    found = FakeS3()
    account.clients["s3", None] = account.clients["s3", "us-east-2"] = found
    return found


def trained(s3: FakeS3, ledger: Ledger, digest: str, letter: str, outcome: Outcome = Outcome.PROMOTED) -> Run:
    """A run whose data set contains the text, and whose model was trained on it."""
    run = ledger.open(recipe(), dataset(digest=digest), again=True).run
    s3.put(f"s3://data/datasets/support/{run.dataset.digest}/train.jsonl", f"{OTHER}\n{HIT}\n")
    s3.put(f"s3://data/datasets/support/{run.dataset.digest}/heldout.jsonl", OTHER)
    s3.put(f"s3://data/evaluations/{run.id}/part-0.jsonl", '{"index": 0, "answers": ["hello Zoe"]}')
    distilled(ledger, run, letter)
    if outcome is not Outcome.RUNNING:
        ledger.close(run.id, outcome)
    return run


def scattered(s3: FakeS3) -> None:
    """The text in every place but a data set, and in old versions."""
    for uri in (
        "prompts/uploads/support/a.jsonl",
        "prompts/prompts/support/b.jsonl",
        "prompts/collected/support/1/c.jsonl",
    ):
        s3.put(f"s3://{uri}", HIT)
    s3.put("s3://prompts/prompts/support/b.jsonl", OTHER)  # the newest version does not contain it
    s3.put("s3://data/jobs/r/out.jsonl", HIT)
    s3.delete_object(Bucket="data", Key="jobs/r/out.jsonl")  # the newest version is a delete marker
    s3.put("s3://data/reports/support/quarantine.jsonl", json.dumps({"text": HIT}))
    s3.put("s3://calls/AWSLogs/1/BedrockModelInvocationLogs/us-east-2/2026/x.json.gz", gzip.compress(HIT.encode()))
    s3.put("s3://data/reports/support/other.json", "{}")


@pytest.mark.parametrize("by", ["--text", "--file", "--digest"])
def test_every_copy_goes_in_every_bucket_and_version_with_its_markers(
    by: str, command: Command, s3: FakeS3, tmp_path: Path
) -> None:
    scattered(s3)
    s3.page = 2
    file = tmp_path / "theirs.jsonl"
    file.write_text(HIT)
    said = command("forget", by, {"--text": "zoe miller", "--file": str(file), "--digest": PROMPT.digest}[by], "--yes")
    assert (said.code, s3.remaining_keys()) == (0, ["reports/support/other.json"])
    assert "6 of 6 copies deleted" in said.out


def test_nothing_is_deleted_before_somebody_says_yes(
    command: Command, s3: FakeS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    scattered(s3)
    before = s3.remaining_keys()
    for words, code in ((("--dry-run",), 0), (("--json",), 0), ((), 1)):
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert command("forget", "--text", SAID, *words).code == code
    assert (s3.remaining_keys(), s3.deletes) == (before, [])
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert command("forget", "--text", SAID).code == 0
    assert s3.remaining_keys() == ["reports/support/other.json"]


def test_trained_models_are_reported_and_data_in_use_is_kept_by_default(
    command: Command, s3: FakeS3, ledger: Ledger, account: FakeAccount
) -> None:
    runs = [trained(s3, ledger, digest, letter) for digest, letter in (("aa", "a"), ("bb", "b"), ("cc", "c"))]
    running = trained(s3, ledger, "dd", "d", Outcome.RUNNING)
    s3.put("s3://data/golden/support/exam.jsonl", HIT)
    account.aliases["support"] = {"current": student("c").model_arn, "previous": student("b").model_arn}
    said = command("forget", "--text", SAID, "--json", "--yes")
    told: dict[str, Any] = json.loads(said.out)
    assert said.code == 3
    assert {one["run"]: (one["serves"], one["sure"]) for one in told["learned"]} == {
        runs[0].id: ("", True),
        runs[1].id: ("previous", True),
        runs[2].id: ("current", True),
        running.id: ("", True),
    }
    kept = {one["uri"].split("/")[-2][:2]: one["kept"] for one in told["copies"] if one["kept"]}
    assert kept == {
        "bb": "the alias's previous model learned it",
        "cc": "the alias's current model learned it",
        "dd": f"run {running.id} is active",
        "su": "a golden set",
    }
    assert not [key for key in s3.remaining_keys() if key.startswith(f"evaluations/{runs[0].id}")], (
        "its answers must be deleted too"
    )
    assert command("forget", "--text", SAID, "--yes", "--everything").code == 0
    assert [key for key in s3.remaining_keys() if "train" in key or "golden" in key] == []


def test_a_data_set_stays_where_the_ledger_lost_what_a_serving_model_learned(
    command: Command, s3: FakeS3, ledger: Ledger, account: FakeAccount
) -> None:
    trained(s3, ledger, "aa", "a")
    account.aliases["support"] = {"current": student("z").model_arn, "previous": None}
    said = command("forget", "--text", SAID, "--yes")
    assert (said.code, "no run is known of the current model" in said.out) == (3, True)
    assert any("train" in key for key in s3.remaining_keys())


def test_a_job_that_read_logged_calls_itself_may_have_learned_them(
    command: Command, s3: FakeS3, ledger: Ledger
) -> None:
    from dataclasses import replace

    logs = InvocationLogs(uri="s3://calls/", match={"a": "b"}, use_responses=False)
    run = ledger.open(recipe(), replace(dataset(), logs=logs), again=False).run
    s3.put("s3://calls/x.json.gz", gzip.compress(HIT.encode()))
    said = command("forget", "--text", SAID, "--yes")
    assert f"run {run.id} (running) may have learned it, from logged calls" in said.out


def test_what_s3_refuses_to_delete_or_to_read_is_reported_and_the_rest_goes(command: Command, s3: FakeS3) -> None:
    scattered(s3)
    s3.refuse, s3.unreadable = {"uploads/support/a.jsonl"}, {"reports/support/other.json"}
    said = command("forget", "--text", SAID, "--yes")
    assert said.code == 3
    assert "5 of 6 copies deleted" in said.out
    assert "not deleted: s3://prompts/uploads/support/a.jsonl" in said.out
    assert "could not be read: s3://data/reports/support/other.json" in said.out
    s3.refuse = s3.unreadable = set()
    assert command("forget", "--text", SAID, "--yes").code == 0
    assert s3.remaining_keys() == ["reports/support/other.json"]


def test_interrupted_twice_it_ends_what_it_began_and_names_the_same_models(
    command: Command, s3: FakeS3, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    scattered(s3)
    run = trained(s3, ledger, "aa", "a", Outcome.REJECTED)
    delete, left = s3.delete_objects, [2, 3]

    def interrupted(**asked: Any) -> Any:
        if left and not left[0]:
            left.pop(0)
            raise KeyboardInterrupt
        if left:
            left[0] -= 1
        return delete(**asked)

    monkeypatch.setattr(s3, "delete_objects", interrupted)
    for code in (130, 130, 0):
        said = command("forget", "--text", SAID, "--yes")
        assert (said.code, run.id in said.out) == (code, True)
    assert [key for key in s3.remaining_keys() if "heldout" not in key] == ["reports/support/other.json"]


def test_of_one_recipe_its_folders_alone_are_listed_and_its_runs_alone_are_asked_for(
    command: Command, s3: FakeS3, ledger: Ledger
) -> None:
    """A principal with the recipe's tag must do so: it may list nothing else, and no logged calls."""
    scattered(s3)
    run = trained(s3, ledger, "aa", "a", Outcome.REJECTED)
    for folder in ("golden/support", "datasets/support-de/bb", f"jobs/{run.id}", f"jobs/{run.id}0"):
        s3.put(f"s3://data/{folder}/x.jsonl", HIT)
    said = command("forget", "--recipe", "support", "--text", SAID, "--yes", "--everything")
    assert (said.code, run.id in said.out) == (0, True)
    assert all(prefix.endswith(("/support/", f"/{run.id}/")) for _, prefix in s3.listed)
    assert {bucket for bucket, _ in s3.listed} == {"prompts", "data"}
    left = {one.key.rpartition("/")[0] for one in s3.kept if one.body and HIT in one.body.decode(errors="replace")}
    assert left == {"datasets/support-de/bb", f"jobs/{run.id}0", "jobs/r"}
    assert "AWSLogs/1/BedrockModelInvocationLogs/us-east-2/2026/x.json.gz" in s3.remaining_keys("calls")


@pytest.mark.parametrize("denied", [False, True])
def test_an_environment_that_logs_no_calls_is_searched_without_them(
    denied: bool, command: Command, s3: FakeS3, account: FakeAccount
) -> None:
    """If AWS denies access, logs of an earlier deployment may be left, and whoever erases is told."""

    class Without(dict[str, Any]):
        def __getitem__(self, _name: str) -> Any:
            missing = NotDeployed("it collects no invocation logs")
            if not denied:
                raise missing
            try:
                raise NotReached("AccessDenied")
            except NotReached:
                raise missing from None

    account.collection = Without()
    s3.put("s3://prompts/uploads/support/a.jsonl", HIT)
    said = command("forget", "--text", SAID, "--yes")
    assert (said.code, "logged calls are not searched" in said.err) == (0, denied)
    assert s3.remaining_keys() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name what to forget"),
        (("--text", SAID, "--digest", "aa"), "one of --text"),
        (("--text", "a"), "nearly every file"),
        (("--digest", "ab\x1b]52;c;"), "no prompt of digest ab%1B%5D52"),
        (("--text", SAID, "--yes", "--dry-run"), "use one of them"),
        (("--text", SAID, "--yes", "--recipe", "suport"), "there is no recipe 'suport'"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(command: Command, s3: FakeS3, words: tuple[str, ...], told: str) -> None:
    said = command("forget", *words)
    assert (said.code, told in said.err, s3.deletes) == (2, True, [])


@pytest.mark.parametrize(("words", "code"), [((), 3), (("--yes",), 3), (("--dry-run",), 0), (("--json",), 0)])
def test_where_all_that_is_found_is_kept_nobody_is_asked_and_the_exit_code_says_it(
    command: Command, s3: FakeS3, words: tuple[str, ...], code: int
) -> None:
    s3.put("s3://data/golden/support/exam.jsonl", HIT)
    assert (command("forget", "--text", SAID, *words).code, s3.deletes) == (code, [])


def test_nothing_found_is_nothing_done(command: Command, s3: FakeS3) -> None:
    s3.put("s3://prompts/uploads/support/a.jsonl", OTHER)
    said = command("forget", "--text", SAID, "--yes")
    assert (said.code, s3.deletes) == (0, [])
    assert "0 copies among 1 versions" in said.out


def test_a_system_prompt_is_found_across_its_lines_and_kept_while_callers_send_it(
    command: Command, s3: FakeS3, account: FakeAccount
) -> None:
    for name in ("now", "before", "old"):
        s3.put(f"s3://data/system-prompts/support/{name}.txt", "Label it.\nAsk Zoe\nMiller, if in doubt.\n")
    account.aliases["support"] = {
        "current": None, "previous": None, "system": {"sha256": "now"}, "previous_system": {"sha256": "before"}
    }  # fmt: skip
    said = command("forget", "--text", "ask zoe miller", "--yes")
    assert said.code == 3
    assert "callers of the alias's current model send it" in said.out
    assert "callers of the alias's previous model send it" in said.out
    assert s3.remaining_keys() == ["system-prompts/support/before.txt", "system-prompts/support/now.txt"]
    assert command("forget", "--text", "ask zoe miller", "--yes", "--everything").code == 0
    assert s3.remaining_keys() == []
