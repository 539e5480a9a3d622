"""The account's clock: a refused change leaves its file as it was, so that the account and its functions go on."""

import time
from pathlib import Path

import pytest

from bedrock_simulator.clock import ClockState
from local.emulator.clock import VirtualClock, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "clock.json", ClockState(real=time.time(), virtual=1_764_400_000.0, speed=0.0))
    return tmp_path / "clock.json"


@pytest.mark.parametrize(
    "change",
    [
        {"virtual": 1_764_400_000_000.0},
        {"virtual": float("nan")},
        {"virtual": float("inf")},
        {"virtual": -1.0},
        {"speed": float("inf")},
        {"speed": float("nan")},
        {"speed": -1.0},
        {"virtual": 1_764_400_001.0, "speed": float("inf")},
    ],
)
def test_a_time_that_no_clock_has_is_refused_and_the_clock_runs_on(file: Path, change: dict[str, float]) -> None:
    before = file.read_bytes()
    clock = VirtualClock(file)
    with pytest.raises(ValueError, match=r"the virtual time would be|speed is"):
        clock.set(**change)
    assert file.read_bytes() == before
    assert clock.epoch() == VirtualClock(file).epoch() == 1_764_400_000.0


def test_a_clock_that_ran_out_of_time_stands_still(file: Path) -> None:
    write(file, ClockState(real=0.0, virtual=32_503_679_999.0, speed=1e6))
    assert VirtualClock(file).iso() == "3000-01-01T00:00:00.000Z"
