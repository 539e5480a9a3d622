"""Starts accounts as copies of one process that has imported their packages.

To import them takes most of an account's start, and scikit-learn, for its first training, as long again. The copied
process runs in the emulator's virtual environment, as `python -m tests.journey.accounts -m local.emulator serve`: its
copies have its command line, which must end like an account's.
"""

import gc
import importlib
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import BinaryIO, NoReturn

import botocore.session

from local.account import ROOT
from local.emulator import prefork
from local.emulator.forks import ForkServer
from local.emulator.serving_process import ENVIRONMENT, PYTHON, SERVE, ServingProcess, Starter

_IMPORTED = (
    "bedrock_simulator.engine",
    "botocore.session",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.x509",
    "defusedxml.ElementTree",
    "duckdb",
    "hypercorn.asyncio",
    "jsonata",
    "msgspec",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "sklearn.svm",
    "sqlglot.dialects.trino",
    "yaml",
)
_CALLED = (
    "bedrock",
    "bedrock-runtime",
    "cloudformation",
    "dynamodb",
    "lambda",
    "s3",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
)
"""Services whose descriptions every account reads."""
_READS_ITS_ENVIRONMENT = "ministack"
"""It takes its port, among others, from the variables that it finds when it is imported."""


@contextmanager
def copies() -> Iterator[Starter]:
    """Yields what starts an account as a copy; on Linux alone (see `local.emulator.hooks.workers`)."""
    command = [str(PYTHON), "-m", "tests.journey.accounts", *SERVE]
    with closing(ForkServer(*command, cwd=ROOT, env=ENVIRONMENT)) as server:

        def starter(account: Mapping[str, str], log: BinaryIO) -> ServingProcess:
            request = {"cwd": str(ROOT), "env": dict(account)}
            with open(os.devnull, "rb") as nothing:
                return server.fork(request, (nothing.fileno(), log.fileno(), log.fileno()))

        yield starter


def _serve_account(cwd: str, env: Mapping[str, str], streams: Sequence[int]) -> NoReturn:
    """Turns this process into the account's emulator."""

    def run() -> None:
        tempfile.tempdir = None  # of the copied process
        _, module, *arguments = sys.argv[1:]
        sys.argv[1:] = arguments
        runpy.run_module(module, run_name="__main__", alter_sys=True)

    prefork.become(run, cwd, env, streams)


if __name__ == "__main__":
    gc.disable()
    for name in _IMPORTED:
        importlib.import_module(name)
    prefork.read_descriptions_once()
    for name in _CALLED:
        botocore.session.get_session().get_service_model(name)
    gc.enable()
    if _READS_ITS_ENVIRONMENT in sys.modules:
        raise ImportError(f"{_READS_ITS_ENVIRONMENT} was imported: it must be imported by each account anew")
    prefork.serve(_serve_account, own_groups=True)
