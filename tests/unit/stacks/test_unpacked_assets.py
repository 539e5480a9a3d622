"""Each function's unpacked assets import its handler, with its layers and without the checkout."""

import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from distillery.core.canary import CanaryOptions
from distillery.core.judging import GraderKind, GraderSpec
from distillery.settings import load
from distillery.settings.environment import Settings
from distillery.settings.promotion import Promotion
from infra.packing import WHEELS
from tests.assemblies import assembly_of
from tests.fakes.records import Signer
from tests.unit.stacks.assembly import DAYS, ROOT, resources

PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
ENVIRONMENTS = ("dev", "prod")
"""Together they have most functions: dev empties its buckets, prod owns the invocation logging."""
IMPORTS = """
import importlib, json, os, sys, traceback
sdk, functions = json.load(sys.stdin)
sys.path.insert(0, sdk)
import boto3
library = sys.path[1:]
for handler, path in functions.items():
    if os.fork():
        os.wait()
        continue
    sys.path[:] = [*path, *library]
    module, _, name = handler.rpartition(".")
    try:
        getattr(importlib.import_module(module), name)
    except BaseException:
        print(json.dumps([handler, traceback.format_exc()[-500:]]), flush=True)
    os._exit(0)
"""
"""Imports each handler in a process of its own, which begins with the boto3 that all functions have."""
PACKAGES = re.compile(r"Packages of requirements/(\w+)\.txt")


@dataclass(frozen=True, slots=True)
class Function:
    """The archives of a function's code and layers, except packages, which are built for another platform.

    Attributes:
        local: The folders of the same packages, built for this machine.
    """

    archives: tuple[Path, ...]
    local: tuple[Path, ...]


def _files(folder: Path) -> dict[str, Path]:
    """Returns the assets of an assembly by their S3 keys."""
    manifests = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.assets.json")]
    every = [file for manifest in manifests for file in manifest["files"].values()]
    return {
        where["objectKey"]: folder / one["source"]["path"] for one in every for where in one["destinations"].values()
    }


def _functions(files: dict[str, Path], template: dict[str, Any]) -> Iterator[tuple[str, Function]]:
    layers = resources(template, "AWS::Lambda::LayerVersion")
    for properties in resources(template, "AWS::Lambda::Function").values():
        if not properties["Handler"].startswith("lambdas."):
            continue
        own = [layers[layer["Ref"]] for layer in properties.get("Layers", ())]
        keys = [properties["Code"], *(layer["Content"] for layer in own if not PACKAGES.match(layer["Description"]))]
        archives = tuple(files[key["S3Key"]] for key in keys)
        locks = [found[1] for layer in own if (found := PACKAGES.match(layer["Description"]))]
        yield properties["Handler"], Function(archives, tuple(WHEELS / lock / "local" for lock in locks))


@pytest.fixture(scope="module")
def functions() -> dict[str, Function]:
    found: dict[str, Function] = {}
    every = [load(environment, on=DAYS[environment]) for environment in ENVIRONMENTS]
    promotion = Promotion(sign=True, through=("qa",), public_keys=(Signer().public.pem,))
    canaries = {name: replace(recipe, canary=CanaryOptions()) for name, recipe in every[0].recipes.items()}
    promoting = every[0].model_copy(update={"promotion": promotion, "recipes": canaries})
    shares = {"promotion": Promotion(sign=True, share_with=("222222222222",))}
    sharing = load("launch", on=DAYS["launch"]).model_copy(update=shares)
    for settings in (*every, _with_scores_from_outside(every[0]), promoting, sharing):
        assembly = assembly_of(settings)
        for stack in assembly.stacks:
            found.update(_functions(_files(assembly.folder), stack.template))
    return found


def _with_scores_from_outside(settings: Settings) -> Settings:
    spec = GraderSpec(kind=GraderKind.FUNCTION, options={"arn": "arn:aws:lambda:us-east-1:111111111111:function:score"})
    graded = {name: replace(recipe, graders=(spec,)) for name, recipe in settings.recipes.items()}
    return settings.model_copy(update={"recipes": graded})


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpacks an archive once, although several functions may use it. Code is at its top, a layer's in `python`."""
    if archive.is_dir():  # the settings layer, which the CDK packs
        return archive
    target = folder / archive.stem
    if not target.exists():
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(target)
    return target


@pytest.mark.slow
def test_the_assets_of_every_function_import_its_handler(functions: dict[str, Function], tmp_path: Path) -> None:
    declared = {
        handler
        for file in (ROOT / "infra").rglob("*.py")
        for handler in re.findall(r'handler="(lambdas\.[\w.]+)"', file.read_text(encoding="utf-8"))
    }
    assert set(functions) == declared
    paths = {}
    for handler, function in functions.items():
        code, *layers = (_unpack(archive, tmp_path) for archive in function.archives)
        paths[handler] = [str(code), *(str(layer / "python") for layer in layers), *map(str, function.local)]
    (sdk,) = {folder for path in paths.values() for folder in path if (Path(folder) / "boto3").exists()}
    assert [handler for handler, path in paths.items() if sdk not in path] == []
    done = subprocess.run(
        [PYTHON, "-S", "-P", "-c", IMPORTS],
        cwd=tmp_path,
        env={"AWS_REGION": "us-east-1"},
        input=json.dumps([sdk, paths]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
