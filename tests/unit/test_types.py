"""mypy analyses every module of the CDK that the code imports, and every module that these inherit from.

It takes what is of a skipped module as Any, and with a base class of type Any it finds no misspelt attribute.
"""

import ast
import fnmatch
import importlib
import inspect
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CDK = "aws_cdk"


def _followed() -> list[str]:
    """Returns the patterns of modules of the CDK that mypy analyses."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["overrides"]
    (patterns,) = [one["module"] for one in overrides if one.get("follow_imports") == "normal"]
    return list(patterns)


def _is_followed(module: str) -> bool:
    return any(fnmatch.fnmatchcase(module, pattern) or pattern == f"{module}.*" for pattern in _followed())


def _imported() -> set[str]:
    """Returns the modules of the CDK that a tracked file imports."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    sources = [(ROOT / name).read_text(encoding="utf-8") for name in listed.stdout.split() if (ROOT / name).exists()]
    return {name for source in sources if CDK in source for name in _names(ast.parse(source))}


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.split(".")[0] == CDK)
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == CDK:
                yield module
                yield from (f"{module}.{one.name}" for one in names if one.name.islower())


def _bases(module: ModuleType) -> set[str]:
    """Returns the modules of the CDK whose classes those of a module inherit from."""
    own = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
    return {base.__module__ for one in own for base in one.__mro__ if base.__module__.split(".")[0] == CDK}


def test_what_the_code_imports_of_the_cdk_is_analysed() -> None:
    imported = _imported()
    assert {"aws_cdk", "aws_cdk.aws_iam", "aws_cdk.assertions"} <= imported
    assert sorted(name for name in imported if not _is_followed(name)) == []


@pytest.mark.slow
def test_what_it_inherits_from_is_analysed() -> None:
    known, found = set[str](), {name for name in _imported() if not name.endswith(".assertions")}
    while new := found - known:
        known |= new
        found = {base for name in new for base in _bases(importlib.import_module(name))}
    assert "aws_cdk.interfaces.aws_s3" in known
    assert sorted(name for name in known if not _is_followed(name)) == []


def test_another_module_of_the_cdk_is_not() -> None:
    assert not _is_followed("aws_cdk.aws_quicksight")
