"""A stored assembly is used only while everything that synth reads is unchanged."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import assemblies
from tests.assemblies import SOURCES, digest

_EDITED = (
    "app.py",
    "cdk.json",
    "distillery/core/names.py",
    "distillery/core/models.toml",
    "environments/dev.toml",
    "infra/constructs/deep/new.py",
    "lambdas/serving/handler.py",
    "stacks/serving.py",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (*_EDITED, ".build/wheels/dataset/function/numpy.so"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    return tmp_path


def test_the_examples_cover_all_sources() -> None:
    assert {name.split("/")[0] for name in _EDITED} == set(SOURCES)


@pytest.mark.slow
@pytest.mark.parametrize("name", _EDITED)
@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda file: file.write_text("new"), id="another content"),
        pytest.param(lambda file: file.rename(file.with_stem("other")), id="another name"),
        pytest.param(lambda file: file.unlink(), id="deleted"),
    ],
)
def test_an_edit_of_a_source_changes_the_digest(edit: Callable[[Path], object], name: str, checkout: Path) -> None:
    before = digest(checkout)
    edit(checkout / name)
    assert digest(checkout) != before


def test_a_new_source_and_another_package_change_the_digest(checkout: Path) -> None:
    found = [digest(checkout)]
    (checkout / "infra" / "more.py").write_text("new")
    found.append(digest(checkout))
    (checkout / ".build" / "wheels" / "dataset" / "function" / "numpy.so").write_text("longer")
    found.append(digest(checkout))
    assert len(set(found)) == 3


def test_other_files_bytecode_and_times_of_sources_do_not(checkout: Path) -> None:
    before = digest(checkout)
    (checkout / "infra" / "constructs" / "deep" / "new.pyc").write_bytes(b"compiled")
    (checkout / "notes.txt").write_text("mine")
    os.utime(checkout / "app.py", (1_000_000_000, 1_000_000_000))
    assert digest(checkout) == before


def test_a_variable_of_the_cdk_and_another_installation_change_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [digest(checkout)]
    monkeypatch.setenv("CDK_VALIDATION", "false")
    found.append(digest(checkout))
    monkeypatch.setattr(assemblies, "distributions", lambda: ())
    monkeypatch.setattr(assemblies, "_installed", assemblies._installed.__wrapped__)
    found.append(digest(checkout))
    assert len(set(found)) == 3
