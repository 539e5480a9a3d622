"""The archives of functions and layers, made from the checkout and from installed packages.

Assets are archives because the CDK reads every file of an asset at every synth, and a layer has more than a thousand
files. An archive is named by its content, so any other byte makes another asset: sizes and times play no part. File
modes are fixed, since a function cannot read what a umask of 077 kept for its owner.

Nothing here calls the CDK, because the archives are made while Node loads (infra/template_validation.py).
"""

import functools
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from importlib.metadata import distribution
from pathlib import Path, PurePath

ROOT = Path(__file__).parents[1]
"""The checkout."""

BUILD = ROOT / ".build"
"""What synth builds."""

MODE = 0o644
"""Of every file in an archive; Lambda makes the folders."""

LIBRARY_PARTS: Mapping[str, tuple[str, ...]] = {
    "admission": ("core", "records"),
    "canary": ("core", "evaluation"),
    "collection": ("core",),
    "dataset": ("core", "datasets", "evaluation", "records"),
    "distillation": ("core",),
    "adoption": ("core",),
    "bucket_cleanup": ("core",),
    "drift": ("core",),
    "endpoint": ("core",),
    "evaluation": ("core", "datasets", "evaluation"),
    "expiry": ("core",),
    "invocation_logging": ("core",),
    "model_dates": ("core",),
    "operations": ("core", "evaluation"),
    "promotion": ("core",),
    "serving": ("client", "core"),
    "sharing": ("core",),
    "signing": ("core", "evaluation", "records"),
    "teardown": ("core",),
    "uploads": ("core",),
}
"""Packages of `distillery/` that each stage imports, lazy imports included. A test compares this with the imports."""

SDK_DISTRIBUTIONS = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""boto3 and everything that it requires: pure Python, the same for every architecture."""

SDK_SERVICES = (
    *("athena", "bedrock", "bedrock-runtime", "cloudformation", "cloudwatch", "dynamodb", "kms", "lambda", "s3"),
    *("ram", "service-quotas", "sns", "ssm", "stepfunctions", "sts"),
)
"""The clients of `distillery/core/aws`; sts for credentials."""

WHEELS = BUILD / "wheels"
"""`<layer>/function` holds the packages that are deployed, `<layer>/local` the same for local functions. The Makefile
writes both."""


class Packages(StrEnum):
    """A layer of packages beside boto3, with a lock of its own."""

    DATASET = "dataset"
    GRADING = "grading"
    REPORTING = "reporting"
    RECORDS = "records"


_WHEEL_RECORDS = ("METADATA", "WHEEL")
"""Records of a distribution that are kept: its name and version, and what it was built for."""

_LICENCE_NAMES = ("LICENSE", "LICENCE", "NOTICE", "COPYING", "AUTHORS")


class NotInstalled(Exception):
    """The wheels were not fetched."""


def pack_stage(stage: str, root: Path, build: Path) -> Path:
    """Packs a stage with its `LIBRARY_PARTS`.

    Args:
        stage: A folder of `lambdas/`.
        root: The checkout.
        build: Where the archive is written.

    Raises:
        ValueError: There is no such stage.
    """
    if stage not in LIBRARY_PARTS:
        raise ValueError(f"there is no folder lambdas/{stage}; write a handler as lambdas.<stage>.<module>.<function>")
    names = ("lambdas", "distillery")
    folders = (f"lambdas/{stage}", *(f"distillery/{part}" for part in LIBRARY_PARTS[stage]))
    files = {f"{name}/__init__.py": f"{root}/{name}/__init__.py" for name in names}
    for folder in folders:
        files |= {f"{folder}/{name}": f"{root}/{folder}/{name}" for name in _files(f"{root}/{folder}")}
    return archive(build, f"stage-{stage}", files)


def pack_sdk(build: Path) -> Path:
    """Packs boto3's `python/` folder.

    It is packed from the installed files that the distributions' RECORD lists: a copy named by versions would outlive
    other bytes of the same version.
    """
    return archive(build, "layer", dict(_sdk_files()))


def pack_wheels(build: Path, fetched: Path) -> Path:
    """Packs the `python/` folder of a layer's packages.

    Raises:
        NotInstalled: `fetched` is empty.
    """
    files = {f"python/{name}": f"{fetched}/{name}" for name in _files(fetched) if _wheel_keeps(name)}
    if not files:
        raise NotInstalled(f"the packages of the layer are not in {fetched}; fetch them with `make install`")
    return archive(build, "wheels", files)


@functools.cache
def packed(pack: Callable[..., Path], *args: str | Path) -> Path:
    """Returns the archive that `pack(*args)` makes.

    It is made once per process: files do not change during a synth, and several stacks have the same layer.
    """
    return pack(*args)


def archive(build: Path, stem: str, files: Mapping[str, str]) -> Path:
    """Writes `<stem>-<digest>.zip` in `build` unless it exists. The same files always give the same bytes.

    The file is renamed once complete, because other processes may write the same archive.

    Args:
        build: Folder of the archive.
        stem: Beginning of its name.
        files: Path of each file by its name in the archive, which has them by folder, then by name.
    """
    files = {name: files[name] for name in sorted(files, key=lambda name: name.split("/"))}
    target = build / f"{stem}-{digest_of_files(files)}.zip"
    if not target.exists():
        build.mkdir(exist_ok=True)
        opened, unfinished = tempfile.mkstemp(dir=build)
        with open(opened, "wb") as into, zipfile.ZipFile(into, "w") as zipped:
            for name, file in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = MODE << 16
                zipped.writestr(entry, Path(file).read_bytes(), zipfile.ZIP_DEFLATED)
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(target)
    return target


def digest_of_files(files: Mapping[str, str]) -> str:
    """Returns 16 hexadecimal digits of the SHA-256 of every name, mode and byte.

    Args:
        files: Path of each file by its name in the archive.
    """
    sha256 = hashlib.sha256()
    for name, file in files.items():
        with open(file, "rb", buffering=0) as opened:  # a thousand files: Path.open takes twice as long
            body = opened.read()
        sha256.update(f"{name}\0{MODE:o}\0{len(body)}\0".encode())
        sha256.update(body)
    return sha256.hexdigest()[:16]


def is_licence(file: PurePath) -> bool:
    """Whether a file of a distribution states its licence: those go wherever its code goes.

    Args:
        file: Path relative to site-packages; licences are in `*.dist-info`.
    """
    top, *rest = file.parts
    if not top.endswith(".dist-info"):
        return False
    return "licenses" in rest[:-1] or file.name.upper().startswith(_LICENCE_NAMES)


def _sdk_files() -> Iterator[tuple[str, str]]:
    for one in map(distribution, SDK_DISTRIBUTIONS):
        for file in one.files or ():
            if _sdk_keeps(file):
                yield f"python/{file}", str(one.locate_file(file))


def _sdk_keeps(file: PurePath) -> bool:
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
            return service in SDK_SERVICES
    return True


def _wheel_keeps(name: str) -> bool:
    """Code, and of the records the wheel's name, licence and bill of materials; no stubs, scripts or bytecode."""
    file = PurePath(name)
    if (top := file.parts[0]).endswith(".dist-info"):
        return file.name in _WHEEL_RECORDS or is_licence(file) or "sboms" in file.parts
    return not top.startswith((".", "bin")) and file.suffix not in (".pyc", ".pyi", ".lock")


def _files(top: str | Path) -> Iterator[str]:
    """The names of a folder's files relative to it, without bytecode."""
    above = len(str(top)) + 1
    for folder, _, names in os.walk(top):
        if folder.endswith("__pycache__"):
            continue
        within = f"{folder[above:]}/" if len(folder) > above else ""
        yield from (within + name for name in names if not name.endswith(".pyc"))
