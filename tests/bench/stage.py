"""The dataset stage's work, from bytes to bytes: CPU seconds and peak memory, as JSON.

`stage.py COUNT [varied] [select]`: how many prompts of 8 KB, of real text or of few words, all or a selection.
"""

import json
import resource
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal

from distillery.core.errors import Refused
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import Curation, ExcessPrompts
from distillery.datasets.examine import Examination, examine
from distillery.datasets.validation.reading import InputFile
from tests.bench import prompts, varied

if __name__ == "__main__":
    count, options = int(sys.argv[1]), sys.argv[2:]
    curation = Curation(too_many=ExcessPrompts.SELECT if "select" in options else ExcessPrompts.REJECT)
    recipe = Recipe(
        name="support",
        teacher="amazon.nova-pro-v1:0",
        student="amazon.nova-micro-v1:0",
        budget_usd=Decimal(10_000),
        curation=curation,
    )
    examination = Examination("support")
    with tempfile.TemporaryFile() as body:
        body.writelines(varied.lines(count) if "varied" in options else prompts.lines(count, size=8000))
        body.seek(0)
        began = time.process_time()
        try:
            examine(
                [InputFile("a.jsonl", "a.jsonl", None, body)],
                recipe,
                examination,
                region="us-east-1",
                on=date(2026, 11, 23),
            )
        except Refused:  # more prompts than a job takes: curated, split, counted, and then refused
            assert count > 18_000
    assert examination.curation is not None
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"cpu": cpu, "peak_mb": peak}))
