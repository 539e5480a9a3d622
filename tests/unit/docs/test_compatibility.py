"""The compatibility table of the simulator's README is the recorded run of `make compatibility`, and nothing more."""

import copy
import re
from pathlib import Path

import pytest

from infra.packing import ROOT
from tests.compatibility.table import CAPABILITIES, FOLDER, NOT_RUN, PACKAGES, README, Package, recorded, with_table

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _script(package: Package) -> Path:
    return FOLDER / ("javascript" if package.environment is None else "packages") / package.script


def test_the_readme_shows_the_recorded_run() -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_table(readme, recorded()) == readme


def test_a_result_that_was_not_recorded_is_shown_as_not_run() -> None:
    readme, results = README.read_text(encoding="utf-8"), copy.deepcopy(recorded())
    del results["packages"]["boto3"]
    (row,) = re.findall(r"^\| boto3 \|.*$", with_table(readme, results), re.MULTILINE)
    assert row.count(NOT_RUN) == 1 + len(CAPABILITIES)


def test_every_package_has_a_row_with_a_version_and_a_day() -> None:
    results = recorded()
    assert set(results) == {"day", "packages"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", results["day"])
    assert list(results["packages"]) == [package.name for package in PACKAGES]
    for name, found in results["packages"].items():
        assert re.match(r"\d+\.\d+", found["version"]), name
        assert set(found) <= {"version", *CAPABILITIES}, name
        assert set(found.values()) - {found["version"]} <= {"works", "fails"}, name


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_recorded_capability_is_one_that_the_script_tries(package: Package) -> None:
    """A script that loses a capability loses its claim too."""
    *_, tried = _script(package).read_text(encoding="utf-8").split("report(")
    for capability in set(recorded()["packages"][package.name]) - {"version"}:
        assert re.search(rf"\b{capability}\b\s*[=:,]", tried), capability


def test_every_environment_is_one_that_make_installs() -> None:
    (line,) = re.findall(r"^compatibility: (.+) ## ", MAKEFILE, re.MULTILINE)
    (groups,) = re.findall(r"^GROUPS := (.+)$", MAKEFILE, re.MULTILINE)
    installed = {f".venv-{group}" for group in groups.split() if group.startswith("compatibility")}
    for package in PACKAGES:
        if package.environment is not None and package.environment not in installed:
            assert f"{package.environment}/ok" in line, package.name
