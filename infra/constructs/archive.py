"""Many files as one: the CDK looks at every file of an asset at every synth, and a layer has more than a thousand.

An archive is named by all that is in it, so another byte is another asset: nothing is told by size or time. A mode is
never the checkout's own, for a function cannot read what a umask of 077 kept for its writer.
"""

import functools
import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

MODE = 0o644
"""Of every file inside; Lambda makes the folders."""


def code(pack: Callable[..., Path], *args: str | Path) -> lambda_.Code:
    """The archive that `pack` makes, as an asset: its name tells what is in it, so the CDK need not read it again."""
    packed = _packed(pack, *args)
    return lambda_.Code.from_asset(str(packed), asset_hash=packed.stem)


@functools.cache
def _packed(pack: Callable[..., Path], *args: str | Path) -> Path:
    """Made once: no file changes under one synth, and a layer is in several stacks."""
    return pack(*args)


def archive(build: Path, stem: str, files: Mapping[Path, Path]) -> Path:
    """`<stem>-<digest>.zip` in `build`, written unless it is there. files: name inside → file.

    The same files give the same bytes, for no time of theirs is kept. It is renamed when whole: others may be at it.
    """
    target = build / f"{stem}-{digest(files)}.zip"
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


def digest(files: Mapping[Path, Path]) -> str:
    """Of every name, mode and byte. 60 MB take a tenth of a second: SHA-256 is in the processor."""
    told = hashlib.sha256()
    for name, file in files.items():
        body = file.read_bytes()
        told.update(f"{name.as_posix()}\0{MODE:o}\0{len(body)}\0".encode() + body)
    return told.hexdigest()[:16]
