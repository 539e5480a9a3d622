"""What a Lambda function runs: its runtime, and its code as one archive.

The archive holds the function's stage of `lambdas/` and the parts of the library that the stage imports. Its hash
changes with these files alone, and code has the same import name in tests, in mypy and in Lambda.
"""

from collections.abc import Callable
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from infra.packing import BUILD, ROOT, pack_stage, packed

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64


def stage_code(stage: str) -> lambda_.Code:
    """Returns the code of a stage, with the parts of the library that it imports.

    Raises:
        ValueError: There is no such stage.
    """
    return archive_code(pack_stage, stage, ROOT, BUILD)


def archive_code(pack: Callable[..., Path], *args: str | Path) -> lambda_.Code:
    """The archive that `pack(*args)` makes, as an asset. Its name contains its digest, so the CDK need not read it."""
    archive = packed(pack, *args)
    return lambda_.Code.from_asset(str(archive), asset_hash=archive.stem)
