"""`distillery golden` uploads a golden set, and `check --golden` reads one."""

import json
import shutil
from pathlib import Path

import pytest

from distillery.settings.reading import VARIABLE
from local.account import ROOT
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.dataset.fakes import file, line

EXAM = b"".join(line(f"golden {i}", "refund") + b"\n" for i in range(12))


@pytest.fixture
def exam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set, and settings whose recipe names it."""
    folder = tmp_path / "environments"
    shutil.copytree(ROOT / "environments", folder)
    text = (folder / "dev.toml").read_text(encoding="utf-8")
    named = text.replace("# golden_set =", 'golden_set = "exam.jsonl"  # golden_set =').replace(
        "# golden_min_score = null", "golden_min_score = 0.9  # "
    )
    assert named != text
    (folder / "dev.toml").write_text(named, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(folder))
    made = tmp_path / "exam.jsonl"
    made.write_bytes(EXAM)
    return made


def test_it_is_uploaded_where_only_examiners_write(account: FakeAccount, command: Command, exam: Path) -> None:
    said = command("golden", "support", str(exam))
    assert said.code == 0, said.err
    assert account.uploads == [("support", "golden/support/exam.jsonl")]
    assert "12 prompts" in said.out
    assert "evaluate RUN --current-settings" in said.out
    assert account.calls == [], "it starts no run"


@pytest.mark.parametrize(
    ("name", "body", "wrong"),
    [
        ("exam.jsonl", b"{}\n", "errors"),
        ("exam.jsonl", line("golden", None) + b"\n", "needs one"),
        ("other.jsonl", EXAM, "golden_set = 'exam.jsonl'"),
        ("exam.txt", EXAM, "ends in .jsonl"),
        ("-exam.jsonl", EXAM, "ends in .jsonl"),
    ],
)
def test_what_no_run_would_start_with_is_not_uploaded(
    account: FakeAccount, command: Command, exam: Path, name: str, body: bytes, wrong: str
) -> None:
    bad = exam.parent / name
    bad.write_bytes(body)
    said = command("golden", "support", str(bad))
    assert said.code != 0
    assert wrong in said.err, said.err
    assert account.uploads == []


def test_check_counts_its_answers_and_leaves_its_prompts_out(command: Command, exam: Path) -> None:
    prompts = exam.parent / "prompts.jsonl"
    prompts.write_bytes(file(200) + line("golden 3", "refund") + b"\n")
    with_it = command("check", str(prompts), "--recipe", "support", "--golden", str(exam), "--json")
    (report,) = json.loads(with_it.out)["reports"]
    assert report["dataset"]["curation"]["in_golden_set"] == 1
    assert any("and 12 golden prompts" in item["what"] for item in report["estimate"]["lines"])
    assert report["evaluation"]["golden"] == "golden set exam.jsonl: the student needs 11 of 12 points"
    without = command("check", str(prompts), "--recipe", "support")
    assert "not read here" in without.out


def test_a_golden_set_belongs_to_a_recipe(command: Command, exam: Path) -> None:
    said = command("check", str(exam), "--golden", str(exam))
    assert (said.code, "--recipe" in said.err) == (2, True)


def test_a_bad_golden_set_is_told_by_check(command: Command, exam: Path) -> None:
    exam.write_bytes(b"{}\n")
    said = command("check", str(exam), "--recipe", "support", "--golden", str(exam))
    assert (said.code, "golden set" in said.err) == (2, True)
