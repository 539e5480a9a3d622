"""What goes into a function's parcel: its stage of `lambdas/`, and the parts of the library that it imports.

A parcel's hash changes with these files alone, and code has one import name in tests, in mypy and in Lambda.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from infra.constructs.archive import archive, code
from infra.constructs.build import BUILD, ROOT

PARTS: Mapping[str, tuple[str, ...]] = {
    "collection": ("core",),
    "dataset": ("core", "datasets"),
    "distillation": ("core",),
    "bucket_cleanup": ("core",),
    "endpoint": ("core",),
    "evaluation": ("core", "evaluation"),
    "expiry": ("core",),
    "invocation_logging": ("core",),
    "promotion": ("core",),
    "serving": ("client", "core"),
    "uploads": ("core",),
}
"""Of `distillery/`, by stage: what its modules import, wherever in them."""


def parcel(stage: str) -> lambda_.Code:
    """The stage with its PARTS. Raises ValueError where there is no such stage."""
    if stage not in PARTS:
        raise ValueError(
            f"there is no folder lambdas/{stage}; a handler is spelled lambdas.<stage>.<module>.<function>"
        )
    return code(pack, stage, ROOT, BUILD)


def pack(stage: str, root: Path, build: Path) -> Path:
    """The same as one archive, of the checkout at `root`."""
    parts = (f"distillery/{part}" for part in PARTS[stage])
    held = ("lambdas/__init__.py", f"lambdas/{stage}", "distillery/__init__.py", *parts)
    files = sorted({file for name in held for file in _files(root / name)})
    return archive(build, f"parcel-{stage}", {file.relative_to(root): file for file in files})


def _files(path: Path) -> Iterator[Path]:
    found = path.rglob("*") if path.is_dir() else iter((path,))
    return (file for file in found if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc")
