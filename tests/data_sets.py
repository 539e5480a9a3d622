"""Where real data sets are, which a checkout does not contain: in `shared/data` beside it, or in folders that variables
name. Tests and benchmarks that need one that is not there say so.
"""

import os
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared" / "data"


def _folder(name: str) -> Path:
    return Path(os.environ.get(f"DISTILLERY_{name.upper()}", SHARED / name)).absolute()


TATQA, BANKING77, GSM8K = _folder("tatqa") / "dev.jsonl", _folder("banking77"), _folder("gsm8k")
