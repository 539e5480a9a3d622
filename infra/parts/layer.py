"""boto3 as a layer: the locked version, trimmed to the services that the functions call.

A runtime's own boto3 may be too old to know `UpdateCustomModelDeployment` or a model's life-cycle dates. The files come
from the distributions installed here, as their RECORD lists them, so no Docker and no network is needed at synth; the
folder is named by what is in it, and its asset hash by the content.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.parts.archive import archive
from infra.parts.build import BUILD
from infra.parts.licences import is_licence
from infra.parts.runtime import RUNTIME

DISTRIBUTIONS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""boto3 and everything that it requires: pure Python, the same for every architecture."""

SERVICES = (
    *("athena", "bedrock", "bedrock-runtime", "dynamodb", "s3", "service-quotas"),
    *("sns", "ssm", "stepfunctions", "sts"),
)
"""The clients of `lambdas/shared/aws`; sts for credentials."""


def sdk_layer(scope: Construct, ident: str) -> lambda_.LayerVersion:
    """The layer, once per stack that has functions."""
    return lambda_.LayerVersion(
        scope,
        ident,
        code=lambda_.Code.from_asset(str(pack(BUILD))),
        description=f"boto3 {distribution('boto3').version} for {', '.join(SERVICES)}",
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def pack(build: Path) -> Path:
    """The same as one archive."""
    folder = unpack(build)
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return archive(build, "layer", {file.relative_to(folder): file for file in files})


def unpack(build: Path) -> Path:
    """The folder that holds `python/`; made anew only where a version or this module has changed."""
    found = [distribution(name) for name in DISTRIBUTIONS]
    target = build / f"layer-{_digest(found)}"
    if not target.exists():
        build.mkdir(exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=build))  # renamed when whole: others may build at the same time
        for one in found:
            for file in _kept(one):
                _copy(Path(str(one.locate_file(file))), unfinished / "python" / file)
        unfinished.chmod(0o755)
        with contextlib.suppress(OSError):  # somebody else was faster, with the same
            unfinished.rename(target)
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _kept(one: Distribution) -> Iterator[PackagePath]:
    return (file for file in one.files or () if _is_kept(file))


def _is_kept(file: PackagePath) -> bool:
    """Code, its licence, and the data of the services called; no scripts, bytecode, examples or other records."""
    top, *rest = file.parts
    if top == ".." or file.suffix == ".pyc":
        return False
    if top.endswith(".dist-info"):
        return file.name == "METADATA" or is_licence(file)
    match (top, *rest):
        case "boto3", "examples", *_:
            return False
        case (("boto3" | "botocore"), "data", service, _, *_):  # data/<service>/<version>/<file>
            return service in SERVICES
    return True


def _digest(found: list[Distribution]) -> str:
    """Of what decides the content. Reading every RECORD instead took a tenth of a synth."""
    versions = [f"{one.name}=={one.version}" for one in found]
    return hashlib.sha256("\n".join([*versions, Path(__file__).read_text(encoding="utf-8")]).encode()).hexdigest()[:16]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
