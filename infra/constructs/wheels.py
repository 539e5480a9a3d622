"""Compiled packages as a layer: the locked wheels for the deployed runtime, not for this machine's Python.

`make install` fetches them once, by the hashes of `requirements/layer.txt`, for both: unpacking a wheel needs no
interpreter, so no Docker and no arm64 machine is needed, and synth needs no network. Local functions run on this
machine's interpreter and get the same versions built for it (`local/emulator/hooks/layers.py`).
"""

from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.archive import archive, code
from infra.constructs.build import BUILD
from infra.constructs.licences import is_licence
from infra.constructs.runtime import ARCHITECTURE, RUNTIME

FETCHED = BUILD / "wheels"
"""`function` holds what is deployed, `local` the same for local functions; the Makefile writes both."""

KEPT_RECORDS = ("METADATA", "WHEEL")  # of a distribution's records: who it is and what it was built for; see the hook


class NotInstalled(Exception):
    """The wheels were never fetched."""


def wheels_layer(scope: Construct, ident: str) -> lambda_.LayerVersion:
    """The layer, for the functions that import what is in it."""
    return lambda_.LayerVersion(
        scope,
        ident,
        code=code(pack, BUILD),
        description="Compiled packages, by requirements/layer.txt",
        compatible_architectures=[ARCHITECTURE],
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def pack(build: Path, fetched: Path = FETCHED / "function") -> Path:
    """The archive of `python/`, named by what is in it. Raises NotInstalled where nothing was fetched."""
    files = sorted(file for file in fetched.rglob("*") if _is_kept(file.relative_to(fetched)) and file.is_file())
    if not files:
        raise NotInstalled(f"the compiled packages of the layer are not in {fetched}; fetch them with `make install`")
    return archive(build, "wheels", {Path("python") / file.relative_to(fetched): file for file in files})


def _is_kept(file: Path) -> bool:
    """Code; no stubs, scripts, bytecode or records of the installation but the wheel's name, licence and parts."""
    top = file.parts[0]
    if top.endswith(".dist-info"):
        return file.name in KEPT_RECORDS or is_licence(file) or "sboms" in file.parts  # what it was linked with
    return not top.startswith((".", "bin")) and file.suffix not in (".pyc", ".pyi", ".lock")
