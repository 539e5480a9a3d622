"""Common to all commands: help, options, and errors in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

import distillery
from distillery.cli.permissions import NEEDS, STACKS, needed_policy
from distillery.cli.verbs import VERBS
from distillery.client import NotDeployed, NotReached
from distillery.client.errors import NotAllowed
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome
from local.account import LocalAccount
from tests.fakes.pipeline import open_run
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command


def test_help_lists_the_verbs(command: Command) -> None:
    said = command("--help")
    assert said.code == 0
    for word in (*VERBS, "--env", "--region", "--local"):
        assert word in said.out, word


def test_the_version_is_the_packages_own(command: Command) -> None:
    said = command("--version")
    assert (said.code, said.out, said.err) == (0, f"distillery {distillery.__version__}", "")


def test_without_a_verb_it_shows_its_help(command: Command) -> None:
    said = command()
    assert said.code in (0, 2)
    assert "rollback" in said.out + said.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(command: Command, verb: str) -> None:
    said = command(verb, "--help")
    assert said.code == 0
    assert f"distillery {verb}" in said.out


def test_an_unknown_verb_is_a_usage_error(command: Command) -> None:
    said = command("distill")
    assert said.code == 2
    assert "distill" in said.err


def test_environment_and_region_are_the_persons(account: FakeAccount, command: Command) -> None:
    command("--env", "prod", "--region", "eu-west-1", "status")
    assert (account.environment, account.region) == ("prod", "eu-west-1")


def test_the_environment_may_come_from_the_environment(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILLERY_ENV", "staging")
    command("status")
    assert account.environment == "staging"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotDeployed("environment 'dev' is not deployed in us-east-1 of this account; deploy it"), 2),
        (NotReached("reading what environment 'dev' published: Unable to locate credentials"), 7),
        (OSError(28, "No space left on device"), 2),
    ],
)
@pytest.mark.parametrize(
    "words", [("status",), ("watch",), ("ask", "fast", "hello"), ("rollback", "support", "--list")]
)
def test_what_a_person_can_mend_is_one_sentence_with_its_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, words: tuple[str, ...]
) -> None:
    def unreachable(*_: object, **__: object) -> FakeAccount:
        raise error

    monkeypatch.setattr("distillery.client.Account", unreachable)
    said = command(*words)
    assert (said.code, said.out, said.err) == (code, "", f"distillery: {error}")


SERVICE = "Value failed to satisfy constraint: [a-z]([-a-z0-9]*) [/x]"
"""A service's text that looks like markup but is not."""


def test_an_error_of_aws_that_nobody_foresaw_is_one_sentence(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": SERVICE}}, "GetItem")

    monkeypatch.setattr(account.table, "get", refuse)
    said = command("watch", "support-aaaaa-bbbbbbbb-1")
    assert said.code == 7
    assert said.err.startswith("distillery: An error occurred (AccessDeniedException)")
    assert SERVICE in said.err


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetParameter")


def test_every_verb_that_asks_aws_says_which_policy_it_needs() -> None:
    assert set(NEEDS) == set(VERBS) - {
        "check",
        "convert",
        "doctor",
        "verify",
    }  # whoever deploys runs doctor, by no policy of ours


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_a_refusal_by_a_functions_url_is_one(
    account: FakeAccount, ledger: Ledger, command: Command, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    run = open_run(ledger)
    account.objects[run.dataset.report_uri] = b"{}"

    def refuse(*_: object) -> None:
        raise NotAllowed("AWS refused (AccessDenied)")

    monkeypatch.setattr(account, "decide", refuse)
    said = command(verb, run.id, *(["--yes"] if verb == "approve" else []))
    assert (said.code, "ApproverPolicyArn" in said.err) == (7, True)


@pytest.mark.parametrize("verb", NEEDS)
def test_a_refusal_says_which_policy_the_verb_needs(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch, verb: str, tmp_path: Path
) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text("{}")
    words = {
        "run": ["support", str(file)],
        "golden": ["support", str(file)],
        "status": [],
        "watch": ["x-a-b-1"],
        "routes": [],
        "forget": [],
        "models": [],
        "clean": [],
        "key": ["export"],
        "promotions": [],
    }.get(verb, ["support"])
    words += {
        "ask": ["hello"],
        "accept": ["--reason", "better"],
        "approve": ["--yes"],
        "bench": ["--yes"],
        "clean": ["--yes"],
        "forget": ["--text", "Zoe Miller"],
        "promote": ["--to", "staging", "--dry-run"],
        "resume": ["--reason", "why"],
        "retire": ["--reason", "replaced", "--yes"],
        "rollback": ["--reason", "worse"],
        "stop": ["--reason", "why"],
    }.get(verb, [])

    def refuse(*_: object, **__: object) -> FakeAccount:
        raise NotReached("reading what environment 'prod' published: no") from DENIED

    monkeypatch.setattr("distillery.client.Account", refuse)
    said = command("--env", "prod", verb, *words)
    assert said.code == 7
    stack = STACKS.get(NEEDS[verb][0], "pipeline")
    assert (
        f"`distillery {verb}` needs the policy in output {NEEDS[verb][0]} of stack distillery-prod-{stack}" in said.err
    )


TAGGED = {
    "run": "starts runs by putting prompts under prompts/<recipe>/",
    "collect": "relies on the recipe's schedule",
    **dict.fromkeys(("approve", "accept", "reject", "rollback"), "decides only if every recipe names its deciders"),
    "status": "reaches only that recipe",
    "forget": "uses --recipe, and reaches no logged calls",
}


@pytest.mark.parametrize("verb", TAGGED)
def test_a_refusal_says_what_is_for_whom_a_tag_holds_to_a_recipe(verb: str) -> None:
    said = needed_policy(verb, "dev", NotAllowed("AWS refused (AccessDenied)"))
    assert f"a person with the tag distillery:recipe {TAGGED[verb]}" in (said or "")


def test_what_is_no_refusal_says_nothing_of_policies(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> FakeAccount:
        raise NotReached("no network")

    monkeypatch.setattr("distillery.client.Account", unreachable)
    assert "policy" not in command("status").err


@pytest.mark.parametrize("verb", ["watch", "status"])
def test_a_reason_in_a_services_words_is_shown_whole(ledger: Ledger, command: Command, verb: str) -> None:
    ledger.close(open_run(ledger).id, Outcome.FAILED, SERVICE)
    shown = "".join(command(verb).out.split())
    assert all(part in shown for part in ("[a-z]", "[/x]"))


def test_ctrl_c_is_no_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> FakeAccount:
        raise KeyboardInterrupt

    monkeypatch.setattr("distillery.client.Account", interrupted)
    said = command("status")
    assert said.code == 130
    assert "Traceback" not in said.err


INTERRUPTED_IMPORT = """
import sys
class Impatient:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Impatient())
from distillery.cli import main
main()
"""


def test_ctrl_c_before_everything_is_imported_is_no_traceback_either() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nstopped\n")


def test_the_demo_runs_from_a_checkout(command: Command) -> None:
    for words in (["demo"], ["demo", "--help"]):
        said = command(*words)
        assert (said.code, said.out, said.err) == (2, "", "distillery: the demo runs from a checkout: `make demo`")


def test_local_without_a_local_account_says_how_to_start_one(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    said = command("--local", "status")
    assert (said.code, said.out) == (7, "")
    assert said.err.startswith("distillery: no local AWS account runs here; start one with `make demo` in a checkout")


@pytest.mark.parametrize("named", [True, False])
def test_local_reads_what_the_account_published(
    account: FakeAccount, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool
) -> None:
    local = LocalAccount(state=tmp_path / ".local", port=4599, secret="s")
    local.state.mkdir()
    local.save()
    local.clock_file.write_text('{"real": 0, "virtual": 0, "speed": 1}')
    local.publish("test", region="us-west-2", variables={"AWS_ACCESS_KEY_ID": "user", "AWS_SECRET_ACCESS_KEY": "key"})
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(Path("/") if named else below)
    if named:
        monkeypatch.setenv("DISTILLERY_LOCAL_ACCOUNT", str(local.client_file))
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert command("--local", "--env", "test", "status").code == 0
    assert (account.environment, account.region) == ("test", "us-west-2")
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_ENDPOINT_URL"]) == ("user", "http://127.0.0.1:4599")
    assert command("--local", "--env", "other", "--region", "us-east-2", "status").code == 0
    assert (os.environ["AWS_ACCESS_KEY_ID"], account.region) == (local.account, "us-east-2")
