"""What goes into a function's parcel: of `lambdas/`, and for serving the client, which is the same code there.

A parcel holds its own stage and `shared`, so its hash changes with these files alone, and code has one import name in
tests, in mypy and in Lambda.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from infra.parts.archive import archive, code
from infra.parts.build import BUILD, ROOT

BESIDE = {"serving": ("distillery/__init__.py", "distillery/client")}
"""What a stage needs beside its own: files and folders."""


def parcel(stage: str) -> lambda_.Code:
    """`lambdas/<stage>`, `lambdas/shared`, and what is BESIDE. Raises ValueError where there is no such stage."""
    if not (ROOT / "lambdas" / stage).is_dir():
        raise ValueError(
            f"there is no folder lambdas/{stage}; a handler is spelled lambdas.<stage>.<module>.<function>"
        )
    return code(_packed(stage, ROOT, BUILD))


def pack(stage: str, root: Path, build: Path) -> Path:
    """The same as one archive, of the checkout at `root`."""
    held = ("lambdas/__init__.py", f"lambdas/{stage}", "lambdas/shared", *BESIDE.get(stage, ()))
    files = sorted({file for name in held for file in _files(root / name)})
    return archive(build, f"parcel-{stage}", {file.relative_to(root): file for file in files})


_packed = functools.cache(pack)  # files do not change under one synth


def _files(path: Path) -> Iterator[Path]:
    found = path.rglob("*") if path.is_dir() else iter((path,))
    return (file for file in found if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc")
