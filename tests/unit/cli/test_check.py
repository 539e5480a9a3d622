"""`distillery check`: text and JSON output, and exit codes."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from distillery.cli.offline_check.checker import recipe_run
from distillery.core.errors import BadRequest
from distillery.core.recipe_options import Curation, ExcessPrompts
from tests.unit.cli.conftest import Command
from tests.unit.dataset.fakes import file, line

ROOT = Path(__file__).parents[3]
CORPUS = ROOT / "tests" / "corpus"
EXAMPLE = ROOT / "examples" / "support" / "prompts.jsonl"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_bytes(file(150))
    return path


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    path = tmp_path / "warned.jsonl"
    path.write_bytes(file(150) + file(1))
    return path


def parsed(command: Command, *words: str) -> tuple[int, dict[str, Any]]:
    said = command("check", "--json", *words)
    return said.code, json.loads(said.out)


def test_good_prompts_are_accepted_with_what_was_counted(command: Command, good: Path) -> None:
    said = command("check", str(good))
    assert said.code == 0
    assert f"{good}: 150 lines, 150 prompts (all with a reference answer), about" in said.out
    assert said.out.endswith("accepted")


def test_a_finding_is_reported_with_its_place_what_is_allowed_and_the_fix(command: Command) -> None:
    said = command("check", str(CORPUS / "misprint.jsonl"))
    assert said.code == 1
    assert "error schema-version-misprint: it is 'bedrock-conversion-2024'" in said.out
    assert "misprint.jsonl:1 $.schemaVersion" in said.out
    assert "allowed" in said.out
    assert "fix fix it: `sed" in said.out
    assert said.out.endswith("rejected, 2 errors")


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_warnings_fail_only_on_request(command: Command, warned: Path, options: tuple[str, ...], code: int) -> None:
    said = command("check", str(warned), *options)
    assert said.code == code
    assert "warning duplicate-prompt" in said.out


def test_json_holds_one_report_for_each_argument(command: Command, good: Path) -> None:
    code, answer = parsed(command, str(good), str(CORPUS / "own-id.jsonl"))
    assert (code, answer["good"]) == (1, False)
    assert [(report["status"], report["errors"]) for report in answer["reports"]] == [("accepted", 0), ("rejected", 2)]
    assert [found["code"] for found in answer["reports"][1]["findings"]] == ["unknown-field", "too-few-prompts"]


def test_a_student_decides_on_dialogues(command: Command) -> None:
    dialogue = str(CORPUS / "dialogue-for-no-student.jsonl")
    found = {
        student: [
            found["code"] for found in parsed(command, dialogue, "--student", student)[1]["reports"][0]["findings"]
        ]
        for student in ("amazon.nova-micro-v1:0", "meta.llama3-1-8b-instruct-v1:0")
    }
    assert "multi-turn" not in found["amazon.nova-micro-v1:0"]
    assert "multi-turn" in found["meta.llama3-1-8b-instruct-v1:0"]


def test_a_recipe_of_the_checkout_gives_the_estimate_that_its_upload_would_have(command: Command) -> None:
    code, answer = parsed(command, str(EXAMPLE), "--recipe", "support", "--env", "dev")
    (report,) = answer["reports"]
    assert (code, report["status"], report["recipe"]) == (0, "accepted", "support")
    assert (report["dataset"]["prompts"], report["dataset"]["heldout"]) == (550, 136)
    assert report["estimate"]["total_usd"]
    said = command("check", str(EXAMPLE), "--recipe", "support")
    assert f"${report['estimate']['total_usd']} in all (" in said.out
    assert "at most, if Bedrock synthesizes as many pairs as it may" in said.out
    assert "$0 then: live endpoint, an hour" in said.out
    assert "1,000 answers by the contender, anthropic.claude-haiku-5-5" in said.out


def test_what_the_recipe_would_refuse_is_refused_by_the_command(command: Command, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_bytes(file(110))  # one fifth is held out
    assert parsed(command, str(few))[0] == 0
    code, answer = parsed(command, str(few), "--recipe", "support")
    assert (code, answer["reports"][0]["status"]) == (1, "rejected")
    assert [found["code"] for found in answer["reports"][0]["findings"]] == ["too-few-prompts"]


def test_curation_is_reported_in_a_line_each(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = recipe_run("dev", "support")
    few = Curation(too_many=ExcessPrompts.SELECT, most_prompts=100)
    monkeypatch.setattr(
        "distillery.cli.check.recipe_run",
        lambda _env, _name: replace(wanted, recipe=replace(wanted.recipe, curation=few)),
    )
    path = tmp_path / "many.jsonl"
    path.write_bytes(
        EXAMPLE.read_bytes() + line("Mail jo@example.com now") + b"\n" + line("mail JO@example.com, now") + b"\n"
    )
    said = command("check", str(path), "--recipe", "support")
    assert said.code == 0
    assert "near duplicates: 1 prompt, 0 removed" in said.out
    assert "personal data: 2 prompts (2 email)" in said.out
    assert re.search(r"not chosen: \d{3} prompts", said.out)


def test_over_budget_is_reported_with_the_items(command: Command, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = recipe_run("dev", "support")
    poor = replace(wanted, recipe=replace(wanted.recipe, budget_usd=Decimal("0.10")))
    monkeypatch.setattr("distillery.cli.check.recipe_run", lambda _env, _name: poor)
    said = command("check", str(good), "--recipe", "support")
    assert said.code == 1
    assert "model storage" in said.out
    assert "over-budget, 1 warning: the run is estimated at $" in said.out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("nowhere.jsonl",), "there is no file nowhere.jsonl"),
        ((), "Missing argument"),
        ((str(EXAMPLE), "--student", "nova"), "the catalog has no model 'nova'"),
        ((str(EXAMPLE), "--recipe", "suport"), "environments/dev.toml has ['support']"),
        ((str(EXAMPLE), "--recipe", "support", "--student", "amazon.nova-micro-v1:0"), "one of --recipe and --student"),
        ((str(EXAMPLE), "--colour"), "No such option"),
    ],
)
def test_usage_errors_have_a_code_of_their_own(command: Command, words: tuple[str, ...], reason: str) -> None:
    said = command("check", *words)
    assert said.code == 2
    assert reason in " ".join(re.sub("[│╭╮╰╯─]", " ", said.err).split())


def test_an_environment_that_is_none_is_reported_with_those_there_are(command: Command) -> None:
    said = command("check", str(EXAMPLE), "--recipe", "support", "--env", "devel")
    assert said.code == 2
    assert "there is no environment 'devel'" in said.err


def test_a_bar_is_drawn_for_a_large_file_on_a_terminal_only(
    command: Command, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("distillery.cli.check.PROGRESS_FROM", 10)
    assert command("check", str(good)).err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert "100%" in command("check", str(good)).err
    assert command("check", "--json", str(good)).err == ""


def test_a_bar_is_drawn_while_many_prompts_are_compared(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distillery.cli.check.COMPARED_FROM", 10)
    assert command("check", str(EXAMPLE), "--recipe", "support").err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert "comparing prompts" in command("check", str(EXAMPLE), "--recipe", "support").err
    assert command("check", "--json", str(EXAMPLE), "--recipe", "support").err == ""


def installed(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command as `pip install` installs it: only the wheel's package, and nothing else of the checkout."""
    package = "distillery"
    shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "distillery", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_it_needs_no_checkout_and_no_library_of_aws(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise SystemExit('boto3 was imported')")
    done = installed(tmp_path, "check", str(EXAMPLE), "--student", "amazon.nova-micro-v1:0")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_hook_for_pre_commit_checks_the_files_that_it_is_given(tmp_path: Path) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hook = dict(re.findall(r"^(?:- |  )(\w+): (.+)$", text, re.MULTILINE))
    program, *words = hook["entry"].split()
    assert (program, hook["language"]) == ("distillery", "python")
    fits = [name for name in ("a.jsonl", "b/c.jsonl.gz", "a.json", "a.jsonl.txt") if re.search(hook["files"], name)]
    assert fits == ["a.jsonl", "b/c.jsonl.gz"]
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(file(150) + line("x", id=1))
    assert installed(tmp_path, *words, str(bad)).returncode == 1


def test_nothing_that_cannot_be_read_is_called_good(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_uri: str) -> None:
        raise BadRequest("s3://b/a.jsonl cannot be read, S3 says AccessDenied")

    monkeypatch.setattr("distillery.cli.offline_check.sources._in_s3", refuse)
    said = command("check", "s3://b/a.jsonl")
    assert said.code == 2
    assert "AccessDenied" in said.err


@pytest.mark.parametrize("unreadable", ["nowhere.jsonl", "folder", "linked"])
def test_json_reports_every_argument_though_one_cannot_be_read(
    command: Command, good: Path, tmp_path: Path, unreadable: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a.jsonl").symlink_to(tmp_path / "gone")
    code, answer = parsed(command, str(tmp_path / unreadable), str(good), str(CORPUS / "own-id.jsonl"))
    assert (code, answer["good"]) == (2, False)
    assert [report["status"] for report in answer["reports"]] == ["unreadable", "accepted", "rejected"]
    assert unreadable in answer["reports"][0]["reason"]


def test_an_error_while_a_file_is_read_is_no_finding(
    command: Command, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, _size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("distillery.cli.offline_check.sources._CountedReads.read", fail)
    said = command("check", str(good))
    assert said.code == 2
    assert "good.jsonl cannot be checked: [Errno 5] Input/output error" in said.err


@pytest.mark.parametrize("words", [("",), ("a.jsonl", ""), ("a.jsonl", "--recipe", ""), ("a.jsonl", "--student", "")])
def test_an_empty_argument_is_refused_and_not_taken_for_everything(command: Command, words: tuple[str, ...]) -> None:
    said = command("check", *words)
    assert (said.code, said.out) == (2, "")
    assert "it is empty" in said.err


@pytest.mark.parametrize(
    ("record", "form"),
    [
        ({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "openai"),
        ({"system": "s", "messages": [{"role": "user", "content": "q"}]}, "anthropic-messages"),
        ({"conversations": [{"from": "human", "value": "q"}]}, "sharegpt"),
        ({"instruction": "q", "input": "", "output": "a"}, "alpaca"),
        ({"prompt": "q", "completion": "a"}, "prompt-completion"),
        ({"question": "q", "answer": "a"}, "jsonl"),
    ],
)
@pytest.mark.parametrize("as_array", [False, True])
def test_a_file_of_another_format_is_refused_with_a_command_that_converts_it_as_printed(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Any, form: str, as_array: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    records = [json.loads(json.dumps(record).replace('"q"', f'"question {n}"')) for n in range(120)]
    body = json.dumps(records, indent=1) if as_array else "".join(json.dumps(one) + "\n" for one in records)
    Path("my file.jsonl").write_text(body)
    code, answer = parsed(command, "my file.jsonl")
    printed = answer["reports"][0]["convert"]
    assert code == 1
    assert f"--from {form} " in printed
    assert printed in command("check", "my file.jsonl").out
    assert command(*shlex.split(printed)[1:]).code == 0
    assert command("check", "converted.jsonl", "--student", "amazon.nova-micro-v1:0").code == 0


@pytest.mark.parametrize("name", ["misprint.jsonl", "own-id.jsonl", "json-array.jsonl", "cut-line.jsonl", "html.jsonl"])
def test_a_file_in_the_right_format_is_not_taken_for_another(command: Command, name: str) -> None:
    assert "convert" not in parsed(command, str(CORPUS / name))[1]["reports"][0]


def test_the_grader_that_fits_is_named_without_a_recipe(command: Command, good: Path) -> None:
    assert 'a recipe for them needs grader = "label"' in command("check", str(EXAMPLE)).out
    tasks = {"tickets": "json", "handbook": "quotes", "support": "label"}
    files = [str(ROOT / "examples" / task / "prompts.jsonl") for task in tasks]
    _, answer = parsed(command, *files)
    assert [report["graders"] for report in answer["reports"]] == [{"fits": kind} for kind in tasks.values()]
    few = good.with_name("unlabelled.jsonl")
    few.write_bytes(file(150, answer=None))
    assert "graders" not in parsed(command, str(few))[1]["reports"][0]


def test_with_a_recipe_what_keeps_its_verdict_from_deciding_is_a_warning(command: Command) -> None:
    tickets = ROOT / "examples" / "tickets" / "prompts.jsonl"
    code, answer = parsed(command, str(tickets), "--recipe", "support")
    (report,) = answer["reports"]
    found = {each["code"]: each for each in report["findings"]}
    assert (code, report["status"], set(found)) == (0, "accepted", {"grader-misfit", "margin-too-small"})
    assert 'use grader = "json"' in found["grader-misfit"]["wrong"]
    assert report["evaluation"]["heldout"] == report["dataset"]["heldout"]
    assert 0 < report["evaluation"]["detectable_difference"] < 0.15
    assert parsed(command, str(tickets), "--recipe", "support", "--strict")[0] == 1
    said = command("check", str(tickets), "--recipe", "support")
    assert report["evaluation"]["sentence"] in " ".join(said.out.split())


def test_prompts_without_references_are_told_to_decide_nothing(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "unlabelled.jsonl"
    path.write_bytes(file(200, answer=None))
    (report,) = parsed(command, str(path), "--recipe", "support")[1]["reports"]
    told = [each["wrong"] for each in report["findings"] if each["code"] == "references-needed"]
    assert len(told) == 1
    assert "the verdict will be inconclusive" in told[0]
