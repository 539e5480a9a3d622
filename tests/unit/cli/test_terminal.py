"""Text of others cannot control the terminal or files that the command writes."""

import ast
import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from distillery.cli import main, terminal
from distillery.client import FunctionRefused, NotReached
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Stage
from simulator_support.thoroughness import cases
from tests.fakes.errors import service_error
from tests.fakes.hostile_text import ACTIVE, ATTACKS, ORDINARY, hostile
from tests.fakes.pipeline import dataset, open_run, recipe, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.routes import FAST, publish
from tests.unit.cli.test_ask import ANSWER
from tests.unit.cli.test_decisions import ESTIMATE
from tests.unit.cli.test_probe import probing
from tests.unit.cli.test_status import ALIAS

ROOT = Path(terminal.__file__).parents[1]
STYLES = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|[0-9]*[AK])")
"""Allowed control sequences: colours, and redrawing in place."""
MARKUP = "[link=https://evil.example]here[/link] [bold]x[/bold] [/] \\["
TEXTS = {**ATTACKS, "markup": MARKUP, "everything": MARKUP.join(ATTACKS.values())}

Words = tuple[str, ...]


class Scenario:
    """The account and a folder, where `text` may occur."""

    def __init__(self, account: FakeAccount, folder: Path, text: str) -> None:
        self.account, self.folder, self.text = account, folder, text
        self.ledger = Ledger(account.table)

    def file(self, body: bytes, name: str = "a.jsonl") -> str:
        path = self.folder / name
        path.write_bytes(body)
        return str(path)

    def named_file(self) -> str:
        """A file named by the text, as far as file names allow."""
        name = self.text.replace("/", "|").replace("\0", "")[:60].encode(errors="replace").decode()
        return self.file(b"{}\n", name + ".jsonl")

    def report(self) -> bytes:
        found = {"severity": "error", "code": self.text, "count": 2, "wrong": self.text, "places": [self.text] * 2}
        return json.dumps({"findings": [found | {"allowed": self.text, "fix": self.text}]}).encode()


def ask(scenario: Scenario) -> Words:
    mode = {"latency": scenario.text, "tier": scenario.text}
    tries = [{"step": 0, "error": scenario.text}]
    told = dict.fromkeys(("text", "identifier", "region", "cost_usd", "latency_ms"), scenario.text)
    scenario.account.answers["serving-function"] = ANSWER | told | {"served": mode, "attempts": tries}
    return "ask", "fast", scenario.text


def refused(scenario: Scenario) -> Words:
    scenario.account.answers["serving-function"] = FunctionRefused(scenario.text, scenario.text)
    return "ask", "fast", "hello"


def unreached(scenario: Scenario) -> Words:
    scenario.account.answers["serving-function"] = NotReached(scenario.text)
    return "ask", "fast", "hello"


def unforeseen(scenario: Scenario) -> Words:
    scenario.account.answers["serving-function"] = service_error("ValidationException", message=scenario.text)
    return "ask", "fast", "hello"


def broken(scenario: Scenario) -> Words:
    scenario.account.answers["serving-function"] = OSError(5, scenario.text, scenario.text)
    return "ask", "fast", "hello"


def run(scenario: Scenario) -> Words:
    answer = {"status": "started", "run": scenario.text, "reason": scenario.text}
    scenario.account.answers["dataset-function"] = answer
    return "run", "support", scenario.file(b"{}\n")


def run_refused(scenario: Scenario) -> Words:
    answer = {"status": scenario.text, "run": None, "reason": scenario.text, "report_uri": scenario.text}
    scenario.account.answers["dataset-function"] = answer
    scenario.account.objects[scenario.text] = scenario.report()
    return "run", "support", scenario.file(b"{}\n")


def collect(scenario: Scenario) -> Words:
    answer = {
        "status": "collected",
        "prompts": scenario.text,
        "calls": 3,
        "uri": scenario.text,
        "left_out": {scenario.text: 1},
    }
    scenario.account.answers["collect-function"] = answer
    return "collect", "support"


def collect_refused(scenario: Scenario) -> Words:
    scenario.account.answers["collect-function"] = {"status": scenario.text, "reason": scenario.text}
    return "collect", "support"


def status(scenario: Scenario) -> Words:
    run = open_run(scenario.ledger)
    scenario.ledger.begin(run.id, Stage.EVALUATION)
    scenario.ledger.end(run.id, Stage.EVALUATION, replace(verdict(passed=False), measure=scenario.text))
    scenario.ledger.close(run.id, Outcome.FAILED, "x")
    _write(scenario, "reason", scenario.text)
    scenario.account.aliases["support"] = {
        **ALIAS,
        "run": scenario.text,
        "endpoint": ALIAS["endpoint"] | {"arn": scenario.text},
    }
    return "status", "support"


def watch(scenario: Scenario) -> Words:
    run = open_run(scenario.ledger)
    scenario.ledger.begin(run.id, Stage.DATASET)
    scenario.ledger.end(run.id, Stage.DATASET, replace(dataset(), uri=scenario.text))
    scenario.ledger.begin(run.id, Stage.EVALUATION)
    scenario.ledger.end(run.id, Stage.EVALUATION, replace(verdict(), measure=scenario.text))
    scenario.ledger.close(run.id, Outcome.FAILED, "x")
    _write(scenario, "reason", scenario.text)
    return "watch", run.id


def _write(scenario: Scenario, attribute: str, text: str) -> None:
    """Writes into the ledger directly, without escaping."""
    for item in scenario.account.table.items.values():
        if attribute in item:
            item[attribute] = text


def approve(scenario: Scenario) -> Words:
    dear = replace(dataset(), estimate_usd=dataset().at_most_usd)
    run = scenario.ledger.open(recipe(), dear, again=False, awaiting=True).run
    lines = [{"what": scenario.text, "usd": scenario.text}]
    told: dict[str, Any] = {
        "lines": lines,
        "total_usd": str(dear.estimate_usd),
        "at_most_usd": scenario.text,
        "afterwards": lines,
    }
    answers = [{"who": scenario.text, "model": scenario.text, "usd": None}]
    told |= {"afterwards": lines, "tokens_in": 1, "tokens_out": 1, "answers": answers, "prices_as_of": scenario.text}
    scenario.account.objects[dear.report_uri] = json.dumps({"estimate": ESTIMATE | told}).encode()
    scenario.account.answers["approval-function"] = {}
    return "approve", run.id, "--yes"


def routes(scenario: Scenario) -> Words:
    step = replace(FAST.steps[0], model=scenario.text, region=scenario.text)
    publish(scenario.account, replace(FAST, steps=(step,), description=scenario.text))
    return ("routes",)


def routes_json(scenario: Scenario) -> Words:
    return *routes(scenario), "--json"


def snippets(scenario: Scenario) -> Words:
    publish(scenario.account, replace(FAST, tags={scenario.text: scenario.text}, description=scenario.text))
    return "snippets", "fast"


def probe(scenario: Scenario) -> Words:
    probing(scenario.account, service_error("ValidationException", message=scenario.text))
    return "probe", "fast", "--yes"


def check(scenario: Scenario) -> Words:
    line = {
        "schemaVersion": scenario.text,
        scenario.text: scenario.text,
        "messages": [{"role": scenario.text, "content": []}],
    }
    return "check", scenario.file(json.dumps(line).encode() + b"\n")


def check_json(scenario: Scenario) -> Words:
    return *check(scenario), "--json"


def check_named(scenario: Scenario) -> Words:
    return "check", scenario.named_file()


def check_nowhere(scenario: Scenario) -> Words:
    return "check", scenario.text, "--student", scenario.text


SCENES: tuple[Callable[[Scenario], Words], ...] = (
    *(ask, refused, unreached, unforeseen, broken, run, run_refused, collect, collect_refused, status, watch, approve),
    *(routes, routes_json, snippets, probe, check, check_json, check_named, check_nowhere),
    lambda scenario: (scenario.text,),
    lambda scenario: (f"--{scenario.text}",),
    lambda scenario: ("ask", "fast", "x", scenario.text),
    lambda scenario: ("ask", scenario.text, "hello"),
    lambda scenario: ("watch", scenario.text),
    lambda scenario: ("status", scenario.text),
    lambda scenario: ("--env", scenario.text, "check", "--recipe", "support", scenario.file(b"{}\n")),
    lambda scenario: ("bench", "fast", "--max-usd", scenario.text),
    lambda scenario: ("run", "support", scenario.text),
)
RAISED_BY_PYTHON = (TypeError, ValueError, KeyError)
"""For values that no service returns: a number that is a text."""


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("scenario", SCENES)
@pytest.mark.usefixtures("command")
def test_no_text_of_others_acts_on_who_reads_it(
    scenario: Callable[[Scenario], Words],
    text: str,
    colours: bool,
    account: FakeAccount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if colours:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setattr(terminal, "console", terminal.Terminal(force_terminal=True))
    words = scenario(Scenario(account, tmp_path, text))
    monkeypatch.setattr(sys, "argv", ["distillery", *words])
    with contextlib.suppress(SystemExit):
        try:
            main()
        except RAISED_BY_PYTHON as error:
            sys.excepthook(type(error), error, error.__traceback__)
    printed = capsys.readouterr()
    for stream in printed:
        shown = STYLES.sub("", stream)
        assert not ACTIVE.search(shown), (words, ACTIVE.findall(shown))
        assert not re.search(r"^2026-11-23 promoted", shown, re.MULTILINE) or scenario is ask, words
    assert printed.out + printed.err
    if "--json" in words:
        json.loads(printed.out)


@pytest.mark.usefixtures("command")
def test_a_model_s_answer_keeps_its_lines_and_its_brackets(
    account: FakeAccount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account.answers["serving-function"] = ANSWER | {"text": "one [bold]\n\n\ttwo :smile: \x1b]52;c;x\x07"}
    monkeypatch.setattr(sys, "argv", ["distillery", "ask", "fast", "hello"])
    with contextlib.suppress(SystemExit):
        main()
    said = capsys.readouterr().out
    assert said.startswith("one [bold]\n\n        two :smile: \\x1b]52;c;x\\x07\n")


@pytest.mark.slow
@given(text=hostile())
@settings(max_examples=cases(200))
def test_a_value_is_one_line_and_reads_as_no_markup(text: str) -> None:
    told = terminal.styled("[bold]{}[/bold] and {}", text, terminal.styled("[red]{}[/red]", text))
    assert not ACTIVE.search(told.plain)
    assert "\n" not in told.plain
    assert {str(span.style) for span in told.spans} == {"bold", "red"}
    assert drawn(told, terminal.Text(text)) == STYLES.sub("", drawn(told, terminal.Text(text)))


def drawn(*what: Any) -> str:
    screen = io.StringIO()
    terminal.Terminal(file=screen, width=80).print(*what)
    assert not ACTIVE.search(screen.getvalue())
    return screen.getvalue()


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY.keys())
def test_ordinary_text_is_shown_as_it_was_written(text: str) -> None:
    assert terminal.styled("{}", text).plain == text
    assert terminal.multiline(text).plain == text


def test_a_cell_that_nobody_told_does_nothing_either() -> None:
    table = terminal.WordTable("\x1b]52;c;x\x07")
    table.add_row("\x1b]8;;https://evil.example\x1b\\[link=https://evil.example]x[/link]\u202e")
    assert "[link=" in drawn(table)


@pytest.mark.parametrize(("template", "values"), [("{}", ()), ("x", ("y",))])
def test_a_template_has_a_hole_for_each_value(template: str, values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="holes"):
        terminal.styled(template, *values)


def test_a_file_of_json_and_a_program_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    value = {text: text for text in (*ATTACKS.values(), *ORDINARY.values())}
    terminal.write_json(value, tmp_path / "a.json")
    terminal.write("print(1)\n" + "".join(ATTACKS.values()))
    written = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(written) == value
    assert not ACTIVE.search(written)
    assert not ACTIVE.search(capsys.readouterr().out)


# Only distillery/cli/terminal.py prints.

SPEAKING = {"echo", "styled", "echo_error", "confirm"}
OF_OTHERS = {
    *("print", "input", "Console", "Text", "Terminal", "Text.from_markup", "typer.echo", "typer.secho"),
    *("typer.confirm", "typer.prompt", "typer.style", "typer.progressbar", "escape", "rich.print"),
}
METHODS = {"add_row", "write_text", "write_bytes", "writelines", "from_markup"}
PRINTING = {"print", "log", "out", "print_json", "rule", "input", "print_exception"}
"""Printing methods of a console."""
KEPT = {("local/demo/deployment.py", "kept.write")}
"""The CDK's log, which is a file."""


LIBRARY = {"client", "core", "datasets", "evaluation"}


def places() -> Iterator[Path]:
    """Yields our sources without the library, which prints nothing and uses no terminal (lint checks this)."""
    for folder in ("distillery", "local/demo"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if not LIBRARY & set(path.parts))


def bypasses(code: str, name: str = "") -> Iterator[str]:
    """Yields calls that print, or whose template is not a literal."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        method = called.rpartition(".")[2]
        stream = called.startswith(("sys.stdout.", "sys.stderr.", "sys.__std"))
        if called in SPEAKING or (called.startswith("terminal.") and method in SPEAKING):
            if not node.args or not _literal(node.args[0]):
                yield ast.unparse(node)
        elif called in OF_OTHERS or method in METHODS or ("." in called and method in PRINTING and _console(called)):
            yield ast.unparse(node)
        elif called.endswith(".write") and (name, called) not in KEPT:
            constant = all(map(_literal, node.args))
            if not (stream and constant):
                yield ast.unparse(node)


def _console(called: str) -> bool:
    return called.split(".")[-2] in ("console", "errors", "live", "rich")


def _literal(node: ast.expr) -> bool:
    """Whether a node is a string, a choice of two, or a constant's name or item."""
    match node:
        case ast.Constant(value=str()):
            return True
        case ast.IfExp(body=body, orelse=other):
            return _literal(body) and _literal(other)
        case ast.Name(id=name):
            return name.isupper()
        case ast.Subscript(value=ast.Name(id=name)):
            return name.isupper()
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[_, ast.Constant()]):
            return name.isupper()
    return False


def test_nothing_prints_but_the_terminal_module() -> None:
    found = {
        str(path.relative_to(ROOT)): bypassing
        for path in places()
        if path != Path(terminal.__file__)
        if (bypassing := list(bypasses(path.read_text(), str(path.relative_to(ROOT)))))
    }
    assert found == {}


@pytest.mark.parametrize("code", [
    "print(x)",
    "typer.echo(x)",
    "console.print(x)",
    "echo(f'run {x}')",
    "echo('run ' + x)",
    "echo(x)",
    "styled(template, x)",
    "terminal.echo(x.format(y))",
    "sys.stdout.write(x)",
    "sys.stderr.write(f'{x}')",
    "file.write_text(x)",
    "Console().print(x)",
    "table.add_row(x)",
    "Text(x)",
    "Text.from_markup(x)",
    "typer.confirm(x)",
    "live.console.print(x)",
])  # fmt: skip
def test_a_new_way_to_print_is_found(code: str) -> None:
    assert list(bypasses(code))


def test_templates_that_are_constants_are_literals() -> None:
    for path in places():
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in ("TEMPLATES", "STAND_IN"):
                    assert not [one for one in ast.walk(value) if isinstance(one, ast.JoinedStr)], path


def test_no_paragraph_is_read_in_an_address() -> None:
    told = terminal.link("s3://calls/Dear customer, your account is closed. Pay now." + " x" * 3000)
    assert "Dear%20customer" in told.plain
    assert " " not in told.plain
    assert len(told.plain) <= terminal.URI_MAX
