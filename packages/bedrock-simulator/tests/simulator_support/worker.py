"""What a process that runs tests does once and not again and again: it reads the models of services, and looks for
garbage among what it imported.
"""

import gc
import os
from collections.abc import Callable
from typing import Any

from botocore.loaders import JSONFileLoader

_YOUNG_OBJECTS = 20_000
"""How many objects more than before there are when garbage is collected. With Python's 700 the collector takes a fifth
of a journey's CPU time."""


def read_models_once() -> None:
    """Sessions share what they read. Each would else parse megabytes of JSON for its first client of a service."""
    read: Callable[[JSONFileLoader, str, Any], Any] = JSONFileLoader._load_file  # type: ignore[attr-defined]  # its stub names public methods alone
    found: dict[str, Any] = {}

    def load(loader: JSONFileLoader, full_path: str, open_method: Any) -> Any:
        if full_path not in found and (data := read(loader, full_path, open_method)) is not None:
            found[full_path] = data
        return found.get(full_path)

    JSONFileLoader._load_file = load  # type: ignore[attr-defined]


def begin_imports() -> None:
    """Imports and lists of tests leave little garbage. Threads of BLAS have nothing to do and wait by spinning, and no
    machine of tests has credentials to ask for."""
    gc.disable()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")


def end_imports() -> None:
    """From here on, garbage is looked for among the objects of tests alone."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 20)
    gc.enable()
