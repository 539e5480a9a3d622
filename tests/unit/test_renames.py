"""No module, class or public function bears a name that tests/renames.toml gives up."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RENAMES = tomllib.loads((ROOT / "tests" / "renames.toml").read_text(encoding="utf-8"))
SIMULATOR = ROOT / "packages" / "bedrock-simulator" / "src"
AREAS = {
    "core": ROOT / "distillery" / "core",
    "datasets": ROOT / "distillery" / "datasets",
    "evaluation": ROOT / "distillery" / "evaluation",
    "client": ROOT / "distillery" / "client",
    "settings": ROOT / "distillery" / "settings",
    "cli": ROOT / "distillery" / "cli",
    "infra": ROOT / "infra",
    "stacks": ROOT / "stacks",
    "lambdas": ROOT / "lambdas",
    "local": ROOT / "local",
    "simulator": SIMULATOR / "bedrock_simulator",
}
LONGEST = 275
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def _public(file: Path) -> Iterator[str]:
    """Yields the name of the module, and of every class and public function in it, including methods."""
    yield file.parent.name if file.name == "__init__.py" else file.stem
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name


@pytest.mark.parametrize("old", RENAMES["modules"])
def test_no_module_bears_a_name_that_was_given_up(old: str) -> None:
    under = SIMULATOR if old.startswith("bedrock_simulator") else ROOT
    path = under.joinpath(*old.split("."))
    assert not path.with_suffix(".py").exists()
    assert not path.joinpath("__init__.py").exists()


@pytest.mark.parametrize("new", RENAMES["modules"].values())
def test_what_a_module_is_called_now_exists(new: str) -> None:
    path = (SIMULATOR if new.startswith("bedrock_simulator") else ROOT).joinpath(*new.split("."))
    assert path.with_suffix(".py").exists() or path.is_dir()


@pytest.mark.parametrize("area", RENAMES["words"])
def test_no_name_of_an_area_contains_a_word_that_was_given_up(area: str) -> None:
    words = RENAMES["words"][area]
    bearing = {
        (str(file.relative_to(ROOT)), name): words[part]
        for file in AREAS[area].rglob("*.py")
        for name in _public(file)
        for part in map(str.lower, PART.findall(name))
        if part in words
    }
    assert bearing == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "distribution", [("distillery", "infra", "lambdas", "local", "stacks"), ("packages/bedrock-simulator/src",)]
)
def test_a_class_name_means_one_thing(distribution: tuple[str, ...]) -> None:
    homes: dict[str, list[str]] = {}
    for file in (file for folder in distribution for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    assert len(homes) > 50
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_no_file_of_the_product_is_longer_than_a_reader_holds() -> None:
    """About 250 lines: a longer file has a second reason, which stands better in a file of its own."""
    files = [file for area in AREAS.values() for file in area.rglob("*.py")]
    lines = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8").count("\n") for file in files}
    assert len(lines) > 400
    assert {file: count for file, count in lines.items() if count > LONGEST} == {}
