"""`distillery snippets`: complete programs from the published map. `make snippets` runs them."""

import ast
import hashlib
import json
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.cli.snippet_templates import SNIPPETS, RouteCall
from distillery.cli.snippets import Package
from distillery.client.converse import ResolvedStep
from distillery.core.escaping import lines
from tests.fakes.s3 import FakeS3
from tests.fakes.services import FakeSsm
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.routes import ALIAS, APPLICATION, DEPLOYMENT, FAST, OPTIMIZED, STANDARD, SUPPORT, publish, route_map

CALL = RouteCall.of(FAST, ResolvedStep(0, OPTIMIZED, f"us.{OPTIMIZED.model}", OPTIMIZED.model))
EVERY = [name for name in SNIPPETS if name != "cli"]


def test_the_command_offers_every_package_there_is() -> None:
    assert [package.value for package in Package] == list(SNIPPETS)


@pytest.mark.parametrize("package", SNIPPETS)
@pytest.mark.parametrize("which", ["fast", "support"])
def test_a_snippet_says_what_the_map_says(account: FakeAccount, command: Command, package: str, which: str) -> None:
    publish(account, FAST, SUPPORT)
    said = command("snippets", which, "--for", package)
    identifier, region = {"fast": (FAST.steps[0].identifier, "us-east-2"), "support": (DEPLOYMENT, "us-east-1")}[which]
    assert said.code == 0
    for told in (str(identifier), region, "256", "distillery:route"):
        assert told in said.out
    assert ("optimized" in said.out) == (which == "fast")
    assert ("/distillery/dev/alias/support" in said.out) == (which == "support")


@pytest.mark.parametrize("package", EVERY)
def test_a_snippet_is_a_program(package: str) -> None:
    told = SNIPPETS[package](replace(CALL, tier="priority", identifier=APPLICATION))
    ast.parse(told)
    assert "priority" in told


def test_the_shells_snippet_is_one_command_whose_words_stay_whole() -> None:
    metadata = {"team": "it's ours", "distillery:route": "fast"}
    told = SNIPPETS["cli"](replace(CALL, metadata=metadata, tier="priority"))
    words = shlex.split(told.replace("\\\n", ""), comments=True)
    assert words[:3] == ["aws", "bedrock-runtime", "converse"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert json.loads(options["--request-metadata"]) == metadata
    assert (options["--performance-config"], options["--service-tier"]) == ("latency=optimized", "type=priority")


@pytest.mark.parametrize(
    ("package", "sentence"), [("litellm", "LiteLLM does not report"), ("strands", "Strands does not report")]
)
def test_what_a_package_does_not_report_is_reported(package: str, sentence: str) -> None:
    assert sentence in SNIPPETS[package](CALL)
    assert sentence not in SNIPPETS[package](replace(CALL, latency="standard"))


@pytest.mark.parametrize(
    ("step", "has"), [("3", f'modelId="{APPLICATION}"'), ("priority", 'serviceTier={"type": "priority"}')]
)
def test_another_step_can_be_asked_for(account: FakeAccount, command: Command, step: str, has: str) -> None:
    publish(account, FAST)
    said = command("snippets", "fast", "--step", step)
    assert (said.code, has in said.out, "performanceConfig={" in said.out) == (0, True, False)


def test_a_step_that_there_is_not_is_refused_with_those_there_are(account: FakeAccount, command: Command) -> None:
    publish(account, FAST)
    said = command("snippets", "fast", "--step", "flex")
    assert (said.code, said.err) == (
        2,
        "distillery: route 'fast' has no step 'flex'; it has 1 (optimized), 2 (standard/priority), 3 (standard)",
    )


def test_an_application_profile_is_called_once_it_was_probed(account: FakeAccount, command: Command) -> None:
    publish(account, route_map("fast", replace(OPTIMIZED, probed=True), STANDARD))
    assert f'modelId="{APPLICATION}"' in command("snippets", "fast").out


def test_a_student_that_was_never_promoted_has_no_snippet(account: FakeAccount, command: Command) -> None:
    publish(account, SUPPORT)
    account.clients["ssm", "us-east-1"] = FakeSsm()
    said = command("snippets", "support")
    assert (said.code, said.out) == (2, "")
    assert "route 'distilled/support' has no model yet" in said.err


PROMPTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(
    PROMPTS
    | st.just("Label it.\n\n- a\tb\n- \"c\" \\\\ 'd' {x} \u202e\u2028\U000e0041\U0001f600\n")
    | st.just("a b\n" * 3750)
)
def test_a_snippet_sends_the_students_system_prompt_as_it_is(text: str) -> None:
    call = replace(CALL, system=text)
    for package in EVERY:
        program = ast.parse(lines(SNIPPETS[package](call)))
        (value,) = [one.value for one in program.body if isinstance(one, ast.Assign) and _name(one) == "SYSTEM"]
        assert ast.literal_eval(value) == text
        assert any(isinstance(node, ast.Name) and node.id == "SYSTEM" and isinstance(node.ctx, ast.Load)
                   for node in ast.walk(program))  # fmt: skip
    words = shlex.split(lines(SNIPPETS["cli"](call)).replace("\\\n", ""), comments=True)
    assert json.loads(words[words.index("--system") + 1]) == [{"text": text}]


def _name(one: ast.Assign) -> str:
    (target,) = one.targets
    return target.id if isinstance(target, ast.Name) else ""


@pytest.mark.parametrize("package", SNIPPETS)
def test_a_snippet_says_where_its_system_prompt_is_from(package: str) -> None:
    told = SNIPPETS[package](replace(CALL, system="Answer in one word."))
    assert "A promotion or a rollback may change that" in told
    assert "SYSTEM" not in SNIPPETS[package](CALL)
    assert "send the right one with each request" in SNIPPETS[package](replace(CALL, several=True))


def test_the_command_reads_the_system_prompt_of_the_student(account: FakeAccount, command: Command) -> None:
    publish(account, SUPPORT)
    text, s3 = "Answer in one word. " * 750, FakeS3()
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    system = {"use": "shared", "uri": f"s3://data-bucket/system-prompts/support/{sha256}.txt", "sha256": sha256}
    alias = {"endpoint": {"arn": DEPLOYMENT}, "current": "arn:model", "system": system}
    account.clients["ssm", "us-east-1"] = FakeSsm({ALIAS: json.dumps(alias)})
    account.clients["s3", "us-east-1"] = s3
    said = command("snippets", "support")
    assert (said.code, said.out) == (2, "")
    assert "system prompt" in said.err
    assert "NoSuchKey" in said.err
    s3.put(system["uri"], text)
    assert text in command("snippets", "support").out
