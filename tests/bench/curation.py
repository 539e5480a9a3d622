"""Compares students of 3,000 selected prompts with students of 3,000 random ones, and times the steps of curation.

Students of the simulator, on banking77 (see `learning`): selected with labels, balanced over them; selected without
labels, as for prompts that have none; and the median of several random draws. The steps are timed relative to splitting
the same texts into words.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from distillery.core.conversation import Prompt
from distillery.datasets.curation import personal_data
from distillery.datasets.curation.near_duplicates import cluster_leaders
from distillery.datasets.curation.selection import select_diverse
from distillery.datasets.curation.text import count_languages, words
from tests.bench import learning
from tests.bench.bar import Bar
from tests.data_sets import BANKING77

MOST = 3_000
DRAWS = 3


def bench(console: Console) -> list[Bar]:
    if not (BANKING77 / "test.csv").exists():
        console.print(learning.MISSING)
        return []
    train, test = learning.read("train"), learning.read("test")
    random.Random(7).shuffle(train)
    console.print(_passes([text for text, _ in train]))
    return _students(console, train, test)


def _students(console: Console, train: Sequence[learning.Labelled], test: Sequence[learning.Labelled]) -> list[Bar]:
    texts, labels, system = [text for text, _ in train], [label for _, label in train], learning.system_of(train)

    def taught(indices: Sequence[int]) -> float:
        return learning.after_a_job([train[index] for index in indices], system, test)

    drawn = [taught(random.Random(seed).sample(range(len(train)), MOST)) for seed in range(DRAWS)]
    by_label, blind = (
        taught(select_diverse(texts, labels, MOST)),
        taught(select_diverse(texts, [None] * len(texts), MOST)),
    )
    chance = statistics.median(drawn)
    table = Table("3,000 prompts", "accuracy", title=f"A choice from {len(train):,} prompts of banking77 (stand-ins)")
    table.add_row(f"at random, median of {DRAWS}", f"{chance:.1%} ({min(drawn):.1%} to {max(drawn):.1%})")
    table.add_row("chosen without labels", f"{blind:.1%}")
    table.add_row("chosen even over labels", f"{by_label:.1%}")
    console.print(table)
    return [
        Bar(what=f"errors, {what}", measured=(1 - share) / (1 - chance), limit=1.0, floor="at random")
        for what, share in (("chosen even over labels", by_label), ("chosen without labels", blind))
    ]


def _passes(texts: Sequence[str]) -> Table:
    """Seconds for all texts, and as a multiple of splitting them into words."""
    count_languages(texts[:1])  # its model is loaded once
    prompts = [Prompt(system=None, messages=(("user", text),), reference=None) for text in texts]
    passes: dict[str, Callable[[], object]] = {
        "words": lambda: [words(text) for text in texts],
        "near duplicates": lambda: cluster_leaders(prompts, threshold=0.8),
        "personal data": lambda: [personal_data.find(text) for text in texts],
        "languages": lambda: count_languages(texts),
        f"choice of {MOST:,}": lambda: select_diverse(texts, [None] * len(texts), MOST),
    }
    took = {what: _seconds(done) for what, done in passes.items()}
    table = Table("pass", "seconds", "of words", title=f"Curating {len(texts):,} prompts")
    for what, seconds in took.items():
        table.add_row(what, f"{seconds:.2f}", f"{seconds / took['words']:.1f} ×")
    return table


def _seconds(done: Callable[[], object]) -> float:
    began = time.perf_counter()
    done()
    return time.perf_counter() - began
