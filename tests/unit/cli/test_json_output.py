"""Every verb prints with `--json` what its schema says, and nothing else to standard output; and its exit codes."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from distillery.cli import outputs
from distillery.cli.exit_codes import ALWAYS, MEANINGS, VERB_CODES, ExitCode, of_error, of_run
from distillery.cli.verbs import VERBS
from distillery.client import FunctionRefused, NotDeployed, NotReached
from distillery.core import errors
from distillery.core.conversation import Prompt, to_line
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.rollbacks import Rollbacks
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire
from distillery.evaluation.report import wire
from distillery.settings.reading import VARIABLE
from local.account import ROOT
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, dataset, distilled, open_run, recipe, verdict
from tests.fakes.records import FakeKms, Signer, record
from tests.fakes.report import RUN as REPORTED
from tests.fakes.report import URI, full
from tests.fakes.s3 import FakeS3
from tests.unit.cli.account import PIPELINE, FakeAccount
from tests.unit.cli.benchmark.routes import FakeRuntime as TimedRuntime
from tests.unit.cli.benchmark.virtual import Stopwatch
from tests.unit.cli.conftest import Command
from tests.unit.cli.doctor_world import well
from tests.unit.cli.promotable import RUN as PROMOTED
from tests.unit.cli.promotable import promotable
from tests.unit.cli.routes import FAST, SUPPORT, publish
from tests.unit.cli.test_ask import ANSWER
from tests.unit.cli.test_golden import EXAM
from tests.unit.cli.test_models import wire as stored_model
from tests.unit.cli.test_probe import probing, served
from tests.unit.cli.test_promote_start import FakeAdmission
from tests.unit.core.ledger.test_promotions import promotion

RUN = "support-aaaaa-bbbbbbbb-1"
SERVES_FAQ = {
    "kind": "alias",
    "name": "/distillery/dev/alias/faq",
    "arn": "/distillery/dev/alias/faq",
    "recipe": "faq",
    "costs": "names arn:e",
    "usd_per_hour": "0",
    "usd_per_month": "0",
    "kept": "recipe faq serves: its alias names arn:e",
    "command": "distillery --env dev retire faq --reason WHY",
}
STARTED = {"status": "started", "run": RUN, "report_uri": "s3://data/r.json", "reason": ""}


@dataclass(frozen=True, slots=True)
class World:
    """What a case sets up: a fake account, its ledger, and a folder."""

    account: FakeAccount
    ledger: Ledger
    folder: Path
    patch: pytest.MonkeyPatch

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def answer(self, function: str, value: Any) -> None:
        self.account.answers[function] = value


def prompts(count: int = 1) -> str:
    return "".join(
        to_line(Prompt(system=None, messages=(("user", f"where is parcel {i}?"),), reference="here")) + "\n"
        for i in range(count)
    )


def evaluated(world: World, outcome: Outcome) -> str:
    run = world.ledger.open(recipe(auto_promote=False), dataset(), again=False).run
    distilled(world.ledger, run, "a")
    world.ledger.begin(run.id, Stage.EVALUATION)
    world.ledger.end(run.id, Stage.EVALUATION, replace(verdict(), sentence="Passed: better."))
    world.ledger.close(run.id, outcome, "the service's words")
    return run.id


def waiting(world: World) -> str:
    return world.ledger.open(recipe(), dataset("cc"), again=False, awaiting=True).run.id


def check(world: World) -> list[str]:
    return ["check", world.file("a.jsonl", prompts())]


def doctor(world: World) -> list[str]:
    world.account.clients = well()
    world.patch.setenv(VARIABLE, str(ROOT / "environments"))
    return ["doctor"]


def sick(world: World) -> list[str]:
    words = doctor(world)
    world.account.clients = clients = well()
    clients.answers["service-quotas.get_service_quota"] = {"Quota": {"Value": 0.0}}
    return words


def convert(world: World) -> list[str]:
    file = world.file("a.csv", "prompt,answer\nhello,x\n,\n")
    return ["convert", file, "--from", "csv", "--output", str(world.folder / "out.jsonl")]


def run(world: World) -> list[str]:
    world.answer("dataset-function", STARTED)
    return ["run", "support", world.file("a.jsonl", prompts())]


def refused_run(world: World) -> list[str]:
    world.account.objects["s3://data/r.json"] = b'{"findings": [{"rule": "x", "line": 3}]}'
    found = {"status": "rejected", "run": None, "reason": "too few", "report_uri": "s3://data/r.json"}
    world.answer("dataset-function", found)
    return ["run", "support", world.file("a.jsonl", prompts())]


def collect(world: World) -> list[str]:
    left = {"a turn is empty": 2}
    sent = {"status": "collected", "uri": "s3://p/x", "calls": 162, "prompts": 130, "left_out": left}
    world.answer("collect-function", sent)
    return ["collect", "support"]


def querying(world: World) -> list[str]:
    world.answer("collect-function", {"status": "querying", "query": "q-1"})
    return ["collect", "support"]


def refused_collect(world: World) -> list[str]:
    world.answer("collect-function", {"status": "refused", "reason": "3 prompts"})
    return ["collect", "support"]


def status(world: World) -> list[str]:
    accepted = evaluated(world, Outcome.AWAITING_ACCEPTANCE)
    Acceptances(world.account.table).begin(
        world.ledger.run(accepted), "acceptance-support-x", by="arn:ana", reason="good", left=None
    )
    world.ledger.unlock("support", "acceptance-support-x")
    Rollbacks(world.account.table).begin(alias("support"), "rollback-support-x", by="arn:eve")
    waiting(world)
    running = open_run(world.ledger, digest="dd")
    world.ledger.begin(running.id, Stage.EVALUATION)
    world.ledger.plan_answers(running.id, 100)
    world.ledger.count_answers(running.id, 0, 40)
    world.account.aliases["support"] = to_wire(alias("support"))
    return ["status"]


def denied_status(world: World) -> list[str]:
    """A user may read one of two recipes."""
    query = world.account.table.query

    def limited(partition: str, prefix: str = "") -> Any:
        if partition == "recipe#triage":
            raise service_error("AccessDeniedException")
        return query(partition, prefix)

    world.patch.setattr(world.account.table, "query", limited)
    return status(world)


def watch(outcome: Outcome) -> Callable[[World], list[str]]:
    return lambda world: ["watch", evaluated(world, outcome)]


def report(world: World) -> list[str]:
    world.account.objects[URI] = json.dumps(wire.write(full())).encode()
    return ["report", REPORTED]


def evaluate(world: World) -> list[str]:
    world.account.pipeline = PIPELINE | {"decisions": {"evaluation": "https://evaluation.example/"}}
    world.answer("evaluation-function", {"run": RUN, "execution": "evaluation-support-x", "judge_only": False})
    return ["evaluate", RUN]


def stop(world: World) -> list[str]:
    world.account.pipeline = PIPELINE | {"decisions": {"stop": "https://operations.example/stop"}}
    answer = {"run": RUN, "outcome": "stopped", "by": "arn:eve", "at": "2026-11-23T09:08:07+00:00", "reason": "wrong"}
    world.answer("stop-function", answer | {"first": True, "spent_usd": "4.10", "spent": ["$4.10"], "left": []})
    return ["stop", RUN, "--reason", "wrong"]


def resume(world: World) -> list[str]:
    world.account.pipeline = PIPELINE | {"decisions": {"resume": "https://operations.example/resume"}}
    answer = {"run": RUN, "execution": "evaluation-support-x", "judge_only": False}
    world.answer("resume-function", answer | {"student": "arn:model", "taken_up": True})
    return ["resume", RUN, "--reason", "fixed"]


def golden(world: World) -> list[str]:
    shutil.copytree(ROOT / "environments", world.folder / "environments")
    settings = world.folder / "environments" / "dev.toml"
    settings.write_text(settings.read_text().replace("# golden_set =", 'golden_set = "exam.jsonl"  # golden_set ='))
    world.patch.setenv(VARIABLE, str(world.folder / "environments"))
    (world.folder / "exam.jsonl").write_bytes(EXAM)
    return ["golden", "support", str(world.folder / "exam.jsonl")]


def verify(world: World) -> list[str]:
    signer = Signer()
    signed = world.folder / "record.json"
    signed.write_bytes(signer.record(record(expires="2999-01-01T00:00:00+00:00")))
    return ["verify", str(signed), "--key", world.file("key.pem", signer.public.pem)]


def unverified(world: World) -> list[str]:
    return [*verify(world)[:-1], world.file("other.pem", Signer(8).public.pem)]


def key(world: World) -> list[str]:
    world.account.pipeline = PIPELINE | {"signing_key": "arn:aws:kms:us-east-1:111111111111:key/k"}
    world.account.clients["kms", None] = FakeKms(Signer())
    return ["key", "export"]


def promote(world: World) -> list[str]:
    promotable(world.account, world.patch, world.folder)
    return ["promote", PROMOTED, "--to", "staging", "--dry-run"]


def unpromotable(world: World) -> list[str]:
    promotable(world.account, world.patch, world.folder, signer=Signer(8))
    return ["promote", PROMOTED, "--to", "staging", "--dry-run"]


def started_promotion(world: World) -> list[str]:
    world.answer("promote-function", FakeAdmission(promotable(world.account, world.patch, world.folder)))
    world.patch.setattr("time.sleep", lambda _seconds: None)
    return ["promote", PROMOTED, "--to", "staging", "--to-profile", "staging", "--yes"]


def promotions(world: World) -> list[str]:
    assert Promotions(world.account.table).begin(promotion())
    return ["promotions"]


def approve(world: World) -> list[str]:
    world.answer("approval-function", {})
    name = waiting(world)
    world.account.objects[world.ledger.run(name).run.dataset.report_uri] = b"{}"
    return ["approve", name, "--yes"]


def accept(world: World) -> list[str]:
    name = evaluated(world, Outcome.AWAITING_ACCEPTANCE)
    world.answer("acceptance-function", {"run": name, "first": True, "by": "arn:ana", "at": "2026", "reason": "good"})
    return ["accept", name, "--reason", "good"]


def reject(world: World) -> list[str]:
    world.answer("approval-function", {})
    return ["reject", waiting(world)]


def decline(world: World) -> list[str]:
    world.answer("acceptance-function", {})
    return ["reject", evaluated(world, Outcome.AWAITING_ACCEPTANCE)]


def rollback(world: World) -> list[str]:
    world.account.aliases["support"] = to_wire(alias("support"))
    world.answer("rollback-function", {"to": "arn:first", "holder": "rollback-support-x", "execution": "arn:x"})
    return ["rollback", "support", "--reason", "worse answers", "--no-wait"]


def followed_rollback(world: World) -> list[str]:
    rollbacks = Rollbacks(world.account.table)
    rollbacks.begin(alias("support"), "rollback-support-x", by="arn:eve")
    rollbacks.end("support", "rollback-support-x", Outcome.FAILED, "EndpointFailed: gone")
    return [*rollback(world)[:-1]]


def models(world: World, left: Sequence[dict[str, str]] = ()) -> list[str]:
    stored = {"recipes": ["support"], "storage_usd": "1.95", "storage_as_of": "2026-07-28", "deleted": []}
    world.answer(
        "models-function", {"recipe": "support", "models": [stored_model("support", 1)], "left": list(left), **stored}
    )
    return ["models", "--recipe", "support"]


def pruned_models(world: World) -> list[str]:
    left = [{"arn": "arn:support:1", "why": "it is needed"}]
    _, *words = models(world, left)
    return ["models", "prune", *words, "--yes"]


def retire(world: World) -> list[str]:
    gone = {"alias": None, "endpoints": ["dev-support-live"], "models": [], "left": [], "done": True}
    world.answer("retirement-function", {"recipe": "support", **gone})
    return ["retire", "support", "--reason", "replaced", "--yes"]


def clean(world: World) -> list[str]:
    decisions = {**world.account.pipeline["decisions"], "clean": "https://clean.example/"}
    world.account.pipeline = {**world.account.pipeline, "decisions": decisions}
    world.answer("clean-function", {"deleted": [], "left": []})
    return ["clean"]


def kept_by_clean(world: World) -> list[str]:
    words = clean(world)
    world.answer("clean-function", {"deleted": [], "left": [SERVES_FAQ]})
    return [*words, "--yes"]


def listed_rollback(world: World) -> list[str]:
    return [*rollback(world)[:2], "--list"]


def forget(world: World) -> list[str]:
    found = FakeS3()
    world.account.clients["s3", None] = world.account.clients["s3", "us-east-2"] = found
    found.put("s3://prompts/uploads/support/a.jsonl", prompts())
    return ["forget", "--text", "parcel"]


def routes(world: World) -> list[str]:
    publish(world.account, FAST, SUPPORT)
    return ["routes"]


def ask(world: World) -> list[str]:
    world.answer("serving-function", ANSWER)
    return ["ask", "fast", "hello"]


def snippets(world: World) -> list[str]:
    publish(world.account, FAST)
    return ["snippets", "fast"]


def probe(world: World) -> list[str]:
    probing(world.account, served("optimized"))
    return ["probe", "fast", "--yes"]


def undecided_probe(world: World) -> list[str]:
    probing(world.account, service_error("ThrottlingException"))
    return ["probe", "fast", "--yes"]


def bench(world: World) -> list[str]:
    publish(world.account, FAST, SUPPORT)
    made = TimedRuntime(Stopwatch())
    world.patch.setattr("distillery.cli.bench.perf_counter", made.watch)
    for region in ("us-east-1", "us-east-2"):
        world.account.clients["bedrock-runtime", region] = made
    return ["bench", "fast", "--requests", "2", "--yes"]


CASES: list[tuple[Callable[[World], list[str]], ExitCode]] = [
    (doctor, ExitCode.OK),
    (sick, ExitCode.FINDINGS),
    (check, ExitCode.FINDINGS),
    (convert, ExitCode.FINDINGS),
    (run, ExitCode.OK),
    (refused_run, ExitCode.REFUSED),
    (collect, ExitCode.OK),
    (querying, ExitCode.OK),
    (refused_collect, ExitCode.REFUSED),
    (status, ExitCode.OK),
    (denied_status, ExitCode.OK),
    *((watch(outcome), of_run(outcome)) for outcome in (Outcome.PROMOTED, Outcome.REJECTED, Outcome.FAILED)),
    (watch(Outcome.AWAITING_ACCEPTANCE), ExitCode.WAITS),
    (report, ExitCode.OK),
    (evaluate, ExitCode.OK),
    (stop, ExitCode.OK),
    (resume, ExitCode.OK),
    (golden, ExitCode.OK),
    (verify, ExitCode.OK),
    (unverified, ExitCode.REFUSED),
    (key, ExitCode.OK),
    (promote, ExitCode.OK),
    (started_promotion, ExitCode.OK),
    (unpromotable, ExitCode.REFUSED),
    (promotions, ExitCode.OK),
    (approve, ExitCode.OK),
    (accept, ExitCode.OK),
    (reject, ExitCode.OK),
    (decline, ExitCode.OK),
    (rollback, ExitCode.OK),
    (followed_rollback, ExitCode.FAILED_RUN),
    (listed_rollback, ExitCode.OK),
    (retire, ExitCode.OK),
    (clean, ExitCode.OK),
    (kept_by_clean, ExitCode.REFUSED),
    (models, ExitCode.OK),
    (pruned_models, ExitCode.FINDINGS),
    (forget, ExitCode.OK),
    (routes, ExitCode.OK),
    (ask, ExitCode.OK),
    (snippets, ExitCode.OK),
    (probe, ExitCode.OK),
    (undecided_probe, ExitCode.FINDINGS),
    (bench, ExitCode.OK),
]


@pytest.fixture
def world(account: FakeAccount, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(account, ledger, tmp_path, monkeypatch)


def strict(schema: Any) -> Any:
    """The schema, which also refuses keys that it does not name, where its types are closed."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    return found | ({"additionalProperties": False} if "properties" in schema and "title" in schema else {})


OPEN = ("report", "ask", "bench", "routes")
"""Verbs whose documents have more keys, which other pages document."""


@pytest.mark.parametrize(("case", "code"), CASES)
def test_a_verb_prints_what_its_schema_says(world: World, command: Command, case: Any, code: ExitCode) -> None:
    words = case(world)
    verb = words[0]
    said = command(*words, "--json", *(["-"] if verb == "bench" else []))
    assert said.code == code, said
    schema = outputs.json_schema(verb)
    validator = Draft202012Validator(schema if verb in OPEN else strict(schema))
    decoder, text, found = json.JSONDecoder(), said.out, []
    while text:
        one, end = decoder.raw_decode(text)
        found.append(one)
        text = text[end:].lstrip()
    assert found
    assert len(found) == 1 or verb == "watch"
    for one in found:
        assert [error.message for error in validator.iter_errors(one)] == []
        assert one["schema"] == f"distillery.{verb}/1"
    assert not Draft202012Validator(schema).is_valid({key: one for key, one in found[0].items() if key != "schema"})
    if verb == "watch":
        assert (found[-1]["event"], found[-1]["exit_code"]) == ("ended", code)
    assert code in (*ALWAYS, *VERB_CODES[verb])


def test_every_verb_has_a_case_a_schema_and_exit_codes() -> None:
    covered = {getattr(case, "__name__", "") for case, _ in CASES} | {"watch"}
    assert set(VERBS) <= covered
    assert set(outputs.OUTPUTS) == set(VERB_CODES) == set(VERBS)
    assert set(MEANINGS) == set(ExitCode)
    for verb in VERBS:
        Draft202012Validator.check_schema(outputs.json_schema(verb))


def test_status_says_how_far_an_evaluation_is(world: World, command: Command) -> None:
    found = json.loads(command(*status(world), "--json").out)
    support = next(one for one in found["recipes"] if one["recipe"] == "support")
    (progress,) = [one["progress"] for one in support["runs"] if one["progress"]]
    assert (progress["answers"], progress["planned"]) == (40, 100)
    assert progress["seconds_left"] is not None
    commands = [one["next"] for one in support["runs"] if one["outcome"] == "awaiting-approval"]
    assert commands[0][0].startswith("distillery approve support-")


REMOTE = ("run", "collect", "evaluate", "stop", "resume", "approve", "accept", "reject", "rollback", "ask")
ERRORS = [
    (errors.BadRequest("no such run"), 2),
    (errors.NoModel("no model"), 2),
    (errors.OverBudget("too dear"), 4),
    (errors.RunActive("busy"), 4),
    (errors.NotAdmitted("not you"), 4),
    (errors.NothingToAccept("none"), 4),
    (errors.OutsideWindow("closed"), 4),
    (errors.NothingToStop("none"), 4),
    (errors.NothingToResume("none"), 4),
    (errors.EvaluationFailed("broke"), 5),
    (errors.SystemPromptLost("lost"), 5),
    (errors.Unfinished("later"), 7),
    (errors.Misconfigured("never"), 1),
    (FunctionRefused("OverBudget", "too dear"), 4),
    (FunctionRefused("BadRequest", "wrong"), 2),
    (FunctionRefused("JobFailed", "broke"), 5),
    (FunctionRefused("KeyError", "a fault"), 1),
    (NotDeployed("nothing there"), 2),
    (NotReached("no credentials"), 7),
    (service_error("AccessDeniedException"), 7),
    (service_error("ThrottlingException"), 7),
    (FileNotFoundError("x"), 2),
]


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_an_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert of_error(error) == code


OFFLINE = ("check", "convert", "verify")
SETUPS = {case.__name__: case for case, _ in CASES if getattr(case, "__name__", "") in VERBS} | {
    "watch": watch(Outcome.FAILED)
}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in OFFLINE])
@pytest.mark.parametrize(("error", "code"), [(NotReached("no credentials"), 7), (NotDeployed("nothing there"), 2)])
def test_every_verb_that_asks_aws_says_that_it_could_not(
    world: World, command: Command, verb: str, error: Exception, code: int
) -> None:
    words = SETUPS[verb](world)

    def unreachable(*_: object, **__: object) -> FakeAccount:
        raise error

    world.patch.setattr("distillery.client.Account", unreachable)
    said = command(*words)
    assert (said.code, said.out, said.err) == (code, "", f"distillery: {error}")
    assert code in (*ALWAYS, *VERB_CODES[verb])


@pytest.mark.parametrize("verb", REMOTE)
@pytest.mark.parametrize(("name", "code"), [("OverBudget", 4), ("BadRequest", 2), ("JobFailed", 5), ("KeyError", 1)])
def test_every_verb_that_calls_a_function_passes_on_how_it_refused(
    world: World, command: Command, verb: str, name: str, code: int
) -> None:
    words = SETUPS[verb](world)
    world.account.answers = dict.fromkeys(world.account.answers, FunctionRefused(name, "the function's words"))
    said = command(*words)
    assert (said.code, "the function's words" in said.err) == (code, True)
    assert code in (*ALWAYS, *VERB_CODES[verb])


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_an_unknown_option_with_2(command: Command, verb: str) -> None:
    assert command(verb, "--nothing-like-it").code == 2


@pytest.mark.parametrize("outcome", [one for one in Outcome if one not in (Outcome.RUNNING, Outcome.ROLLED_BACK)])
def test_every_ending_of_a_run_has_a_code_of_its_kind(outcome: Outcome) -> None:
    assert of_run(outcome) in (*VERB_CODES["watch"], ExitCode.OK)


def test_a_hint_of_a_function_runs_as_it_stands(world: World, command: Command) -> None:
    hint = "wait for it to end (distillery watch RUN), or distillery --env prod accept RUN --reason WHY; distillery is"
    words = evaluate(world)
    world.answer("evaluation-function", FunctionRefused("RunActive", hint))
    said = command("--env", "prod", "--region", "eu-west-1", *words)
    common = "distillery --env prod --region eu-west-1"
    told = f"wait for it to end ({common} watch RUN), or {common} accept RUN --reason WHY; distillery is"
    assert said.err == f"distillery: {told}"


@pytest.mark.parametrize(
    ("shell", "typed", "offered"),
    [
        ("bash", "distillery sta", "status"),
        ("bash", "distillery --reg", "--region"),
        ("bash", "distillery ask --js", "--json"),
    ],
)
def test_a_shell_completes_verbs_and_options(
    command: Command, world: World, shell: str, typed: str, offered: str
) -> None:
    world.patch.setenv("_DISTILLERY_COMPLETE", f"complete_{shell}")
    world.patch.setenv("COMP_WORDS", typed)
    world.patch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    said = command()
    assert (said.code, offered in said.out.split()) == (0, True), said
