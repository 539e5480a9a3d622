"""The recipes as a layer, so that a new recipe changes one file and no function's code."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.parts.archive import MODE
from infra.parts.build import BUILD
from infra.parts.runtime import RUNTIME
from lambdas.shared.recipe import SETTINGS_FILE, Recipe, dump


def settings_layer(scope: Construct, ident: str, recipes: Mapping[str, Recipe]) -> lambda_.LayerVersion:
    """A layer whose one file stands at `lambdas.shared.recipe.SETTINGS_FILE`."""
    text = dump(recipes)
    told = hashlib.sha256(f"{SETTINGS_FILE}\n{text}".encode()).hexdigest()
    folder = BUILD / f"settings-{told[:16]}"
    file = folder / SETTINGS_FILE.removeprefix("/opt/")
    if not _stands(file, text):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")  # others may write the same at the same time
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(MODE)
        unfinished.replace(file)
    return lambda_.LayerVersion(
        scope,
        ident,
        code=lambda_.Code.from_asset(str(folder)),
        description="The recipes of this environment",
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def _stands(file: Path, text: str) -> bool:
    """Whether an earlier synth left just this, for a function to read."""
    return file.is_file() and stat.S_IMODE(file.stat().st_mode) == MODE and file.read_text(encoding="utf-8") == text
