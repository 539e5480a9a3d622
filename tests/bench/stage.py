"""The dataset stage's work on 15,000 prompts of 8 KB, from bytes to bytes: CPU seconds and peak memory, as JSON."""

import io
import json
import resource
import sys
import time
from datetime import date

from distillery.core.recipe import Recipe
from distillery.datasets.examine import Examination, examine
from distillery.datasets.validation.reading import InputFile
from tests.bench.prompts import lines

if __name__ == "__main__":
    body = b"".join(lines(15_000, size=8000))
    recipe = Recipe(name="support", teacher="amazon.nova-pro-v1:0", student="amazon.nova-micro-v1:0", heldout_max=200)
    examination = Examination("support")
    began = time.process_time()
    upload = [InputFile("a.jsonl", "a.jsonl", None, io.BytesIO(body))]
    examine(upload, recipe, examination, region="us-east-1", on=date(2026, 11, 23))
    assert examination.prepared
    assert examination.prepared.digest
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"cpu": cpu, "peak_mb": peak}))
