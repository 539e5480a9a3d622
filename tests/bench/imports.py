"""A handler's import time, against importing boto3 and creating the same clients.

Each handler is imported from its unpacked archive, with the unpacked SDK layer and, for a stage that imports it, its
layer of packages, on the interpreter of the local Lambda runtime. The checkout is not on the path. Every
import runs in its own process, which counts its own CPU seconds: neither the interpreter's start nor another process
counts. The clients are those that the source of the loaded modules creates.
"""

import json
import os
import statistics
import tempfile
import zipfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.packing import BUILD, WHEELS, Packages, pack_sdk, pack_stage
from tests.bench.bar import Bar
from tests.bench.pairs import Pairs, interleaved
from tests.bench.process import ROOT, run

LIMIT = 1.3
PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
PACKAGES = {"admission": Packages.RECORDS, "dataset": Packages.DATASET}
"""The layers of packages that handlers import when they are imported."""
HANDLER_IMPORT = Path(__file__).with_name("handler_import.py")


def stage_handlers() -> list[str]:
    """Returns the stages that have a handler."""
    return sorted(path.parent.name for path in (ROOT / "lambdas").glob("*/handler.py"))


def bench(console: Console) -> list[Bar]:
    table = Table(
        "handler", "clients", "ratio", "handler, s", "boto3 alone, s", title="Imports, with clients made (CPU)"
    )
    bars = []
    with tempfile.TemporaryDirectory(prefix="distillery-bench-") as folder:
        layer, cache = Path(folder, "layer"), Path(folder, "cache")
        _unpack(pack_sdk(BUILD), layer)
        for stage in stage_handlers():
            code = _unpack(pack_stage(stage, ROOT, BUILD), Path(folder, stage))
            environ = _environ(code, layer, cache, PACKAGES.get(stage))
            module = f"lambdas.{stage}.handler"
            clients: list[str] = json.loads(_tell(environ, "clients", module))
            pairs = _pairs(environ, module, clients)
            bars.append(Bar(what=f"import of {module}", measured=pairs.ratio, limit=LIMIT, floor="boto3 and clients"))
            table.add_row(module, " ".join(clients), *_bar_for(pairs))
    console.print(table)
    return bars


def _unpack(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder


def _bar_for(pairs: Pairs) -> tuple[str, str, str]:
    ratio = f"{pairs.ratio:.2f} ({min(pairs.ratios):.2f} to {max(pairs.ratios):.2f})"
    return ratio, f"{statistics.median(pairs.subject):.3f}", f"{statistics.median(pairs.floor):.3f}"


def _pairs(environ: dict[str, str], module: str, clients: list[str]) -> Pairs:
    return interleaved(
        subject=lambda: float(_tell(environ, "handler", module, *clients)),
        floor=lambda: float(_tell(environ, "boto3", *clients)),
    )


def _tell(environ: dict[str, str], *words: str) -> str:
    return run([PYTHON, HANDLER_IMPORT, *words], environ)


def _environ(code: Path, layer: Path, cache: Path, packages: Packages | None) -> dict[str, str]:
    """code, layer: the unpacked archives as deployed. cache: folder of bytecode."""
    wheels = [WHEELS / packages / "local"] if packages else []
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(str(path) for path in [*wheels, layer / "python", code]),
        "PYTHONPYCACHEPREFIX": str(cache),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }
