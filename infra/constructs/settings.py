"""What functions are told in files, as layers: a new recipe changes one file and no function's code."""

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core import offer
from distillery.core.offer import Offer
from distillery.core.recipe import SETTINGS_FILE, Recipe, dump
from distillery.core.settings import FOLDER
from infra.constructs.archive import MODE
from infra.constructs.build import BUILD
from infra.constructs.runtime import RUNTIME


def settings_layer(scope: Construct, ident: str, recipes: Mapping[str, Recipe]) -> lambda_.LayerVersion:
    """The recipes, which `distillery.core.recipe` reads."""
    return _layer(scope, ident, SETTINGS_FILE, dump(recipes), "The recipes of this environment")


def offer_layer(scope: Construct, ident: str, said: Offer) -> lambda_.LayerVersion:
    """What the invoke function offers, which `distillery.core.offer` reads."""
    return _layer(scope, ident, offer.FILE, offer.dump(said), "The routes of this environment")


def _layer(scope: Construct, ident: str, name: str, text: str, description: str) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        ident,
        code=lambda_.Code.from_asset(str(_folder(f"{FOLDER}/{name}", text))),
        description=description,
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def _folder(name: str, text: str) -> Path:
    """A layer's, with one file that a function finds by that name; it is named by what is in it."""
    told = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()
    folder = BUILD / f"settings-{told[:16]}"
    file = folder / name.removeprefix("/opt/")
    if not _stands(file, text):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")  # others may write the same at the same time
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(MODE)
        unfinished.replace(file)
    return folder


def _stands(file: Path, text: str) -> bool:
    """Whether an earlier synth left just this, for a function to read."""
    return file.is_file() and stat.S_IMODE(file.stat().st_mode) == MODE and file.read_text(encoding="utf-8") == text
