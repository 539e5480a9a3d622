"""The Lambda layers: boto3, compiled packages, and the environment's settings.

Synth needs neither Docker nor a network nor an arm64 machine. boto3 is pure Python and comes from the distributions
that are installed here. Other packages come from the locked wheels for the deployed runtime, which `make install`
fetches by the hashes in `requirements/<layer>.txt`: to unpack a wheel takes no interpreter. Functions that run locally
get the same versions, built for this machine (`local/emulator/hooks/layers.py`). Settings are a layer because a new
recipe then changes one file and no function's code.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from distillery.core import model_dates, served_routes
from distillery.core.env_vars import FOLDER
from distillery.core.model_dates import NamedModel
from distillery.core.recipe import SETTINGS_FILE, Recipe, dump
from distillery.core.served_routes import ServedRoutes
from distillery.records import rules
from distillery.records.rules import AdmissionRules
from infra.constructs.lambda_code import ARCHITECTURE, RUNTIME, archive_code
from infra.packing import BUILD, MODE, SDK_SERVICES, WHEELS, Packages, pack_sdk, pack_wheels


def sdk_layer(scope: Construct, ident: str) -> lambda_.LayerVersion:
    """boto3 in the locked version, with the services that the functions call. One layer per stack that has functions.

    The boto3 of a Lambda runtime may be too old to know `UpdateCustomModelDeployment` or a model's life-cycle dates.
    """
    return lambda_.LayerVersion(
        scope,
        ident,
        code=archive_code(pack_sdk, BUILD),
        description=f"boto3 {distribution('boto3').version} for {', '.join(SDK_SERVICES)}",
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def packages_layer(scope: Construct, ident: str, packages: Packages) -> lambda_.LayerVersion:
    """The packages of `requirements/<packages>.txt`, for the functions that import them."""
    return lambda_.LayerVersion(
        scope,
        ident,
        code=archive_code(pack_wheels, BUILD, WHEELS / packages / "function"),
        description=f"Packages of requirements/{packages}.txt",
        compatible_architectures=[ARCHITECTURE],
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def settings_layer(scope: Construct, ident: str, recipes: Mapping[str, Recipe]) -> lambda_.LayerVersion:
    """The environment's recipes, which `distillery.core.recipe` reads."""
    return _file_layer(scope, ident, SETTINGS_FILE, dump(recipes), "The recipes of this environment")


def served_routes_layer(scope: Construct, ident: str, routes: ServedRoutes) -> lambda_.LayerVersion:
    """The routes that the invoke function offers, which `distillery.core.served_routes` reads."""
    return _file_layer(scope, ident, served_routes.FILE, served_routes.dump(routes), "The routes of this environment")


def admission_rules_layer(scope: Construct, ident: str, admitted: AdmissionRules) -> lambda_.LayerVersion:
    """Which records the admission function admits, which `distillery.records.rules` reads."""
    return _file_layer(scope, ident, rules.FILE, rules.dump(admitted), "The records that this environment admits")


def named_models_layer(scope: Construct, ident: str, models: Iterable[NamedModel]) -> lambda_.LayerVersion:
    """The models that the settings name, which `distillery.core.model_dates` reads."""
    return _file_layer(scope, ident, model_dates.FILE, model_dates.dump(models), "The models of this environment")


def _file_layer(scope: Construct, ident: str, name: str, text: str, description: str) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        ident,
        code=lambda_.Code.from_asset(str(_folder(f"{FOLDER}/{name}", text))),
        description=description,
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def _folder(name: str, text: str) -> Path:
    """A folder with one file, which functions find as `name` beneath /opt. The folder's name contains a digest."""
    digest = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()
    folder = BUILD / f"settings-{digest[:16]}"
    file = folder / name.removeprefix("/opt/")
    if not _is_written(file, text):
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")  # another synth may write the same file
        unfinished.write_text(text, encoding="utf-8")
        unfinished.chmod(MODE)
        unfinished.replace(file)
    return folder


def _is_written(file: Path, text: str) -> bool:
    """Whether an earlier synth wrote this text, readable for functions."""
    return file.is_file() and stat.S_IMODE(file.stat().st_mode) == MODE and file.read_text(encoding="utf-8") == text
