"""What a Lambda function runs: its runtime, and its code as one archive.

The archive holds the function's stage of `lambdas/` and the parts of the library that the stage imports. Its hash
changes with these files alone, and code has the same import name in tests, in mypy and in Lambda.

Assets are archives because the CDK reads every file of an asset at every synth, and a layer has more than a thousand
files. An archive is named by its content, so any other byte makes another asset: sizes and times play no part. File
modes are fixed, since a function cannot read what a umask of 077 kept for its owner.
"""

import functools
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64

ROOT = Path(__file__).parents[2]
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


def stage_code(stage: str) -> lambda_.Code:
    """The code of a stage with its `LIBRARY_PARTS`.

    Raises:
        ValueError: There is no such stage.
    """
    if stage not in LIBRARY_PARTS:
        raise ValueError(f"there is no folder lambdas/{stage}; write a handler as lambdas.<stage>.<module>.<function>")
    return archive_code(pack_stage, stage, ROOT, BUILD)


def pack_stage(stage: str, root: Path, build: Path) -> Path:
    """The archive of a stage in `build`, made from the checkout at `root`."""
    parts = (f"distillery/{part}" for part in LIBRARY_PARTS[stage])
    names = ("lambdas/__init__.py", f"lambdas/{stage}", "distillery/__init__.py", *parts)
    files = sorted({file for name in names for file in _files(root / name)})
    return archive(build, f"stage-{stage}", {file.relative_to(root): file for file in files})


def archive_code(pack: Callable[..., Path], *args: str | Path) -> lambda_.Code:
    """The archive that `pack(*args)` makes, as an asset. Its name contains its digest, so the CDK need not read it."""
    packed = _packed(pack, *args)
    return lambda_.Code.from_asset(str(packed), asset_hash=packed.stem)


def archive(build: Path, stem: str, files: Mapping[Path, Path]) -> Path:
    """Writes `<stem>-<digest>.zip` in `build` unless it exists. The same files always give the same bytes.

    The file is renamed once complete, because other processes may write the same archive.

    Args:
        build: Folder of the archive.
        stem: Beginning of its name.
        files: File by its name in the archive.
    """
    target = build / f"{stem}-{digest_of_files(files)}.zip"
    if not target.exists():
        build.mkdir(exist_ok=True)
        opened, unfinished = tempfile.mkstemp(dir=build)
        with open(opened, "wb") as into, zipfile.ZipFile(into, "w") as packed:
            for name, file in files.items():
                entry = zipfile.ZipInfo(name.as_posix())
                entry.external_attr = MODE << 16
                packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(target)
    return target


def digest_of_files(files: Mapping[Path, Path]) -> str:
    """16 hexadecimal digits of the SHA-256 of every name, mode and byte."""
    sha256 = hashlib.sha256()
    for name, file in files.items():
        body = file.read_bytes()
        sha256.update(f"{name.as_posix()}\0{MODE:o}\0{len(body)}\0".encode() + body)
    return sha256.hexdigest()[:16]


@functools.cache
def _packed(pack: Callable[..., Path], *args: str | Path) -> Path:
    """Once per process: files do not change during a synth, and several stacks have the same layer."""
    return pack(*args)


def _files(path: Path) -> Iterator[Path]:
    found = path.rglob("*") if path.is_dir() else iter((path,))
    return (file for file in found if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc")
