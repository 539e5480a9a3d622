"""Sets prompts aside that the student never sees, the same ones every time.

The order of the input makes no difference: the prompts with the smallest digests are held out. Prompts that differ
in case, white space or Unicode form alone go together: one of them is held out, the others are left out altogether,
for a student trained on them would be graded on what it has seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from distillery.datasets.row import Row


@dataclass(frozen=True, slots=True)
class Split:
    """Both in the order of the input; left_out: how many were too like a held-out one."""

    train: tuple[Row, ...]
    heldout: tuple[Row, ...]
    left_out: int

    @property
    def labelled(self) -> bool:
        """Every held-out prompt has a reference, so that accuracy can be told."""
        return bool(self.heldout) and all(row.prompt.reference is not None for row in self.heldout)


def split(rows: Iterable[Row], *, share: float, most: int) -> Split:
    """Holds out `share` of the different prompts, at most `most`."""
    rows = tuple(rows)
    chosen: dict[str, str] = {}
    for row in rows:
        chosen[row.folded] = min(row.digest, chosen.get(row.folded, row.digest))
    count = min(most, round(share * len(chosen)))
    aside = {folded: chosen[folded] for folded in sorted(chosen)[:count]}
    train = tuple(row for row in rows if row.folded not in aside)
    heldout = tuple(row for row in rows if aside.get(row.folded) == row.digest)
    return Split(train, heldout, len(rows) - len(train) - len(heldout))
