"""A layer of compiled packages works on this machine's interpreter.

AWS: a layer's compiled modules are for the function's runtime and architecture, here Python 3.14 on arm64.
ministack: unpacks a layer as it is, and functions run on this machine's Python, which cannot load such modules.
Patch: a layer whose wheels are for a platform (the `Tag` in `*.dist-info/WHEEL`,
    https://packaging.python.org/en/latest/specifications/binary-distribution-format/) is given as a link to the
    same versions in `<layer>/local` of the folder named by DISTILLERY_LAMBDA_WHEELS, which `make install` filled for
    the local interpreter from the same locks. Other layers, and functions without this one, are left alone.
"""

import io
import os
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

from local.emulator.hooks.unpacked import link_archive


class WrongWheels(Exception):
    """The local wheels are not those of the layer."""


def compiled_distributions(layer: bytes) -> set[str]:
    """Returns the records (`msgspec-0.22.0.dist-info`) of the layer's distributions that are built for a platform."""
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        records = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
        return {Path(name).parent.name for name in records if not _is_pure(archive.read(name).decode())}


def _is_pure(wheel: str) -> bool:
    tags = [line.removeprefix("Tag: ") for line in wheel.splitlines() if line.startswith("Tag: ")]
    return all(tag.endswith("-any") for tag in tags)


@lru_cache(16)  # asked for each worker, with the bytes that the layer's version holds
def with_local_builds(layer: bytes, folder: Path) -> bytes:
    """Returns the layer with the local builds of its distributions, if any is compiled.

    Args:
        layer: The archive.
        folder: Holds a folder `local` for each known layer.

    Raises:
        WrongWheels: No known layer has exactly these versions.
    """
    if not (wanted := compiled_distributions(layer)):
        return layer
    built = {local: _compiled_in(local) for local in sorted(folder.glob("*/local"))}
    for local, here in built.items():
        if wanted == here:
            return link_archive(("python", local))
    known = "; ".join(f"{local} has {sorted(here)}" for local, here in built.items())
    raise WrongWheels(f"a layer has {sorted(wanted)}, but {known or f'{folder} has none'}: run `make install`")


def _compiled_in(folder: Path) -> set[str]:
    records = folder.glob("*.dist-info/WHEEL")
    return {record.parent.name for record in records if not _is_pure(record.read_text(encoding="utf-8"))}


def install() -> None:
    """Replaces how a layer's content is found."""
    resolve = lambda_svc._resolve_layer_zip

    def resolve_layer_zip(attachment: Any) -> bytes | None:
        layer: bytes | None = resolve(attachment)
        folder = os.environ.get("DISTILLERY_LAMBDA_WHEELS")
        return with_local_builds(layer, Path(folder)) if layer and folder else layer

    lambda_svc._resolve_layer_zip = resolve_layer_zip
