"""The one place where the product reads the time (checked by lint).

On AWS this is the system clock. On a simulated account a run of days has to pass in minutes, so the account's
launcher names a file in `DISTILLERY_CLOCK_FILE`; it reaches functions through the emulator's own environment and is in
no template.
"""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path


def timestamp() -> float:
    """Seconds since the epoch."""
    file = os.environ.get("DISTILLERY_CLOCK_FILE")
    if file is None:
        return time.time()
    pace = json.loads(Path(file).read_text())
    return float(pace["virtual"] + (time.time() - pace["real"]) * pace["speed"])


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)


def stamp() -> str:
    """The current time as ISO 8601 to the second, as ledgers and reports print it."""
    return now().isoformat(timespec="seconds")
