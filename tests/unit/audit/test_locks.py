"""Every lock is audited line by line, and the Makefile has the targets."""

import re
import tomllib
from pathlib import Path

import pytest

from infra.packing import ROOT
from tests.audit.locks import Pin, pins, rounds

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
GROUPS = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"])


def _recipe(target: str) -> str:
    found = re.search(rf"^{target}:.* ## .+\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found, f"make {target} is missing or has no description"
    return found[1]


def test_every_group_has_a_lock_that_make_writes_and_the_audit_reads() -> None:
    (written,) = re.findall(r"^GROUPS := (.+)$", MAKEFILE, re.MULTILINE)
    assert set(written.split()) == GROUPS
    assert {lock.stem for lock in LOCKS} == GROUPS | {"uv"}
    assert {stem for stems in pins(LOCKS).values() for stem in stems} == GROUPS | {"uv"}


def test_every_line_of_a_lock_is_a_version_that_is_asked_for() -> None:
    for lock in LOCKS:
        lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
        assert lines
        assert len(pins([lock])) == len(lines), lock.name


def test_what_is_for_another_platform_or_python_is_asked_for_too(tmp_path: Path) -> None:
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text(
        "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:0\na==2 \\\n    --hash=sha256:1\n    # via b\n"
    )
    other.write_text("a==2\nb==1.0.post1\n")
    assert pins([other, one]) == {
        Pin("a", "1"): ["one"],
        Pin("a", "2"): ["one", "other"],
        Pin("b", "1.0.post1"): ["other"],
    }


def test_no_round_holds_a_name_twice_and_none_is_left_out() -> None:
    held = pins(LOCKS)
    asked = list(rounds(held))
    assert len(asked) > 1, "more than one version of a package is locked"
    assert sorted(pin for one in asked for pin in one) == sorted(held)
    for one in asked:
        assert len({pin.name for pin in one}) == len(one)


@pytest.mark.parametrize(
    ("target", "does"),
    [
        ("audit", "-m tests.audit"),
        ("sbom", "for lock in requirements/*.txt"),
        ("sbom", "npm sbom --sbom-format cyclonedx"),
        ("lock", "--exclude-newer"),
        ("lock", "--before"),
        ("clean", ".venv-audit"),
    ],
)
def test_make_does_it(target: str, does: str) -> None:
    assert does in _recipe(target)


def test_the_gate_asks_no_database() -> None:
    (needed,) = re.findall(r"^test: (.+?) ##", MAKEFILE, re.MULTILINE)
    assert not set(needed.split()) & {"audit", "sbom"}
