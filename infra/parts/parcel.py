"""What goes into a function's parcel: of `lambdas/`, and for serving the client, which is the same code there.

An allow-list in the manner of a `.gitignore`, so that a parcel holds its own stage and `shared`, its hash changes with
these files alone, and code has one import name in tests, in mypy and in Lambda.
"""

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).parents[2]
BESIDE = {
    "serving": ("!/distillery", "/distillery/*", "!/distillery/__init__.py", "!/distillery/client"),
}
"""What a stage needs beside its own, as the lines of the allow-list."""


def parcel(stage: str) -> lambda_.Code:
    """`lambdas/<stage>`, `lambdas/shared`, and what is BESIDE. Raises ValueError where there is no such stage."""
    if not (ROOT / "lambdas" / stage).is_dir():
        raise ValueError(
            f"there is no folder lambdas/{stage}; a handler is spelled lambdas.<stage>.<module>.<function>"
        )
    return lambda_.Code.from_asset(
        str(ROOT),
        ignore_mode=IgnoreMode.GIT,
        exclude=[
            "/*",
            "!/lambdas",
            "/lambdas/*",
            "!/lambdas/__init__.py",
            f"!/lambdas/{stage}",
            "!/lambdas/shared",
            *BESIDE.get(stage, ()),
            "__pycache__",
            "*.pyc",
        ],
    )
