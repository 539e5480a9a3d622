"""Matches rows: the assignment of greatest total similarity (Kuhn, 1955; in the form of Jonker and Volgenant, 1987)."""

from collections.abc import Sequence

EXACT_MAX = 60
"""Rows on the shorter side up to which the assignment is the best; beyond, the most similar pairs are taken first."""


def best_matching(similarity: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """As many pairs of a row and a column as fit, of great total similarity; up to `EXACT_MAX`, of the greatest."""
    height, width = len(similarity), len(similarity[0]) if similarity else 0
    if not width:
        return []
    if min(height, width) > EXACT_MAX or max(height, width) > 10 * EXACT_MAX:
        return _greedy(similarity)
    if height > width:
        turned = [[row[column] for row in similarity] for column in range(width)]
        return sorted((row, column) for column, row in _hungarian(turned))
    return _hungarian(similarity)


def _greedy(similarity: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    order = sorted(
        (-value, row, column) for row, values in enumerate(similarity) for column, value in enumerate(values)
    )
    rows: set[int] = set()
    columns: set[int] = set()
    pairs = []
    for _, row, column in order:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return sorted(pairs)


def _hungarian(similarity: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """By shortest augmenting paths over potentials. There are no more rows than columns; index 0 is a sentinel."""
    height, width = len(similarity), len(similarity[0])
    row_potential, column_potential = [0] * (height + 1), [0] * (width + 1)
    owner = [0] * (width + 1)
    for row in range(1, height + 1):
        owner[0], at = row, 0
        slack: list[float] = [float("inf")] * (width + 1)
        came, done = [0] * (width + 1), [False] * (width + 1)
        while owner[at]:
            done[at] = True
            mine, least, following = owner[at], float("inf"), 0
            for column in range(1, width + 1):
                if done[column]:
                    continue
                cost = -similarity[mine - 1][column - 1] - row_potential[mine] - column_potential[column]
                if cost < slack[column]:
                    slack[column], came[column] = cost, at
                if slack[column] < least:
                    least, following = slack[column], column
            step = int(least)
            for column in range(width + 1):
                if done[column]:
                    row_potential[owner[column]] += step
                    column_potential[column] -= step
                else:
                    slack[column] -= step
            at = following
        while at:
            owner[at], at = owner[came[at]], came[at]
    return sorted((owner[column] - 1, column - 1) for column in range(1, width + 1) if owner[column])
