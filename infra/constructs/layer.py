"""boto3 as a layer: the locked version, trimmed to the services that the functions call.

A runtime's own boto3 may be too old to know `UpdateCustomModelDeployment` or a model's life-cycle dates. The files come
from the distributions installed here, as their RECORD lists them, so no Docker and no network is needed at synth. They
are packed from where they lie: a copy that was named by versions would outlive other bytes of the same version.
"""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path, PurePath

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.archive import archive, code
from infra.constructs.build import BUILD
from infra.constructs.licences import is_licence
from infra.constructs.runtime import RUNTIME

DISTRIBUTIONS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""boto3 and everything that it requires: pure Python, the same for every architecture."""

SERVICES = (
    *("athena", "bedrock", "bedrock-runtime", "dynamodb", "s3", "service-quotas"),
    *("sns", "ssm", "stepfunctions", "sts"),
)
"""The clients of `distillery/core/aws`; sts for credentials."""


def sdk_layer(scope: Construct, ident: str) -> lambda_.LayerVersion:
    """The layer, once per stack that has functions."""
    return lambda_.LayerVersion(
        scope,
        ident,
        code=code(pack, BUILD),
        description=f"boto3 {distribution('boto3').version} for {', '.join(SERVICES)}",
        compatible_runtimes=[RUNTIME],
        removal_policy=RemovalPolicy.DESTROY,
    )


def pack(build: Path) -> Path:
    """The archive of `python/`, named by what is in it."""
    return archive(build, "layer", dict(sorted(_files())))


def _files() -> Iterator[tuple[Path, Path]]:
    for one in map(distribution, DISTRIBUTIONS):
        for file in one.files or ():
            if _is_kept(file):
                yield Path("python", file), Path(str(one.locate_file(file)))


def _is_kept(file: PurePath) -> bool:
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
