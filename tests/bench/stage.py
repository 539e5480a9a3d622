"""The dataset stage's work on 15,000 prompts of 8 KB, from bytes to bytes: CPU seconds and peak memory, as JSON."""

import io
import json
import resource
import sys
import time
from datetime import date

from distillery.core.recipe import Recipe
from distillery.datasets.examine import Progress, examine
from distillery.datasets.validation.reading import Opened
from tests.bench.prompts import lines

if __name__ == "__main__":
    body = b"".join(lines(15_000, size=8000))
    recipe = Recipe(name="support", teacher="amazon.nova-pro-v1:0", student="amazon.nova-micro-v1:0", heldout_max=200)
    progress = Progress("support")
    began = time.process_time()
    upload = [Opened("a.jsonl", "a.jsonl", None, io.BytesIO(body))]
    examine(upload, recipe, progress, region="us-east-1", on=date(2026, 11, 23))
    assert progress.prepared
    assert progress.prepared.digest
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"cpu": cpu, "peak_mb": peak}))
