"""Interleaved pairs, and their comparison with a bar."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from tests.bench.bar import Bar, summary
from tests.bench.pairs import MIN_PAIRS, Pairs, interleaved


def test_the_ratio_is_the_median_of_the_pairs_and_no_disturbed_turn_moves_it() -> None:
    pairs = Pairs(subject=(2.0, 2.2, 90.0, 2.0, 2.1), floor=(1.0, 1.0, 1.0, 1.0, 1.0))
    assert pairs.ratio == pytest.approx(2.1)


def test_subject_and_floor_alternate_after_a_warm_up_pair() -> None:
    ran: list[str] = []

    def turn(name: str, seconds: float) -> Callable[[], float]:
        def run() -> float:
            ran.append(name)
            return seconds

        return run

    pairs = interleaved(subject=turn("s", 2.0), floor=turn("f", 1.0), pairs=MIN_PAIRS)
    assert "".join(ran) == "sf" + "sffs" * 3 + "sf"
    assert pairs.subject == (2.0,) * MIN_PAIRS
    assert pairs.floor == (1.0,) * MIN_PAIRS


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 7"):
        interleaved(subject=lambda: 1.0, floor=lambda: 1.0, pairs=MIN_PAIRS - 1)


@pytest.mark.parametrize(("measured", "met"), [(2.4, True), (2.5, True), (2.51, False)])
def test_a_bar_is_met_up_to_its_limit_and_the_summary_says_so(measured: float, met: bool) -> None:
    bar = Bar(what="synth", measured=measured, limit=2.5, floor="an empty app")
    console = Console(file=io.StringIO(), width=120)
    summary(console, [bar])
    assert bar.met is met
    assert isinstance(console.file, io.StringIO)
    assert ("met" if met else "missed") in console.file.getvalue()
