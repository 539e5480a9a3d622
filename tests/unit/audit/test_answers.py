"""A finding fails the audit. An unreachable database is a warning, and never counts as a clean answer."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit import __main__ as audit
from tests.audit import npm, pypi
from tests.audit.answer import Answer, Failed
from tests.audit.locks import Pin

HELD = {Pin("A.b", "1"): ["dev"], Pin("A.b", "2"): ["dev", "layer"], Pin("c", "3"): ["layer"]}
VULNERABLE = {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": []}


def _tool(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def _pip_audit(**found: Any) -> tuple[str, ...]:
    """A fake pip-audit that knows these packages and answers with plain names, as pip-audit does."""
    return _tool(f"""
import json, sys
asked = [line.split("==") for line in open(sys.argv[-1]).read().splitlines()]
assert len({{name for name, _ in asked}}) == len(asked), "package has duplicate requirements"
found = {json.dumps(found)}
def one(name, version):
    plain = name.lower().replace(".", "-")
    if plain not in found:
        return {{"name": plain, "skip_reason": "Dependency not found on PyPI and could not be audited"}}
    return {{"name": plain, "version": version, "vulns": found[plain] if version == "1" else []}}
print(json.dumps({{"dependencies": [one(*each) for each in asked], "fixes": []}}))
""")


def _last_words(said: str) -> tuple[str, ...]:
    text = f"Traceback: …\n{said}"
    return _tool(f"import sys; sys.exit({text!r})")


def test_pip_audit_is_asked_of_every_version_and_a_finding_names_its_locks() -> None:
    answer = pypi.ask(HELD, _pip_audit(**{"a-b": [VULNERABLE], "c": []}))
    assert answer == Answer(findings=["A.b==1, in requirements/dev.txt: PYSEC-1 (2 mends it)"])


def test_a_package_that_pypi_does_not_know_is_reported() -> None:
    assert pypi.ask(HELD, _pip_audit(c=[])) == Answer(unknown=["A.b==1", "A.b==2"])


def test_a_mirror_that_knows_nothing_was_not_reached() -> None:
    assert pypi.ask(HELD, _pip_audit()).unreached


@pytest.mark.parametrize(
    "said",
    [
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded",
        "requests.exceptions.SSLError: HTTPSConnectionPool(host='pypi.org', port=443)",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='pypi.org', port=443): Read timed out.",
        "pip_audit._service.interface.ServiceError",
        "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed",
        "ERROR:pip_audit._cli:Tip: your network may be blocking this service. Try another service with `-s SERVICE`",
    ],
)
def test_a_network_that_fails_is_reported_as_such(said: str) -> None:
    assert pypi.ask(HELD, _last_words(said)).unreached == said


def test_a_tool_that_breaks_is_no_network_that_fails() -> None:
    with pytest.raises(Failed, match="duplicate requirements"):
        pypi.ask(HELD, _last_words("ERROR:pip_audit._cli:package a has duplicate requirements: a==2"))


def _npm(told: dict[str, Any], status: int = 1) -> tuple[str, ...]:
    return _tool(f"import sys; print({json.dumps(told)!r}); sys.exit({status})")


ADVISORY = {"url": "https://github.com/advisories/GHSA-1", "title": "…"}
FOUND = {
    "aws-cdk": {"range": "<3", "severity": "high", "via": ["yaml"]},
    "yaml": {"range": "<2", "severity": "high", "via": [ADVISORY]},
}


@pytest.mark.parametrize(
    ("told", "status", "answer"),
    [
        ({"auditReportVersion": 2, "vulnerabilities": {}}, 0, Answer()),
        (
            {"auditReportVersion": 2, "vulnerabilities": FOUND},
            1,
            Answer(
                findings=[
                    "aws-cdk <3, in package-lock.json: high, through yaml",
                    "yaml <2, in package-lock.json: high, https://github.com/advisories/GHSA-1",
                ]
            ),
        ),
        (
            {"message": "405 Method Not Allowed", "statusCode": 405, "error": {"summary": "", "detail": ""}},
            1,
            Answer(unreached="405 Method Not Allowed"),
        ),
        (
            {"message": "request to … failed, reason: connect ECONNREFUSED", "error": {"summary": "", "detail": ""}},
            1,
            Answer(unreached="request to … failed, reason: connect ECONNREFUSED"),
        ),
    ],
)
def test_npm_is_understood(tmp_path: Path, told: dict[str, Any], status: int, answer: Answer) -> None:
    assert npm.ask(tmp_path, _npm(told, status)) == answer


@pytest.mark.parametrize("tool", [_npm({"error": {"code": "ENOLOCK", "summary": "no lock"}}), _last_words("npm: gone")])
def test_an_npm_that_breaks_is_no_network_that_fails(tmp_path: Path, tool: tuple[str, ...]) -> None:
    with pytest.raises(Failed, match=r"npm audit does not work: [\s\S]*(no lock|gone)"):
        npm.ask(tmp_path, tool)


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (Answer(), 0, "requirements/: none"),
        (Answer(findings=["a==1: PYSEC-1"]), 1, "PYSEC-1"),
        (Answer(unreached="no network"), 0, "warning: PyPI's advisories on .* nothing is known: no network"),
        (Answer(unreached="no network", findings=["a==1: PYSEC-1"]), 1, "PYSEC-1"),
        (Answer(unknown=["a==1"]), 0, "warning: .* do not know a==1"),
    ],
)
def test_the_exit_says_whether_anything_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: Answer, status: int, said: str
) -> None:
    monkeypatch.setattr(pypi, "ask", lambda _: answer)
    monkeypatch.setattr(npm, "ask", lambda _: Answer())
    assert audit.main() == status
    told = capsys.readouterr().out
    assert re.search(said, told), told
