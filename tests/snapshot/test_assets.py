"""The environments synthesized from one commit differ in no asset but the layers of settings."""

import json
import shutil
from pathlib import Path

import pytest

from infra.deployment.assets import assets, differences, main
from tests.assemblies import assembly_of
from tests.policy.synthesis import ENVIRONMENTS, settings

FOLDERS = {environment: assembly_of(settings(environment)).folder for environment in ENVIRONMENTS}
LAYERS = {"Recipes", "Models", "Offer"}
"""Constructs of layers that hold settings."""


def test_all_environments_run_the_same_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert differences(list(FOLDERS.values())) == []
    assert main([str(folder) for folder in FOLDERS.values()]) == 0
    assert "assets compared" in capsys.readouterr().out


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_asset_of_an_assembly_is_compared(environment: str) -> None:
    files = {
        digest
        for manifest in FOLDERS[environment].glob("*.assets.json")
        for digest, file in json.loads(manifest.read_text(encoding="utf-8"))["files"].items()
        if not file["source"]["path"].endswith(".template.json")
    }
    found = assets(FOLDERS[environment])
    assert {one.digest for one in found.values()} == files
    settings_of = {resource for resource, one in found.items() if one.settings}
    assert settings_of
    assert all(any(layer in resource for layer in LAYERS) for resource in settings_of)


def test_an_asset_of_another_commit_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A function whose code was synthesized from another state of the sources."""
    other = tmp_path / "prod"
    shutil.copytree(FOLDERS["prod"], other, copy_function=shutil.copyfile)
    resource, asset = next((name, one) for name, one in assets(other).items() if not one.settings)
    part = resource.partition("/")[0]
    for file in (f"distillery-prod-{part}.template.json", f"distillery-prod-{part}.assets.json"):
        text = (other / file).read_text(encoding="utf-8")
        (other / file).write_text(text.replace(asset.digest, "0" * 64), encoding="utf-8")
    said = differences([FOLDERS["staging"], other])
    assert any(sentence.startswith(f"the asset of {resource} is ") for sentence in said)
    assert main([str(FOLDERS["staging"]), str(other)]) == 1
    assert resource in capsys.readouterr().err


def test_one_assembly_is_compared_with_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cdk.out/prod"]) == 2
    assert "two assemblies or more" in capsys.readouterr().err
